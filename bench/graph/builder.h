/* SPDX-License-Identifier: MIT */
/*
 * builder.h - collects nodes and edges in any order and writes the graph file.
 *
 * Edges go to a temporary file beside the output and from there into place, so memory holds one
 * byte a node and nothing an edge.  The output is complete or absent.
 * Threads: one.  What fails ends the program with a message; the temporary file has no name, and
 * an unfinished output is removed.
 */
#ifndef BENCH_GRAPH_BUILDER_H
#define BENCH_GRAPH_BUILDER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "graph.h"

struct builder {
    const char *path;           /* of the output */
    char part[4096];            /* of the unfinished output */
    FILE *spill;                /* pairs of source and target */
    uint8_t *kinds;
    uint64_t nodes, nodes_room, edges;
    uint64_t nodes_of[GRAPH_KIND_COUNT];
};

_Noreturn void builder_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *builder_realloc(void *memory, size_t bytes);

void builder_open(struct builder *builder, const char *path);
uint32_t builder_node(struct builder *builder, enum graph_kind kind);
void builder_edge(struct builder *builder, uint32_t source, uint32_t target);

/* Write the file; targets of a row are in the order in which the edges came. */
void builder_finish(struct builder *builder);

#endif
