/* SPDX-License-Identifier: MIT */
#include "graph.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IO_BYTES_MAX ((size_t)1 << 30)  /* one read() or write() */

__attribute__((format(printf, 2, 3))) static bool fail(struct graph_error *error,
                                                       const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(error->text, sizeof error->text, format, list);
    va_end(list);
    return false;
}

struct graph_layout graph_layout(uint64_t nodes, uint64_t edges, bool kinds)
{
    struct graph_layout layout = {.offsets = sizeof(struct graph_header)};

    layout.targets = layout.offsets + (nodes + 1) * sizeof(uint64_t);
    layout.kinds = layout.targets + edges * sizeof(uint32_t);
    layout.end = layout.kinds + (kinds ? nodes : 0);
    return layout;
}

struct graph_header graph_header(uint64_t nodes, uint64_t edges, bool kinds)
{
    struct graph_header header = {.version = GRAPH_VERSION, .byte_order = GRAPH_BYTE_ORDER,
                                  .nodes = nodes, .edges = edges, .has_kinds = kinds};

    memcpy(header.magic, GRAPH_MAGIC, sizeof header.magic);
    return header;
}

bool graph_alloc(struct graph *graph, uint64_t nodes, uint64_t edges, bool kinds)
{
    *graph = (struct graph){.nodes = nodes, .edges = edges};
    graph->offsets = malloc((size_t)(nodes + 1) * sizeof *graph->offsets);
    graph->targets = malloc((size_t)(edges + 1) * sizeof *graph->targets);
    graph->kinds = kinds ? malloc((size_t)nodes + 1) : NULL;
    if (graph->offsets && graph->targets && (graph->kinds || !kinds))
        return true;
    graph_free(graph);
    return false;
}

void graph_free(struct graph *graph)
{
    free(graph->offsets);
    free(graph->targets);
    free(graph->kinds);
    *graph = (struct graph){0};
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool read_all(int fd, void *memory, uint64_t bytes)
{
    char *at = memory;

    while (bytes > 0) {
        ssize_t got = read(fd, at, bytes < IO_BYTES_MAX ? (size_t)bytes : IO_BYTES_MAX);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? ENODATA : errno;
            return false;
        }
        at += got;
        bytes -= (uint64_t)got;
    }
    return true;
}

/* The size is compared before anything is allocated, so an absurd count costs nothing. */
static bool header_check(const struct graph_header *h, uint64_t file_bytes,
                         struct graph_error *error)
{
    uint64_t want;

    if (memcmp(h->magic, GRAPH_MAGIC, sizeof h->magic) != 0)
        return fail(error, "is not a graph file (no " GRAPH_MAGIC " at its start)");
    if (h->byte_order != GRAPH_BYTE_ORDER)
        return fail(error, "has the other byte order (file and machine must be little endian)");
    if (h->version != GRAPH_VERSION)
        return fail(error, "has version %" PRIu32 ", this program reads %u", h->version,
                    GRAPH_VERSION);
    if (h->has_kinds > 1)
        return fail(error, "has a damaged header (has_kinds is %" PRIu32 ")", h->has_kinds);
    for (size_t i = 0; i < sizeof h->zero / sizeof h->zero[0]; i++) {
        if (h->zero[i] != 0)
            return fail(error, "has a damaged header (a reserved word is not zero)");
    }
    if (h->nodes == 0 || h->nodes > GRAPH_NODES_MAX)
        return fail(error, "claims %" PRIu64 " nodes (1 to %" PRIu64 " are possible)", h->nodes,
                    GRAPH_NODES_MAX);
    if (h->edges > GRAPH_EDGES_MAX)
        return fail(error, "claims %" PRIu64 " edges (at most %" PRIu64 " are possible)", h->edges,
                    GRAPH_EDGES_MAX);
    want = graph_layout(h->nodes, h->edges, h->has_kinds).end;
    if (file_bytes != want)
        return fail(error, "has %" PRIu64 " bytes, its header calls for %" PRIu64 "%s", file_bytes,
                    want, file_bytes < want ? " (truncated)" : "");
    return true;
}

