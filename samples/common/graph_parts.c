/* SPDX-License-Identifier: MIT */
#include "graph_parts.h"

#include <stdlib.h>
#include <string.h>

#define ALIGN ((size_t)64)

static size_t aligned(size_t bytes)
{
    return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

/* The layout of a part of so many rows and edges. */
static struct graph_part part_shape(size_t rows, uint64_t edges, bool with_degrees)
{
    struct graph_part part = {.count = rows, .edges = edges};

    part.degrees_at = aligned((rows + 1) * sizeof(uint64_t));
    part.targets_at = part.degrees_at + (with_degrees ? aligned(rows * sizeof(uint32_t)) : 0);
    part.bytes = part.targets_at + aligned((size_t)edges * sizeof(uint32_t));
    return part;
}

/* The longest part from row `first` on that fits; count is 0 if not even one row does. */
static struct graph_part part_take(const struct graph *g, size_t first, bool with_degrees,
                                   size_t max_bytes)
{
    size_t low = 0, high = (size_t)g->nodes - first;
    struct graph_part part;

    while (low < high) {
        size_t rows = low + (high - low + 1) / 2;
        part = part_shape(rows, g->offsets[first + rows] - g->offsets[first], with_degrees);
        if (part.bytes <= max_bytes)
            low = rows;
        else
            high = rows - 1;
    }
    part = part_shape(low, g->offsets[first + low] - g->offsets[first], with_degrees);
    part.first = first;
    part.edge_base = g->offsets[first];
    return part;
}

bool graph_parts_cut(const struct graph *graph, bool with_degrees, size_t max_bytes,
                     struct graph_parts *parts_out)
{
    struct graph_parts p = {0};

    for (size_t first = 0; first < graph->nodes;) {
        struct graph_part part = part_take(graph, first, with_degrees, max_bytes);
        struct graph_part *grown = realloc(p.parts, (p.count + 1) * sizeof *grown);

        if (grown)
            p.parts = grown;
        if (!grown || part.count == 0) {
            graph_parts_free(&p);
            return false;
        }
        part.start = p.image_bytes;
        p.parts[p.count++] = part;
        p.image_bytes += part.bytes;
        p.part_bytes_max = part.bytes > p.part_bytes_max ? part.bytes : p.part_bytes_max;
        first += part.count;
    }
    *parts_out = p;
    return true;
}

void graph_parts_free(struct graph_parts *parts)
{
    free(parts->parts);
    *parts = (struct graph_parts){0};
}

void graph_parts_fill(const struct graph_parts *parts, const struct graph *graph,
                      const uint32_t *degrees, void *image)
{
    for (size_t i = 0; i < parts->count; i++) {
        const struct graph_part *part = &parts->parts[i];
        char *at = (char *)image + part->start;

        memcpy(at, graph->offsets + part->first, (part->count + 1) * sizeof *graph->offsets);
        if (degrees)
            memcpy(at + part->degrees_at, degrees + part->first, part->count * sizeof *degrees);
        memcpy(at + part->targets_at, graph->targets + part->edge_base,
               (size_t)part->edges * sizeof *graph->targets);
    }
}
