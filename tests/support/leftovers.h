/* SPDX-License-Identifier: MIT */
/* leftovers.h - what a process holds: to be compared before and after, when nothing may be left. */
#ifndef SUPPORT_LEFTOVERS_H
#define SUPPORT_LEFTOVERS_H

#include <stdbool.h>
#include <stddef.h>

struct leftovers {
    unsigned descriptors;
    unsigned threads;
    unsigned mappings; /* of 1 GiB and more, or of files that have no name any more */
    size_t bytes;      /* of these */
};

/* Of the calling process.  False: /proc cannot be read. */
bool leftovers_take(struct leftovers *out);

/* What differs, as a sentence; "" if nothing does. */
void leftovers_compare(const struct leftovers *before, const struct leftovers *after, char *text,
                       size_t bytes);

#endif
