/* SPDX-License-Identifier: MIT */
/* graph_input.h - the graph a sample was asked to work on: a file, or a generated one. */
#ifndef SAMPLES_GRAPH_INPUT_H
#define SAMPLES_GRAPH_INPUT_H

#include "graph.h"
#include "options.h"

#define GRAPH_GENERATED_DEGREE 16u

/* The graph and its transpose; false after a message on standard error that starts with `name`. */
bool graph_input(const char *name, const struct sample_options *options, struct graph *graph_out,
                 struct graph *transposed_out);

#endif
