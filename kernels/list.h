/* SPDX-License-Identifier: MIT */
/*
 * list.h - a linked list and a hash table made of ordinary pointers, and their twins in arrays.
 *
 * The pointer kernels follow and change the very pointers that the host made.  The array kernels do
 * the same work on copies in which a pointer has become an index; that is what a program without
 * shared addresses has to build.
 */
#ifndef HUM_KERNELS_LIST_H
#define HUM_KERNELS_LIST_H

#include <stddef.h>
#include <stdint.h>

struct list_node {
    struct list_node *next;
    int64_t value;
};

/* list_reverse: *head becomes the reversed list, every value grows by `add`.  Launch with 1. */
struct list_reverse_args {
    struct list_node **head;
    int64_t add;
};

struct table_entry {
    struct table_entry *next;   /* of the same bucket */
    uint64_t key, value;
};

/* table_insert: each of the `count` entries is put in front of its bucket. */
struct table_insert_args {
    struct table_entry **buckets;
    size_t bucket_mask;         /* number of buckets - 1, a power of two - 1 */
    struct table_entry *entries;
    size_t count;
};

/* table_update: the entry of each of the `count` keys gets `add` added; *missing counts others. */
struct table_update_args {
    struct table_entry **buckets;
    size_t bucket_mask;
    const uint64_t *keys;
    size_t count;
    uint64_t add;
    uint64_t *missing;
};

#define LIST_NONE UINT32_MAX    /* the index that ends a chain */

/* array_reverse: values in list order; out[count - 1 - i] = in[i] + add. */
struct array_reverse_args {
    const int64_t *in;
    int64_t *out;
    size_t count;
    int64_t add;
};

struct array_entry {
    uint64_t key, value;
    uint32_t next, unused;
};

/* array_insert: entries [first, first + count) are put in front of their buckets. */
struct array_insert_args {
    uint32_t *buckets;
    size_t bucket_mask;
    struct array_entry *entries;
    size_t first, count;
};

struct array_update_args {
    uint32_t *buckets;
    size_t bucket_mask;
    struct array_entry *entries;
    const uint64_t *keys;
    size_t count;
    uint64_t add;
    uint64_t *missing;
};

/* The bucket of a key. */
static inline size_t table_bucket(uint64_t key, size_t bucket_mask)
{
    return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & bucket_mask;
}

#endif
