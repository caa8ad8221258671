/* SPDX-License-Identifier: MIT */
/* memo.c - what the parts of policies remember. */
#include "core/memo.h"

#include <stdlib.h>

static struct humi_memo *look(struct humi_memo *first, const struct humi_memo *end, unsigned parts)
{
    for (struct humi_memo *memo = first; memo != end; memo = memo->next)
        if (memo->parts == parts)
            return memo;
    return NULL;
}

void *humi_memo_find(_Atomic(struct humi_memo *) *list, unsigned parts, size_t bytes,
                     atomic_size_t *allocated)
{
    struct humi_memo *first = atomic_load(list), *found = look(first, NULL, parts);
    if (found)
        return found->bytes;
    struct humi_memo *made = calloc(1, sizeof *made + bytes);
    if (!made)
        return NULL;
    made->parts = parts;
    made->size = (uint32_t)(sizeof *made + bytes);
    made->next = first;
    while (!atomic_compare_exchange_weak(list, &first, made)) {
        found = look(first, made->next, parts); /* only what came meanwhile is new */
        if (found) {
            free(made);
            return found->bytes;
        }
        made->next = first;
    }
    atomic_fetch_add(allocated, made->size);
    return made->bytes;
}

void humi_memo_free(_Atomic(struct humi_memo *) *list, atomic_size_t *allocated)
{
    struct humi_memo *memo = atomic_exchange(list, NULL);
    while (memo) {
        struct humi_memo *next = memo->next;
        if (allocated)
            atomic_fetch_sub(allocated, memo->size);
        free(memo);
        memo = next;
    }
}
