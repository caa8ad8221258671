/* SPDX-License-Identifier: MIT */
/*
 * kept.h - a space whose pages a driver keeps (device/keeper.h): the core's doors onto the driver.
 *
 * The same calls of the program arrive here as elsewhere at residency.c, but they change no masks:
 * told.h does, when the driver says what it did.  What has no counterpart in a driver is refused
 * with HUM_ERR_UNSUPPORTED (hum_protect).
 *
 * Threads: any; no lock is held, but the block's at look().
 */
#ifndef HUMI_CORE_KEPT_H
#define HUMI_CORE_KEPT_H

#include "core/core.h"

struct humi_record_ranges;

static inline bool humi_is_kept(const struct hum *hum)
{
    return hum->keeper != NULL;
}

/* What a space is to be, as far as it matters here. */
struct humi_kept_wish {
    struct humi_device_params *devices;
    unsigned count;
    size_t space_bytes;          /* 0: the default, less if the driver gives less */
    const char *needs_faults;    /* asked for, and not to be had; NULL: nothing */
    char *unkept_out;            /* HUMI_ERROR_TEXT_BYTES: why mode=auto is not managed */
};

/*
 * If the first device asks for it, open it: its driver makes the space, hum->params says where.
 * With mode=auto a device that cannot is left to be opened as ever, with unkept_out said.
 * HUM_ERR_UNSUPPORTED: with mode=managed it cannot, or something asked for needs hum's faults.
 */
HUM_MUST_USE enum hum_status humi_kept_open(struct hum *hum, const struct humi_kept_wish *wish);

/* Prefetch or discard ranges, each of one live region. */
HUM_MUST_USE enum hum_status humi_kept_ranges(struct hum *hum,
                                              const struct humi_record_ranges *told);

/* The driver is told what the program advises; processor as in hum.h. */
HUM_MUST_USE enum hum_status humi_kept_advise(struct hum *hum, uintptr_t start, size_t bytes,
                                              enum hum_advice advice, int processor);

/* A region that is new must read as zero; one that goes must not be in use. */
HUM_MUST_USE enum hum_status humi_kept_begin(struct hum *hum, const struct humi_region *region);
void humi_kept_end(struct hum *hum, const struct humi_region *region);

/* What the driver answers about a page, put over what hum knows of its advice. */
void humi_kept_look(struct hum *hum, uintptr_t page, struct hum_page_info *info);

/* Number of the processor of a unit; hum->processors: there is none. */
unsigned humi_kept_number(const struct hum *hum, int unit);

#endif
