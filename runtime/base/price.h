/* SPDX-License-Identifier: MIT */
/*
 * price.h - what serving faults costs in the model, beside the link: the part that live runs can be
 * held to as well (core/pace.h).  replay/cost.h is the whole model, and has the sources.
 */
#ifndef HUMI_BASE_PRICE_H
#define HUMI_BASE_PRICE_H

#include <stdint.h>

#define HUMI_COST_BATCH_NS UINT64_C(45000)    /* faults answered together, once */
#define HUMI_COST_BLOCK_NS UINT64_C(20000)    /* a block of these, or one brought ahead */
#define HUMI_COST_EVICTION_NS UINT64_C(37000) /* of one block or of pages of it */

#endif
