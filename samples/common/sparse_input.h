/* SPDX-License-Identifier: MIT */
/*
 * sparse_input.h - the sparse matrix a sample was asked to work on.
 *
 * It is symmetric and positive definite: I + L, L the Laplacian of a graph with weights of (0.5, 1]
 * on its edges, which one step of implicit diffusion along the edges has to solve; then rows and
 * columns are scaled so that the diagonal is 1, or hubs would make it ill-conditioned.  Rows begin
 * with their diagonal.  The graph is --graph (graph_input.h), or else a band of 4 neighbours on
 * either side and about 4 strangers in each of --size rows.
 */
#ifndef SAMPLES_SPARSE_INPUT_H
#define SAMPLES_SPARSE_INPUT_H

#include <stdbool.h>

#include "options.h"
#include "sparse.h"

/* False after a message on standard error that starts with `name`. */
bool sparse_input(const char *name, const struct sample_options *options, struct sparse *out);
void sparse_free(struct sparse *matrix);

/* Bytes of the three arrays. */
size_t sparse_bytes(const struct sparse *matrix);

/* The largest sum of magnitudes in a row: by how much the matrix makes a vector grow at most. */
double sparse_norm(const struct sparse *matrix);

/* Matrix times vector on the CPU, added up in the order of the entries, for references. */
void sparse_multiply(const struct sparse *matrix, const double *x, double *y);

/* A copy of the matrix in arrays that are there already. */
void sparse_copy(const struct sparse *from, const struct sparse *to);

#endif
