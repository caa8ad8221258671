/* SPDX-License-Identifier: MIT */
/* lookup.h - binary search in a sorted table: sums[i] += the value of key queries[i], or 0. */
#ifndef HUM_KERNELS_LOOKUP_H
#define HUM_KERNELS_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

struct lookup_table {
    const uint64_t *keys;   /* rising */
    const uint64_t *values;
    size_t rows;
};

struct lookup_args {
    struct lookup_table table;
    const uint64_t *queries;
    uint64_t *sums;
    size_t count;           /* of queries and sums */
};

/* The value of a key, 0 if it is not in the table. */
static inline uint64_t lookup_value(const struct lookup_table *table, uint64_t key)
{
    size_t first = 0, count = table->rows;

    while (count > 0) {
        size_t middle = count / 2;
        if (table->keys[first + middle] < key) {
            first += middle + 1;
            count -= middle + 1;
        } else {
            count = middle;
        }
    }
    return first < table->rows && table->keys[first] == key ? table->values[first] : 0;
}

#endif
