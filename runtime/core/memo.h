/* SPDX-License-Identifier: MIT */
/*
 * memo.h - what the parts of policies remember: of the space, of a region, of a block.
 *
 * Pieces hang in a list, one for each set of parts that decided there so far, so that a policy that
 * comes back finds what it knew and nothing is freed that somebody may be reading.  A block's goes
 * with the content of the block: whoever has its addresses next begins anew.
 *
 * Threads: find from any; a list only grows until it is freed with its owner.  Whoever writes into
 * a piece keeps the rules of policy.h.
 */
#ifndef HUMI_CORE_MEMO_H
#define HUMI_CORE_MEMO_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct humi_memo {
    struct humi_memo *next;
    unsigned parts;              /* number of the set of parts that it belongs to */
    uint32_t size;               /* of all of it */
    uint64_t bytes[];
};

/* The piece of that set, made of zeros if need be; NULL: no memory.  bytes is not 0. */
void *humi_memo_find(_Atomic(struct humi_memo *) *list, unsigned parts, size_t bytes,
                     atomic_size_t *allocated);

/* Free all of a list that nobody uses any more.  allocated: is made less by it; may be NULL. */
void humi_memo_free(_Atomic(struct humi_memo *) *list, atomic_size_t *allocated);

#endif
