/* SPDX-License-Identifier: MIT */
#include "builder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAIRS_AT_ONCE 8192u

struct pair {
    uint32_t source, target;
};

void builder_die(const char *format, ...)
{
    va_list list;

    fputs("hum-graph-debian: ", stderr);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    exit(1);
}

void *builder_realloc(void *memory, size_t bytes)
{
    void *grown = realloc(memory, bytes);

    if (!grown)
        builder_die("no memory for %zu bytes", bytes);
    return grown;
}

/* A file without a name in the folder of the output, where there must be room for it anyway. */
static FILE *spill_open(const char *path)
{
    char name[4096];
    FILE *file;
    int fd;

    if (snprintf(name, sizeof name, "%s.edges.XXXXXX", path) >= (int)sizeof name)
        builder_die("the path of the output is too long");
    fd = mkstemp(name);
    file = fd < 0 ? NULL : fdopen(fd, "w+b");
    if (!file)
        builder_die("%s cannot be made: %s", name, strerror(errno));
    unlink(name);
    return file;
}

void builder_open(struct builder *builder, const char *path)
{
    *builder = (struct builder){.path = path};
    if (snprintf(builder->part, sizeof builder->part, "%s.part", path) >= (int)sizeof builder->part)
        builder_die("the path of the output is too long");
    builder->spill = spill_open(path);
}

uint32_t builder_node(struct builder *builder, enum graph_kind kind)
{
    if (builder->nodes == GRAPH_NODES_MAX)
        builder_die("more than %llu nodes", (unsigned long long)GRAPH_NODES_MAX);
    if (builder->nodes == builder->nodes_room) {
        builder->nodes_room = builder->nodes_room ? builder->nodes_room * 2 : 1u << 16;
        builder->kinds = builder_realloc(builder->kinds, (size_t)builder->nodes_room);
    }
    builder->kinds[builder->nodes] = (uint8_t)kind;
    builder->nodes_of[kind]++;
    return (uint32_t)builder->nodes++;
}

void builder_edge(struct builder *builder, uint32_t source, uint32_t target)
{
    struct pair pair = {source, target};

    if (fwrite(&pair, sizeof pair, 1, builder->spill) != 1)
        builder_die("edges cannot be kept beside %s: %s", builder->path, strerror(errno));
    builder->edges++;
}

/* Every edge in the order in which they came. */
static void edges_each(struct builder *builder, void (*visit)(void *context, const struct pair *),
                       void *context)
{
    struct pair pairs[PAIRS_AT_ONCE];
    size_t got;

    if (fflush(builder->spill) != 0 || fseeko(builder->spill, 0, SEEK_SET) != 0)
        builder_die("edges cannot be kept beside %s: %s", builder->path, strerror(errno));
    while ((got = fread(pairs, sizeof *pairs, PAIRS_AT_ONCE, builder->spill)) > 0) {
        for (size_t i = 0; i < got; i++)
            visit(context, &pairs[i]);
    }
    if (ferror(builder->spill))
        builder_die("edges cannot be read back: %s", strerror(errno));
}

struct rows {
    uint64_t *offsets;
    uint32_t *targets;
};

static void edge_count(void *context, const struct pair *pair)
{
    struct rows *rows = context;

    rows->offsets[pair->source + UINT64_C(1)]++;
}

/* offsets[v + 1] is the place of the next edge of v, and where its row ends when all are placed. */
static void edge_place(void *context, const struct pair *pair)
{
    struct rows *rows = context;

    rows->targets[rows->offsets[pair->source + UINT64_C(1)]++] = pair->target;
}

static void rows_start(struct rows *rows, uint64_t nodes)
{
    uint64_t sum = 0;

    for (uint64_t v = 1; v <= nodes; v++) {
        uint64_t count = rows->offsets[v];
        rows->offsets[v] = sum;
        sum += count;
    }
}

/* The output as memory.  Its room is taken at once: a full disk is an error here, not a SIGBUS. */
static char *output_map(const struct builder *builder, size_t bytes)
{
    int fd = open(builder->part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), error;
    char *file;

    if (fd < 0)
        builder_die("%s cannot be written: %s", builder->part, strerror(errno));
    error = posix_fallocate(fd, 0, (off_t)bytes);
    file = error ? MAP_FAILED : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (file == MAP_FAILED) {
        error = error ? error : errno;
        unlink(builder->part);
        builder_die("no room for %zu bytes at %s: %s", bytes, builder->path, strerror(error));
    }
    close(fd);
    return file;
}

void builder_finish(struct builder *builder)
{
    struct graph_layout layout = graph_layout(builder->nodes, builder->edges, true);
    struct graph_header header = graph_header(builder->nodes, builder->edges, true);
    char *file = output_map(builder, (size_t)layout.end);
    struct rows rows = {.offsets = (uint64_t *)(void *)(file + layout.offsets),
                        .targets = (uint32_t *)(void *)(file + layout.targets)};

    memcpy(file, &header, sizeof header);
    edges_each(builder, edge_count, &rows);
    rows_start(&rows, builder->nodes);
    edges_each(builder, edge_place, &rows);
    memcpy(file + layout.kinds, builder->kinds, (size_t)builder->nodes);
    if (munmap(file, (size_t)layout.end) != 0 || rename(builder->part, builder->path) != 0) {
        int error = errno;
        unlink(builder->part);
        builder_die("%s cannot be written: %s", builder->path, strerror(error));
    }
    fclose(builder->spill);
    free(builder->kinds);
}
