/* SPDX-License-Identifier: MIT */
/*
 * table.h - what a policy's table must be, whoever wrote it.
 *
 * The limits of policy.h, checked before a table is used: the version it was built for, names that
 * can be written in a list, functions that are needed, numbers and their ranges, memory.  What
 * cannot be checked is whether its functions return.
 *
 * Threads: pure functions on constant data.
 */
#ifndef HUMI_POLICY_TABLE_H
#define HUMI_POLICY_TABLE_H

#include "policy/registry.h"

#define HUMI_NAME_BYTES 32u            /* of a part, a policy or a number, with the zero */
#define HUMI_MEMORY_BLOCK_MAX 64u      /* bytes of a part's memory a block */
#define HUMI_MEMORY_OTHER_MAX (64u << 10) /* a region or a space */

/*
 * HUM_ERR_INVALID: the table breaks the header's limits; the text starts with `option` and says
 * which part of it does, and what to do.  Nothing but its first two members is read if it was built
 * for another version.
 */
HUM_MUST_USE enum hum_status humi_table_check(const char *option, const struct hum_policy *table);

/* Its part of the kind, a struct hum_evict or hum_part; NULL: that of `ahead`. */
const void *humi_table_part(const struct hum_policy *table, enum humi_kind kind);

#endif
