/* SPDX-License-Identifier: MIT */
#include "graph_input.h"

#include <stdio.h>

#include "graph_make.h"

#define SEED 42u

static bool graph_get(const struct sample_options *options, struct graph *graph_out,
                      struct graph_error *error)
{
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