static bool rows_check(const struct graph *g, struct graph_error *error)
{
    if (g->offsets[0] != 0)
        return fail(error, "is damaged (offset 0 is %" PRIu64 ", not 0)", g->offsets[0]);
    for (uint64_t v = 0; v < g->nodes; v++) {
        if (g->offsets[v + 1] < g->offsets[v])
            return fail(error, "is damaged (offsets fall behind node %" PRIu64 ")", v);
    }
    if (g->offsets[g->nodes] != g->edges)
        return fail(error, "is damaged (the last offset is %" PRIu64 ", not %" PRIu64 ")",
                    g->offsets[g->nodes], g->edges);
    for (uint64_t e = 0; e < g->edges; e++) {
        if (g->targets[e] >= g->nodes)
            return fail(error, "is damaged (edge %" PRIu64 " points at node %" PRIu32
                        " of %" PRIu64 ")", e, g->targets[e], g->nodes);
    }
    for (uint64_t v = 0; g->kinds && v < g->nodes; v++) {
        if (g->kinds[v] >= GRAPH_KIND_COUNT)
            return fail(error, "is damaged (node %" PRIu64 " has kind %u)", v, g->kinds[v]);
    }
    return true;
}

static bool body_read(int fd, struct graph *g)
{
    return read_all(fd, g->offsets, (g->nodes + 1) * sizeof *g->offsets) &&
           read_all(fd, g->targets, g->edges * sizeof *g->targets) &&
           (!g->kinds || read_all(fd, g->kinds, g->nodes));
}

static bool file_read(int fd, struct graph *graph_out, struct graph_error *error)
{
    struct graph_header header;
    struct graph graph;
    struct stat info;

    if (fstat(fd, &info) != 0)
        return fail(error, "cannot be examined: %s", strerror(errno));
    if (!S_ISREG(info.st_mode))
        return fail(error, "is not a regular file");
    if ((uint64_t)info.st_size < sizeof header)
        return fail(error, "has %" PRIu64 " bytes, too few for a graph file",
                    (uint64_t)info.st_size);
    if (!read_all(fd, &header, sizeof header))
        return fail(error, "cannot be read: %s", strerror(errno));
    if (!header_check(&header, (uint64_t)info.st_size, error))
        return false;
    if (!graph_alloc(&graph, header.nodes, header.edges, header.has_kinds))
        return fail(error, "does not fit into memory");
    if (!body_read(fd, &graph))
        fail(error, "cannot be read: %s", strerror(errno));
    else if (rows_check(&graph, error)) {
        *graph_out = graph;
        return true;
    }
    graph_free(&graph);
    return false;
}

bool graph_read(const char *path, struct graph *graph_out, struct graph_error *error_out)
{
    struct graph_error why;
    bool good;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return fail(error_out, "%.100s cannot be opened: %s", path, strerror(errno));
    good = file_read(fd, graph_out, &why);
    close(fd);
    return good || fail(error_out, "%.100s %.150s", path, why.text);
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool file_write(FILE *file, const struct graph *g)
{
    struct graph_header header = graph_header(g->nodes, g->edges, g->kinds != NULL);

    return fwrite(&header, sizeof header, 1, file) == 1 &&
           fwrite(g->offsets, sizeof *g->offsets, g->nodes + 1, file) == g->nodes + 1 &&
           fwrite(g->targets, sizeof *g->targets, g->edges, file) == g->edges &&
           (!g->kinds || fwrite(g->kinds, 1, g->nodes, file) == g->nodes);
}

bool graph_write(const char *path, const struct graph *graph, struct graph_error *error_out)
{
    char part[4096];
    FILE *file;
    bool good;

    if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
        return fail(error_out, "the path of the graph is too long");
    file = fopen(part, "wbe");
    if (!file)
        return fail(error_out, "%.150s cannot be written: %s", part, strerror(errno));
    good = file_write(file, graph);
    good = (fclose(file) == 0) && good && rename(part, path) == 0;
    if (!good) {
        fail(error_out, "%.150s cannot be written: %s", path, strerror(errno));
        unlink(part);
    }
    return good;
}
