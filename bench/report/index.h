/* SPDX-License-Identifier: MIT */
/*
 * index.h - numbers of a trace (blocks, regions, kernels) to places in an array.
 *
 * Keys are taken once and never leave.  Open addressing; at most half full.
 */
#ifndef HUM_REPORT_INDEX_H
#define HUM_REPORT_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#define INDEX_NONE UINT32_MAX

struct index {
    uint32_t *key;
    uint32_t *place; /* INDEX_NONE: the slot is free */
    uint32_t count, slots;
};

void index_init(struct index *index); /* allocates nothing */
void index_fini(struct index *index);
/* The place of a key, or INDEX_NONE. */
uint32_t index_find(const struct index *index, uint32_t key);
/* Give a new key the place `count`.  False: no memory. */
bool index_add(struct index *index, uint32_t key);

#endif
