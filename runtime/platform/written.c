/* SPDX-License-Identifier: MIT */
/* written.c - see written.h */
#include "platform/written.h"

#include <stdlib.h>
#include <string.h>

void humi_written_fini(struct humi_written *written)
{
    free(written->pieces);
}

/* The first piece that ends at `start` or behind. */
static size_t find(const struct humi_written *written, size_t start)
{
    size_t low = 0, high = written->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (written->pieces[middle].end < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool make_room(struct humi_written *written)
{
    size_t room = written->room ? 2 * written->room : 4;
    struct humi_piece *pieces;

    if (written->count < written->room)
        return true;
    pieces = realloc(written->pieces, room * sizeof *pieces);
    if (!pieces)
        return false;
    written->pieces = pieces;
    written->room = room;
    return true;
}

void humi_written_add(struct humi_written *written, size_t start, size_t end)
{
    size_t first = find(written, start), behind = first;

    if (written->all || start >= end)
        return;
    for (; behind < written->count && written->pieces[behind].start <= end; behind++) {
        if (written->pieces[behind].start < start)
            start = written->pieces[behind].start;
        if (written->pieces[behind].end > end)
            end = written->pieces[behind].end;
    }
    if (first == behind && !make_room(written)) {
        written->all = true;
        return;
    }
    memmove(written->pieces + first + 1, written->pieces + behind,
            (written->count - behind) * sizeof *written->pieces);
    written->count = written->count + 1 - (behind - first);
    written->pieces[first] = (struct humi_piece){start, end};
}

size_t humi_written_gap(const struct humi_written *written, size_t start, size_t end)
{
    size_t at = find(written, start);

    if (written->all)
        return end;
    if (at == written->count || written->pieces[at].start > start)
        return start;
    /* One that ends where the range starts has none of it, and none follows at once. */
    return written->pieces[at].end < end ? written->pieces[at].end : end;
}

bool humi_written_any(const struct humi_written *written, size_t start, size_t end)
{
    size_t at = find(written, start + 1);

    return written->all || (at < written->count && written->pieces[at].start < end);
}
