/* SPDX-License-Identifier: MIT */
/*
 * graph_parts.h - a graph cut into parts of whole rows, each small enough for a device buffer.
 *
 * The parts are laid out in one host buffer, the *image*; each is one stretch of bytes and thus one
 * copy to the device.  A graph that fits is one part.
 *
 *   part:  offsets (rows + 1) | degrees of the rows, if wanted | targets of the rows
 */
#ifndef SAMPLES_GRAPH_PARTS_H
#define SAMPLES_GRAPH_PARTS_H

#include <stddef.h>

#include "graph.h"

struct graph_part {
    size_t first, count;            /* rows */
    uint64_t edge_base, edges;
    size_t start, bytes;            /* in the image */
    size_t degrees_at, targets_at;  /* from the start of the part */
};

struct graph_parts {
    struct graph_part *parts;
    size_t count;
    size_t image_bytes;             /* of all parts */
    size_t part_bytes_max;          /* of the largest part */
};

/* Cut; false if a single row needs more than max_bytes or memory is short. */
bool graph_parts_cut(const struct graph *graph, bool with_degrees, size_t max_bytes,
                     struct graph_parts *parts_out);
void graph_parts_free(struct graph_parts *parts);

/* Fill the image.  degrees: one a node, or NULL if they are not part of it. */
void graph_parts_fill(const struct graph_parts *parts, const struct graph *graph,
                      const uint32_t *degrees, void *image);

#endif
