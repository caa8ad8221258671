/* SPDX-License-Identifier: MIT */
#include "graph_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph_make.h"

#define SEED 42u
#define KRONECKER "kron:"
#define KRONECKER_SCALE_MAX 28u /* 2^32 edges, 32 GiB while they are drawn */

/* "18" of "kron:18" */
static bool kronecker_get(const char *text, struct graph *graph_out, struct graph_error *error)
{
    unsigned long scale;
    char *end;

    scale = strtoul(text, &end, 10);
    if (strspn(text, "0123456789") == 0 || *end || scale > KRONECKER_SCALE_MAX) {
        snprintf(error->text, sizeof error->text,
                 "'" KRONECKER "%s' is no Kronecker graph: a scale is from 0 to %u", text,
                 KRONECKER_SCALE_MAX);
        return false;
    }
    if (graph_kronecker((unsigned)scale, SEED, graph_out))
        return true;
    snprintf(error->text, sizeof error->text, "no memory for a Kronecker graph of scale %lu",
             scale);
    return false;
}

static bool graph_get(const struct sample_options *options, struct graph *graph_out,
                      struct graph_error *error)
{
    if (options->graph && strncmp(options->graph, KRONECKER, strlen(KRONECKER)) == 0)
        return kronecker_get(options->graph + strlen(KRONECKER), graph_out, error);
    if (options->graph)
        return graph_read(options->graph, graph_out, error);
    if (options->size > GRAPH_NODES_MAX ||
        !graph_generate(options->size, GRAPH_GENERATED_DEGREE, SEED, graph_out)) {
        snprintf(error->text, sizeof error->text, "no memory for a graph of %zu nodes",
                 options->size);
        return false;
    }
    return true;
}

bool graph_input(const char *name, const struct sample_options *options, struct graph *graph_out,
                 struct graph *transposed_out)
{
    struct graph_error error;
    struct graph graph;

    if (!graph_get(options, &graph, &error)) {
        fprintf(stderr, "%s: %s\n", name, error.text);
        return false;
    }
    if (!graph_transpose(&graph, transposed_out)) {
        fprintf(stderr, "%s: no memory for the transposed graph\n", name);
        graph_free(&graph);
        return false;
    }
    *graph_out = graph;
    return true;
}

bool graph_input_symmetric(const char *name, const struct sample_options *options,
                           struct graph *graph_out)
{
    struct graph directed, transposed;
    bool good;

    if (!graph_input(name, options, &directed, &transposed))
        return false;
    good = graph_symmetrise(&directed, &transposed, graph_out);
    if (!good)
        fprintf(stderr, "%s: no memory for both directions of the edges\n", name);
    graph_free(&directed);
    graph_free(&transposed);
    return good;
}
