/* SPDX-License-Identifier: MIT */
/* hottest.c - see marks/hottest.h */
#include "marks/hottest.h"

#include <math.h>
#include <stdlib.h>

struct chunk {
    uint64_t heat;
    size_t index;
};

size_t hottest_number(size_t count)
{
    return (count + HOTTEST_PART - 1) / HOTTEST_PART;
}

static int by_heat(const void *a, const void *b)
{
    const struct chunk *x = a, *y = b;

    if (x->heat != y->heat)
        return x->heat < y->heat ? 1 : -1;
    return x->index < y->index ? 1 : -1;
}

static struct chunk *sorted(const uint64_t *heat, size_t count)
{
    struct chunk *chunks = malloc((count + !count) * sizeof(*chunks));

    for (size_t i = 0; chunks && i < count; i++)
        chunks[i] = (struct chunk){heat[i], i};
    if (chunks)
        qsort(chunks, count, sizeof(*chunks), by_heat);
    return chunks;
}

/* Chunks of the first `number` by `order` that have more heat than `least`; *alike_out: as much. */
static size_t count_hotter(const struct chunk *order, size_t number, const uint64_t *heat,
                           uint64_t least, size_t *alike_out)
{
    size_t hotter = 0;

    *alike_out = 0;
    for (size_t i = 0; i < number; i++) {
        hotter += heat[order[i].index] > least;
        *alike_out += heat[order[i].index] == least;
    }
    return hotter;
}

double hottest_overlap(const uint64_t *truth, const uint64_t *found, size_t count,
                       double *weight_out)
{
    struct chunk *hot = sorted(truth, count), *candidates = sorted(found, count);
    size_t number = hottest_number(count), right, alike, room;
    double share = NAN, all = 0, got = 0;

    if (hot && candidates && count) {
        for (size_t i = 0; i < number; i++) {
            got += (double)truth[candidates[i].index];
            all += (double)hot[i].heat;
        }
        (void)count_hotter(hot, number, truth, hot[number - 1].heat, &room);
        right = count_hotter(candidates, number, truth, hot[number - 1].heat, &alike);
        right += alike < room ? alike : room;
        share = (double)right / (double)number;
    }
    *weight_out = all > 0 ? got / all : NAN;
    free(hot);
    free(candidates);
    return share;
}
