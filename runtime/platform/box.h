/* SPDX-License-Identifier: MIT */
/*
 * box.h - copying boxes of bytes between two places in memory, each with its own pitches.
 *
 *     slice_pitch |  row_pitch  | size[0] bytes a row, size[1] rows a slice, size[2] slices
 *
 * Threads: plain data.
 */
#ifndef HUMI_PLATFORM_BOX_H
#define HUMI_PLATFORM_BOX_H

#include <stdbool.h>
#include <stddef.h>

/* One side of a copy: where its box begins, in bytes from the start of a row. */
struct humi_box {
    size_t origin[3];
    size_t row_pitch, slice_pitch; /* bytes; 0: without gaps */
};

/* Fill in pitches of 0.  False: rows or slices would lie in each other, or a size is 0. */
bool humi_box_complete(struct humi_box *box, const size_t size[3]);

/* Where it begins, and the first byte behind it, from the start of the memory. */
size_t humi_box_start(const struct humi_box *box);
size_t humi_box_end(const struct humi_box *box, const size_t size[3]);

/* Both boxes lie in the same memory and share a byte; of one size, or each of its own. */
bool humi_boxes_overlap(const struct humi_box *a, const struct humi_box *b, const size_t size[3]);
bool humi_boxes_meet(const struct humi_box *a, const size_t a_size[3], const struct humi_box *b,
                     const size_t b_size[3]);

/* `to` and `from` are the starts of the memories; the boxes are complete.  Bytes may overlap only
 * where the whole is one piece on both sides. */
void humi_box_copy(char *to, const struct humi_box *to_box, const char *from,
                   const struct humi_box *from_box, const size_t size[3]);

#endif
