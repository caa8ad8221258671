/* SPDX-License-Identifier: MIT */
/* advice.h - what to do about pages that do not rest, chosen from their counts. */
#ifndef HUM_EXPLAIN_ADVICE_H
#define HUM_EXPLAIN_ADVICE_H

#include "explain/sharing.h"

/* One line; returns room. */
const char *advice_of(const struct book *book, const struct sharing_group *group, char *room,
                      size_t bytes);

#endif
