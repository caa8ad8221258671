/* SPDX-License-Identifier: MIT */
#include "sparse_input.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "graph_input.h"
#include "graph_make.h"
#include "mix.h"

#define BAND 4u
#define STRANGERS 2u    /* each is a neighbour of both rows */
#define SEED 7u

static bool band_get(const char *name, uint64_t rows, struct graph *graph_out)
{
    struct graph band, transposed;
    bool good = false;

    if (rows <= GRAPH_NODES_MAX && graph_band(rows, BAND, STRANGERS, SEED, &band)) {
        if (graph_transpose(&band, &transposed)) {
            good = graph_symmetrise(&band, &transposed, graph_out);
            graph_free(&transposed);
        }
        graph_free(&band);
    }
    if (!good)
        fprintf(stderr, "%s: no memory for a matrix of %llu rows\n", name,
                (unsigned long long)rows);
    return good;
}

/* The same for both directions of an edge. */
static double edge_weight(uint64_t v, uint64_t w)
{
    uint64_t low = v < w ? v : w, high = v < w ? w : v;

    return 1.0 - (double)(mix_number(low, high) >> 12) * 0x1p-53;
}

/* Entries of row v from `at` on; returns where they end. */
static uint64_t row_fill(struct sparse *m, const struct graph *g, uint64_t v, uint64_t at)
{
    uint64_t diagonal = at++;
    double sum = 0.0;

    for (uint64_t e = g->offsets[v]; e < g->offsets[v + 1]; e++) {
        double weight = edge_weight(v, g->targets[e]);
        if (g->targets[e] == v)
            continue;
        m->columns[at] = g->targets[e];
        m->values[at++] = -weight;
        sum += weight;
    }
    m->columns[diagonal] = (uint32_t)v;
    m->values[diagonal] = 1.0 + sum;
    return at;
}

/* Entry (v, w) is divided by the roots of diagonals v and w. */
static void diagonal_scale(struct sparse *m)
{
    double *root = context_malloc(m->rows * sizeof *root);

    for (uint64_t v = 0; v < m->rows; v++)
        root[v] = sqrt(m->values[m->offsets[v]]);
    for (uint64_t v = 0; v < m->rows; v++) {
        for (uint64_t e = m->offsets[v]; e < m->offsets[v + 1]; e++)
            m->values[e] /= root[v] * root[m->columns[e]];
    }
    free(root);
}

bool sparse_input(const char *name, const struct sample_options *options, struct sparse *out)
{
    struct sparse m = {0};
    struct graph g;

    if (!(options->graph ? graph_input_symmetric(name, options, &g)
                         : band_get(name, options->size, &g)))
        return false;
    m.rows = g.nodes;
    m.offsets = context_malloc((g.nodes + 1) * sizeof *m.offsets);
    m.columns = context_malloc((g.nodes + g.edges) * sizeof *m.columns);
    m.values = context_malloc((g.nodes + g.edges) * sizeof *m.values);
    for (uint64_t v = 0; v < g.nodes; v++) {
        m.offsets[v] = m.entries;
        m.entries = row_fill(&m, &g, v, m.entries);
    }
    m.offsets[m.rows] = m.entries;
    diagonal_scale(&m);
    graph_free(&g);
    *out = m;
    return true;
}

void sparse_free(struct sparse *matrix)
{
    free(matrix->offsets);
    free(matrix->columns);
    free(matrix->values);
}

size_t sparse_bytes(const struct sparse *matrix)
{
    return (matrix->rows + 1) * sizeof *matrix->offsets +
           matrix->entries * (sizeof *matrix->columns + sizeof *matrix->values);
}

double sparse_norm(const struct sparse *matrix)
{
    double norm = 0.0;

    for (uint64_t v = 0; v < matrix->rows; v++) {
        double sum = 0.0;
        for (uint64_t e = matrix->offsets[v]; e < matrix->offsets[v + 1]; e++)
            sum += fabs(matrix->values[e]);
        norm = sum > norm ? sum : norm;
    }
    return norm;
}

void sparse_multiply(const struct sparse *matrix, const double *x, double *y)
{
    for (uint64_t row = 0; row < matrix->rows; row++) {
        double sum = 0.0;
        for (uint64_t e = matrix->offsets[row]; e < matrix->offsets[row + 1]; e++)
            sum += matrix->values[e] * x[matrix->columns[e]];
        y[row] = sum;
    }
}

void sparse_copy(const struct sparse *from, const struct sparse *to)
{
    memcpy(to->offsets, from->offsets, (from->rows + 1) * sizeof *from->offsets);
    memcpy(to->columns, from->columns, from->entries * sizeof *from->columns);
    memcpy(to->values, from->values, from->entries * sizeof *from->values);
}
