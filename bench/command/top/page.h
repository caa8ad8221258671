/* SPDX-License-Identifier: MIT */
/*
 * page.h - finds and reads the pages on which running spaces show themselves (runtime base/live.h).
 *
 * A page comes from another program, so nothing in it is believed: it is read, never mapped, into a
 * copy whose counts are in bounds and whose texts end and hold no control characters.
 * Only processes whose descriptors this user may see are found; for others than root these are
 * their own.
 */
#ifndef HUM_COMMAND_TOP_PAGE_H
#define HUM_COMMAND_TOP_PAGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/live.h"

#define TOP_PLACES_MAX 64u

/* A page is /proc/PID/fd/FD; one a space. */
struct top_place {
    pid_t pid;
    int fd;
};

struct top_places {
    struct top_place place[TOP_PLACES_MAX];
    unsigned count;
};

/* The pages of one process.  0, or an errno: EACCES if it is not this user's, ENOENT if none. */
int top_find(pid_t pid, struct top_places *places_out);

/* The pages of all processes that run as this user, as far as there is room. */
void top_find_all(struct top_places *places_out);

enum top_result {
    TOP_READ,
    TOP_GONE,    /* the process has ended */
    TOP_CLOSED,  /* the process lives, the space does not */
    TOP_SILENT,  /* nothing was published in time: it is stopped, or the machine is busy */
    TOP_FOREIGN, /* not the page of a space, or that of another version of hum */
};

/* Look at a page and wait up to timeout_ms for what is published because of it. */
enum top_result top_read(const struct top_place *place, unsigned timeout_ms,
                         struct humi_live_page *page_out);

/*
 * Take a copy of a page as it was read: false if it is none of this version; else counts are
 * brought into bounds and texts are ended and made harmless.
 */
bool top_page_check(struct humi_live_page *page);

#endif
