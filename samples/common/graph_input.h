/* SPDX-License-Identifier: MIT */
/*
 * graph_input.h - the graph a sample was asked to work on: a file, a Kronecker graph by its scale
 * ("kron:18", see graph_make.h), or else an R-MAT graph of --size nodes.
 * Every function returns false after a message on standard error that starts with `name`.
 */
#ifndef SAMPLES_GRAPH_INPUT_H
#define SAMPLES_GRAPH_INPUT_H

#include "graph.h"
#include "options.h"

#define GRAPH_GENERATED_DEGREE 16u

/* The graph and its transpose. */
bool graph_input(const char *name, const struct sample_options *options, struct graph *graph_out,
                 struct graph *transposed_out);

/* The graph with every edge in both directions. */
bool graph_input_symmetric(const char *name, const struct sample_options *options,
                           struct graph *graph_out);

#endif
