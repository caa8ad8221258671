/* SPDX-License-Identifier: MIT */
/* box.c - see box.h */
#include "platform/box.h"

#include <stdint.h>
#include <string.h>

bool humi_box_complete(struct humi_box *box, const size_t size[3])
{
    size_t slice;

    if (!size[0] || !size[1] || !size[2])
        return false;
    if (!box->row_pitch)
        box->row_pitch = size[0];
    if (box->row_pitch < size[0] || __builtin_mul_overflow(box->row_pitch, size[1], &slice))
        return false;
    if (!box->slice_pitch)
        box->slice_pitch = slice;
    return box->slice_pitch >= slice && box->slice_pitch % box->row_pitch == 0;
}

size_t humi_box_start(const struct humi_box *box)
{
    return box->origin[2] * box->slice_pitch + box->origin[1] * box->row_pitch + box->origin[0];
}

size_t humi_box_end(const struct humi_box *box, const size_t size[3])
{
    return humi_box_start(box) + (size[2] - 1) * box->slice_pitch + (size[1] - 1) * box->row_pitch +
           size[0];
}

/* Each row of one against the rows of each slice of the other that could meet it. */
bool humi_boxes_meet(const struct humi_box *a, const size_t a_size[3], const struct humi_box *b,
                     const size_t b_size[3])
{
    size_t a_start = humi_box_start(a), b_start = humi_box_start(b);

    if (a_start >= humi_box_end(b, b_size) || b_start >= humi_box_end(a, a_size))
        return false;
    for (size_t ak = 0; ak < a_size[2] * a_size[1]; ak++) {
        size_t from = a_start + ak / a_size[1] * a->slice_pitch + ak % a_size[1] * a->row_pitch;

        for (size_t k = 0; k < b_size[2]; k++) {
            size_t slice = b_start + k * b->slice_pitch;
            /* Rows of this slice that end behind `from` and start before its end. */
            size_t first =
                from >= slice + b_size[0] ? (from - slice - b_size[0]) / b->row_pitch + 1 : 0;

            if (first < b_size[1] && slice + first * b->row_pitch < from + a_size[0])
                return true;
        }
    }
    return false;
}

bool humi_boxes_overlap(const struct humi_box *a, const struct humi_box *b, const size_t size[3])
{
    return humi_boxes_meet(a, size, b, size);
}

void humi_box_copy(char *to, const struct humi_box *to_box, const char *from,
                   const struct humi_box *from_box, const size_t size[3])
{
    size_t row = size[0], rows = size[1], slices = size[2];

    to += humi_box_start(to_box);
    from += humi_box_start(from_box);
    if (to_box->row_pitch == row && from_box->row_pitch == row) { /* a slice is one row */
        row *= rows;
        rows = 1;
        if (to_box->slice_pitch == row && from_box->slice_pitch == row) {
            row *= slices;
            slices = 1;
        }
    }
    for (size_t k = 0; k < slices; k++)
        for (size_t j = 0; j < rows; j++)
            memmove(to + k * to_box->slice_pitch + j * to_box->row_pitch,
                    from + k * from_box->slice_pitch + j * from_box->row_pitch, row);
}
