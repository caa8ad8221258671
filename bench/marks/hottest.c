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

double hottest_overlap(const uint64_t *truth, const uint64_t *found, size_t count,
                       double *weight_out)
{
    struct chunk *hot = sorted(truth, count), *candidates = sorted(found, count);
    size_t number = hottest_number(count), right = 0;
    double share = NAN, all = 0, got = 0;

    if (hot && candidates && count) {
        for (size_t i = 0; i < number; i++) {
            uint64_t heat = truth[candidates[i].index];

            right += heat >= hot[number - 1].heat;
            got += (double)heat;
            all += (double)hot[i].heat;
        }
        share = (double)right / (double)number;
    }
    *weight_out = all > 0 ? got / all : NAN;
    free(hot);
    free(candidates);
    return share;
}
