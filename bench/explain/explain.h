/* SPDX-License-Identifier: MIT */
/* explain.h - all that `hum explain` found out, and the ways to show it. */
#ifndef HUM_EXPLAIN_EXPLAIN_H
#define HUM_EXPLAIN_EXPLAIN_H

#include <stdio.h>

#include "explain/sharing.h"
#include "explain/story.h"
#include "explain/target.h"

#define EXPLAIN_GROUPS_SHOWN 10u

struct explanation {
    const char *file;
    const struct book *book;
    struct target target;
    uint32_t trips;
    bool all;                       /* every event, every group */
    const struct story *story;      /* NULL: a region is asked about */
    struct sharing_result sharing;
};

bool explain_print_text(const struct explanation *explanation, FILE *out);
bool explain_print_json(const struct explanation *explanation, FILE *out);

/* "0-63, 4032-4095": bytes of the lines of a page; "none" */
const char *explain_lines(uint64_t lines, char *room, size_t bytes);
/* What must be said about how much of the truth the trace holds; NULL behind the last. */
const char *explain_note(const struct explanation *explanation, unsigned i, char *room,
                         size_t bytes);

#endif
