/* SPDX-License-Identifier: MIT */
/* capacity.c - how much a device holds, as users write it. */
#include "replay/capacity.h"

#include <stdlib.h>
#include <string.h>

#include <hum/policy.h>

#include "base/options.h"
#include "base/status.h"

#define R_MAX 1e9

static enum hum_status wrong(const char *text)
{
    return humi_fail(HUM_ERR_INVALID,
                     "'%s' is no capacity: a size of at least a page as in 64M, pages=100, or "
                     "r=1.25 (footprint / capacity)",
                     text);
}

/* Digits and a point only: no sign, no exponent, no nan. */
static bool parse_ratio(const char *text, double *ratio_out)
{
    char *end;

    if (*text < '0' || *text > '9' || text[strspn(text, "0123456789.")] != '\0')
        return false;
    *ratio_out = strtod(text, &end);
    return *end == '\0' && *ratio_out > 0 && *ratio_out <= R_MAX;
}

enum hum_status humi_capacity_parse(const char *text, struct humi_capacity *capacity_out)
{
    struct humi_capacity capacity = {0};
    struct humi_option option = {.name = "capacity"};
    size_t bytes;

    if (strncmp(text, "r=", 2) == 0) {
        if (!parse_ratio(text + 2, &capacity.r))
            return wrong(text);
    } else if (strncmp(text, "pages=", 6) == 0) {
        option.value = humi_slice_of(text + 6);
        if (humi_option_number(&option, UINT64_MAX, &capacity.pages) != HUM_OK ||
            capacity.pages == 0)
            return wrong(text);
    } else {
        option.value = humi_slice_of(text);
        if (humi_option_size(&option, &bytes) != HUM_OK || bytes < HUM_PAGE_SIZE)
            return wrong(text);
        capacity.pages = bytes / HUM_PAGE_SIZE;
    }
    *capacity_out = capacity;
    return HUM_OK;
}

uint64_t humi_capacity_pages(const struct humi_capacity *capacity, uint64_t footprint)
{
    double pages;

    if (capacity->pages)
        return capacity->pages;
    pages = (double)footprint / capacity->r;
    if (pages < 1)
        return 1;
    return pages < 0x1p63 ? (uint64_t)pages : UINT64_C(1) << 63;
}

bool humi_capacity_is_whole(uint64_t pages)
{
    return pages % HUM_PAGES_PER_BLOCK == 0;
}

bool humi_capacity_is_blocks(const struct humi_capacity *capacity, uint64_t footprint)
{
    uint64_t pages = humi_capacity_pages(capacity, footprint);

    return capacity->pages ? humi_capacity_is_whole(pages)
                           : pages / HUM_PAGES_PER_BLOCK >= HUMI_CAPACITY_BLOCKS_LEAST;
}
