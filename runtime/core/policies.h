/* SPDX-License-Identifier: MIT */
/*
 * policies.h - which policy decides.
 *
 * Threads: open and close while nobody else knows the space; the rest: any.
 * Ownership: everything belongs to the space.
 */
#ifndef HUMI_CORE_POLICIES_H
#define HUMI_CORE_POLICIES_H

#include "core/core.h"

/*
 * Read the policy of the space (policy/compose.h has the words).  HUM_ERR_INVALID: the error text
 * names `option` and what may be written.
 */
HUM_MUST_USE enum hum_status humi_policies_open(struct hum *hum, const char *option,
                                                struct humi_slice text);

/* Take the policy of a table: tests and tools that bring their own.  NULL: the default. */
HUM_MUST_USE enum hum_status humi_policies_open_table(struct hum *hum,
                                                      const struct hum_policy *table);

void humi_policies_close(struct hum *hum);

#endif
