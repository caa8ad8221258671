/* SPDX-License-Identifier: MIT */
/*
 * grant.h - who may touch which pages of one locked block.
 *
 * Giving is for residency.c, which moves the pages first; anybody may take.
 *
 * Threads: as residency.h.
 */
#ifndef HUMI_CORE_GRANT_H
#define HUMI_CORE_GRANT_H

#include "core/residency.h"

/* Who may touch what when the change is done. */
struct humi_grant {
    struct hum_pages writable, readable; /* to be given now */
    struct hum_pages after;              /* writable pages then */
    struct hum_pages mapped;             /* mapped pages then */
    bool writes;                         /* some are given for writing */
    bool opens;                          /* all of the block is opened for reading */
};

/* Take the processor's access to the pages away (or only its write access); frames stay. */
void humi_grant_take(struct hum *hum, struct humi_block *block, unsigned p,
                     struct hum_pages pages, bool write_only);

/* The writable pages of a hold, and their count. */
void humi_grant_set_writable(struct humi_hold *hold, struct hum_pages pages);

/* Before pages are copied or taken: nobody else may change (or, if taken, see) them. */
void humi_grant_revoke_others(struct hum *hum, struct humi_block *block, unsigned p,
                              const struct hum_pages *write, const struct hum_pages *copied);

/* The block may be mapped as a whole, unguarded.  Not where faults tell what is touched. */
static inline bool humi_grant_may_open(const struct hum *hum, const struct humi_request *request)
{
    return request->whole && !humi_is_exact(hum, request->processor);
}

/*
 * Map again all that the masks claim, and wake who waits there.  If it cannot be had they claim
 * nothing, and the next touch faults.
 */
void humi_grant_again(struct hum *hum, struct humi_block *block, unsigned p);

/* The processor has the whole block by huge pages: unguarded, or opened for reading. */
bool humi_grant_is_whole(const struct hum *hum, const struct humi_block *block, unsigned p);

/*
 * Give it.  The processor's threads go on as soon as this maps, so everything else has been done
 * before.  After a failure nobody has access to what was asked for.
 */
enum hum_status humi_grant_give(struct hum *hum, struct humi_block *block,
                                const struct humi_request *request,
                                const struct humi_grant *access);

#endif
