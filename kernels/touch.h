/* SPDX-License-Identifier: MIT */
/* touch.h - kernels that touch one word of each page: what a fault costs, not what a byte costs. */
#ifndef HUM_KERNELS_TOUCH_H
#define HUM_KERNELS_TOUCH_H

#include <stddef.h>
#include <stdint.h>

#define TOUCH_PAGE_BYTES 4096u

/*
 * touch_read and touch_write: the pages of `base` in the order of a list of page numbers.
 * touch_read adds the first word of each page to *sum; touch_write sets it to the page's place in
 * the list plus `value`.  A page that is in the list twice is touched twice.
 */
struct touch_args {
    uint64_t *base;
    const uint64_t *pages;  /* page numbers, count of them */
    size_t count;
    uint64_t *sum;          /* touch_read only */
    uint64_t value;         /* touch_write only */
};

/* own: writes back the first word of every page of [base, base + pages): content stays. */
struct own_args {
    uint64_t *base;
    size_t pages;
};

#endif
