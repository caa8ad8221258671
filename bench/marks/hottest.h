/* SPDX-License-Identifier: MIT */
/*
 * hottest.h - the hottest tenth of some chunks by one count, and how much of it another finds.
 */
#ifndef HUM_MARKS_HOTTEST_H
#define HUM_MARKS_HOTTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOTTEST_PART 10u

/* How many of `count` chunks are the hottest: a tenth, rounded up. */
size_t hottest_number(size_t count);

/*
 * Of the hottest by `found`, the share (0..1) that is among the hottest by `truth`.  Of chunks that
 * found[] has alike, the later ones are taken, so that luck helps nobody.  Chunks that truth[] has
 * as hot as the last of the hottest are as good as each other, but only as many of them count as
 * are among the hottest: they stand for none that is hotter.  *weight_out: the touches that the
 * found ones have by truth, as a share of what the hottest have.  NaN without memory.
 */
double hottest_overlap(const uint64_t *truth, const uint64_t *found, size_t count,
                       double *weight_out);

#endif
