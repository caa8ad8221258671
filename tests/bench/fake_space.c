/* SPDX-License-Identifier: MIT */
/* fake_space.c - see fake_space.h */
#include "fake_space.h"

#include <stdio.h>
#include <string.h>

enum hum_status hum_stats(struct hum *hum, struct hum_stats *stats_out)
{
    *stats_out = hum->stats;
    return HUM_OK;
}

enum hum_status hum_region_next(struct hum *hum, const void *ptr, struct hum_region_info *info_out)
{
    for (size_t i = 0; i < hum->regions; i++)
        if ((const char *)hum->region[i].ptr >= (const char *)ptr) {
            *info_out = hum->region[i];
            return HUM_OK;
        }
    return HUM_ERR_NOT_FOUND;
}

enum hum_status hum_device_info(struct hum *hum, int device, struct hum_device_info *info_out)
{
    if (device < 0 || (unsigned)device >= hum->stats.devices)
        return HUM_ERR_INVALID;
    *info_out = (struct hum_device_info){.memory_bytes = 1 << 20, .workers = 2, .huge_pages = true};
    snprintf(info_out->name, sizeof(info_out->name), "emu%d", device);
    return HUM_OK;
}

enum hum_status hum_system_info(struct hum *hum, struct hum_system_info *info_out)
{
    (void)hum;
    *info_out = (struct hum_system_info){.space_bytes = 1 << 30, .policy = "ahead"};
    return HUM_OK;
}

size_t hum_violations(struct hum *hum, struct hum_violation *out, size_t count)
{
    (void)hum;
    (void)out;
    (void)count;
    return 7;
}

const char *hum_cause_text(enum hum_cause cause)
{
    static const char *const texts[] = {
#define CAUSE_TEXT(name, text) text,
        HUM_CAUSE_LIST(CAUSE_TEXT)
#undef CAUSE_TEXT
    };

    return texts[cause];
}
