/* SPDX-License-Identifier: MIT */
#include "contents.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHIPPERS_MAX 4096u      /* packages that ship one path; further ones are left out */
#define PROGRESS_LINES 500000u

/* One index, standing at a line. */
struct index {
    FILE *stream;
    char *line;
    size_t room;
    char *path;                 /* NULL at the end of the stream */
    size_t path_length;
    const char *shippers;       /* "section/a,section/b" */
};

struct reader {
    struct packages *packages;
    struct builder *builder;
    struct names directories;
    char *last;                 /* directory of the last file, without its '/' at the end */
    size_t last_length, last_room;
    uint32_t last_node;
    uint64_t keep_below;        /* hashes of paths that are kept */
    uint64_t lines;
    struct contents_totals totals;
};

/* Go to the next good line. */
static void index_next(struct index *index, struct reader *reader)
{
    ssize_t length;

    index->path = NULL;
    while ((length = getline(&index->line, &index->room, index->stream)) > 0) {
        char *end = index->line + length, *split;

        reader->lines++;
        while (end > index->line && strchr(" \t\r\n", end[-1]))
            *--end = '\0';
        for (split = end; split > index->line && split[-1] != ' ' && split[-1] != '\t';)
            split--;
        index->shippers = split;
        while (split > index->line && (split[-1] == ' ' || split[-1] == '\t'))
            split--;
        if (split > index->line && index->shippers < end && *index->line != '/') {
            index->path = index->line;
            index->path_length = (size_t)(split - index->line);
            return;
        }
        if (end > index->line)
            reader->totals.odd_lines++;
    }
    if (ferror(index->stream))
        builder_die("an index cannot be read");
}

static int path_compare(const struct index *a, const struct index *b)
{
    size_t shorter = a->path_length < b->path_length ? a->path_length : b->path_length;
    int order = memcmp(a->path, b->path, shorter);

    return order ? order : (a->path_length > b->path_length) - (a->path_length < b->path_length);
}

/* The node of a directory, made with all above it; "" is the root. */
static uint32_t directory_node(struct reader *reader, const char *path, size_t length)
{
    uint32_t node, above = 0;

    if (names_find(&reader->directories, path, length, &node))
        return node;
    for (size_t end = 0;; end++) {
        const char *slash = end < length ? memchr(path + end, '/', length - end) : NULL;
        size_t stop = end == 0 ? 0 : slash ? (size_t)(slash - path) : length;

        if (!names_find(&reader->directories, path, stop, &node)) {
            node = builder_node(reader->builder, GRAPH_DIRECTORY);
            names_add(&reader->directories, path, stop, node);
            if (stop > 0) {
                builder_edge(reader->builder, above, node);
                reader->totals.contains++;
            }
        }
        if (stop == length)
            return node;
        above = node;
        end = stop;
    }
}

/* Neighbouring lines are mostly of one directory. */
static uint32_t directory_of(struct reader *reader, const char *path, size_t path_length)
{
    const char *slash = memrchr(path, '/', path_length);
    size_t length = slash ? (size_t)(slash - path) : 0;

    if (reader->last && length == reader->last_length && memcmp(reader->last, path, length) == 0)
        return reader->last_node;
    reader->last_node = directory_node(reader, path, length);
    if (length >= reader->last_room) {
        reader->last_room = 2 * length + 256;
        reader->last = builder_realloc(reader->last, reader->last_room);
    }
    memcpy(reader->last, path, length);
    reader->last_length = length;
    return reader->last_node;
}

/* Edges from the packages of one line; `seen` are those of this path so far. */
static unsigned shippers_add(struct reader *reader, const char *list, uint32_t file,
                             uint32_t *seen, unsigned count)
{
    while (*list) {
        size_t length = strcspn(list, ",");
        const char *slash = memrchr(list, '/', length), *name = slash ? slash + 1 : list;
        size_t name_length = length - (size_t)(name - list);
        unsigned i = 0;

        if (name_length > 0 && count < SHIPPERS_MAX) {
            uint32_t package = packages_node(reader->packages, name, name_length);
            while (i < count && seen[i] != package)
                i++;
            if (i == count) {
                seen[count++] = package;
                builder_edge(reader->builder, package, file);
                reader->totals.ships++;
            }
        }
        list += length;
        list += *list == ',';
    }
    return count;
}

/* The index with the least path, NULL when all are read. */
static struct index *index_least(struct index *indices, unsigned count)
{
    struct index *least = NULL;

    for (unsigned i = 0; i < count; i++) {
        if (indices[i].path && (!least || path_compare(&indices[i], least) < 0))
            least = &indices[i];
    }
    return least;
}

/* One path, from all indices that have it; those go on to their next lines. */
static void path_read(struct reader *reader, struct index *indices, unsigned count,
                      struct index *least)
{
    bool keep = names_hash(least->path, least->path_length) <= reader->keep_below;
    uint32_t seen[SHIPPERS_MAX], file = 0, directory;
    unsigned shippers = 0;

    if (keep) {
        directory = directory_of(reader, least->path, least->path_length);
        file = builder_node(reader->builder, GRAPH_FILE);
        builder_edge(reader->builder, directory, file);
        reader->totals.contains++;
    }
    for (unsigned i = 0; i < count; i++) {
        bool same = &indices[i] != least && indices[i].path &&
                    path_compare(&indices[i], least) == 0;
        if (!same)
            continue;
        if (keep)
            shippers = shippers_add(reader, indices[i].shippers, file, seen, shippers);
        index_next(&indices[i], reader);
    }
    if (keep)
        shippers_add(reader, least->shippers, file, seen, shippers);
    index_next(least, reader);
}

void contents_read(FILE *const *streams, unsigned count, double scale, struct packages *packages,
                   struct contents_totals *totals_out)
{
    struct reader reader = {.packages = packages, .builder = packages->builder};
    struct index indices[CONTENTS_MAX] = {{0}}, *least;
    bool tell = isatty(STDERR_FILENO);
    uint64_t told = 0;

    reader.keep_below = scale >= 1.0 ? UINT64_MAX : (uint64_t)(scale * 0x1p64);
    names_init(&reader.directories);
    for (unsigned i = 0; i < count; i++) {
        indices[i].stream = streams[i];
        index_next(&indices[i], &reader);
    }
    while ((least = index_least(indices, count))) {
        path_read(&reader, indices, count, least);
        if (tell && reader.lines - told >= PROGRESS_LINES) {
            told = reader.lines;
            fprintf(stderr, "\r  %.1f million lines", (double)told / 1e6);
        }
    }
    if (told)
        fprintf(stderr, "\r%40s\r", "");
    for (unsigned i = 0; i < count; i++)
        free(indices[i].line);
    free(reader.last);
    names_fini(&reader.directories);
    *totals_out = reader.totals;
}
