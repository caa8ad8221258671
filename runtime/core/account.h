/* SPDX-License-Identifier: MIT */
/*
 * account.h - what came of a change of one locked block, and the events that tell it.
 *
 * Threads: the block is locked.
 */
#ifndef HUMI_CORE_ACCOUNT_H
#define HUMI_CORE_ACCOUNT_H

#include "core/change.h"

/* A change, and what was gathered while it was made. */
struct humi_account {
    struct humi_change change;
    unsigned missing, demanded;             /* numbers of pages */
    uint64_t bytes[2][HUM_DIRECTION_COUNT]; /* [0] for faulted pages, [1] for the others */
    uint64_t start_ns, move_ns;
};

/*
 * The faults, one event for what was demanded, one for what the policy added (R5).  The pages have
 * come; access to them has not been given yet.
 */
void humi_account_record(struct hum *hum, struct humi_block *block,
                         const struct humi_request *request, const struct humi_account *account);

#endif
