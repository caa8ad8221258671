/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "list.h"

/* ---- pointers ------------------------------------------------------------------------------- */

HUM_KERNEL(list_reverse, struct list_reverse_args)
{
    hum_for_each (once, (size_t)1) {
        struct list_node *done = NULL;

        for (struct list_node *node = *args->head, *next; node; node = next) {
            next = node->next;
            node->value += args->add;
            node->next = done;
            done = node;
        }
        *args->head = done;
    }
}

/* A compare-and-swap of a pointer, as the pointer-sized integer it is. */
static inline struct table_entry *swap_if(struct table_entry **where, struct table_entry *expected,
                                          struct table_entry *entry)
{
    return (struct table_entry *)(uintptr_t)hum_atomic_cas_u64(
        (uint64_t *)where, (uint64_t)(uintptr_t)expected, (uint64_t)(uintptr_t)entry);
}

HUM_KERNEL(table_insert, struct table_insert_args)
{
    hum_for_each (i, args->count) {
        struct table_entry *entry = &args->entries[i], *head, *seen;
        struct table_entry **bucket = &args->buckets[table_bucket(entry->key, args->bucket_mask)];

        head = *bucket;
        for (;;) {
            entry->next = head;
            seen = swap_if(bucket, head, entry);
            if (seen == head)
                break;
            head = seen;
        }
    }
}

HUM_KERNEL(table_update, struct table_update_args)
{
    hum_for_each (i, args->count) {
        uint64_t key = args->keys[i];
        struct table_entry *entry = args->buckets[table_bucket(key, args->bucket_mask)];

        while (entry && entry->key != key)
            entry = entry->next;
        hum_atomic_add_u64(entry ? &entry->value : args->missing, entry ? args->add : 1);
    }
}

/* ---- arrays --------------------------------------------------------------------------------- */

HUM_KERNEL(array_reverse, struct array_reverse_args)
{
    hum_for_each (i, args->count)
        args->out[args->count - 1 - i] = args->in[i] + args->add;
}

HUM_KERNEL(array_insert, struct array_insert_args)
{
    hum_for_each (i, args->count) {
        uint32_t index = (uint32_t)(args->first + i), head, seen;
        struct array_entry *entry = &args->entries[index];
        uint32_t *bucket = &args->buckets[table_bucket(entry->key, args->bucket_mask)];

        head = *bucket;
        for (;;) {
            entry->next = head;
            seen = hum_atomic_cas_u32(bucket, head, index);
            if (seen == head)
                break;
            head = seen;
        }
    }
}

HUM_KERNEL(array_update, struct array_update_args)
{
    hum_for_each (i, args->count) {
        uint64_t key = args->keys[i];
        uint32_t index = args->buckets[table_bucket(key, args->bucket_mask)];

        while (index != LIST_NONE && args->entries[index].key != key)
            index = args->entries[index].next;
        if (index != LIST_NONE)
            hum_atomic_add_u64(&args->entries[index].value, args->add);
        else
            hum_atomic_add_u64(args->missing, 1);
    }
}
