/* SPDX-License-Identifier: MIT */
/*
 * graph.h - a directed graph in compressed rows (CSR), and its file.
 *
 *   offsets  nodes + 1 numbers, never falling, offsets[0] == 0, offsets[nodes] == edges
 *   targets  the targets of node v are targets[offsets[v]] .. targets[offsets[v + 1] - 1]
 *   kinds    what each node is, or NULL if that is not known
 *
 * The file is described in bench/graph/README.md.  Reading trusts nothing in it: a graph that was
 * read has the form above, and everything else is refused with a sentence that says what is wrong.
 * Threads: plain data.  Ownership: whoever made a graph ends it with graph_free().
 */
#ifndef SAMPLES_GRAPH_H
#define SAMPLES_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRAPH_MAGIC "HUMGRAPH"
#define GRAPH_VERSION 1u
#define GRAPH_BYTE_ORDER 0x01020304u
#define GRAPH_NODES_MAX UINT64_C(0xffffffff)
#define GRAPH_EDGES_MAX (UINT64_C(1) << 40)

/* X(name, number, text) */
#define GRAPH_KIND_LIST(X)                                                                         \
    X(GRAPH_PACKAGE, 0, "package")                                                                 \
    X(GRAPH_DIRECTORY, 1, "directory")                                                             \
    X(GRAPH_FILE, 2, "file")

enum graph_kind {
#define GRAPH_KIND_ENUM(name, number, text) name = number,
    GRAPH_KIND_LIST(GRAPH_KIND_ENUM)
#undef GRAPH_KIND_ENUM
        GRAPH_KIND_COUNT
};

/* The first 64 bytes of the file, little endian. */
struct graph_header {
    char magic[8];          /* GRAPH_MAGIC, without a terminating zero */
    uint32_t version;
    uint32_t byte_order;    /* GRAPH_BYTE_ORDER, so that a swapped file is noticed */
    uint64_t nodes, edges;
    uint32_t has_kinds;     /* 0 or 1 */
    uint32_t zero[7];
};

_Static_assert(sizeof(struct graph_header) == 64, "the header of the file has 64 bytes");

struct graph {
    uint64_t nodes, edges;
    uint64_t *offsets;
    uint32_t *targets;
    uint8_t *kinds;         /* enum graph_kind */
};

/* A sentence about what went wrong. */
struct graph_error {
    char text[256];
};

/* Memory for nodes and edges (kinds if asked for), uninitialised; false if there is none. */
bool graph_alloc(struct graph *graph, uint64_t nodes, uint64_t edges, bool kinds);
void graph_free(struct graph *graph);

/* A whole file of exactly the right size, checked in every number.  *graph_out only on success. */
bool graph_read(const char *path, struct graph *graph_out, struct graph_error *error_out);

/* A new file, complete or absent: written beside `path` and renamed. */
bool graph_write(const char *path, const struct graph *graph, struct graph_error *error_out);

/* Where the parts of a file with these counts start; the end is the size of the file. */
struct graph_layout {
    uint64_t offsets, targets, kinds, end;
};
struct graph_layout graph_layout(uint64_t nodes, uint64_t edges, bool kinds);
struct graph_header graph_header(uint64_t nodes, uint64_t edges, bool kinds);

#endif
