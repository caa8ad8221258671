/* SPDX-License-Identifier: MIT */
/*
 * look.h - what can be said of one page.
 *
 * Threads: the block, if there is one, is locked; the region is referenced.
 */
#ifndef HUMI_CORE_LOOK_H
#define HUMI_CORE_LOOK_H

#include "core/core.h"

/* Page number `page` of the block; block NULL: nobody has touched anything there yet. */
struct hum_page_info humi_look_page(const struct hum *hum, const struct humi_region *region,
                                    const struct humi_block *block, unsigned page);

#endif
