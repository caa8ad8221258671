/* SPDX-License-Identifier: MIT */
/*
 * change.h - all that a request will change of a locked block, known before any of it is done.
 *
 * Every page is decided by itself, so one pass over the words decides all of them; what was a set
 * after the other would be read and written a dozen times.  Nothing is changed here.
 *
 *     missing   are to come; of these
 *     copied    somebody has their bytes; the others were never written, and read as zero
 *     write     nobody else may keep a copy of them
 *     lost      others have them, and lose them
 *     upgraded  were here, and become writable
 *     mapped    could not be touched, and can be then
 *
 * Threads: pure; the block's lock is held.
 */
#ifndef HUMI_CORE_CHANGE_H
#define HUMI_CORE_CHANGE_H

#include "core/grant.h"

struct humi_change {
    struct hum_pages missing, copied;
    struct hum_pages demanded, added;    /* of the missing ones: faulted on, and the others */
    struct hum_pages write, upgraded;
    struct humi_grant grant;             /* access that is given */
    /* Whether there is a page of each. */
    bool misses, copies, zeroes, demands, adds, loses, upgrades, maps;
    bool leaves;                         /* one is copied of which others keep a copy */
};

void humi_change_foresee(const struct hum *hum, const struct humi_block *block,
                         const struct humi_request *request, struct humi_change *change_out);

#endif
