/* SPDX-License-Identifier: MIT */
/* link.c - the modelled link. */
#include "base/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "base/status.h"

static const struct {
    const char *name;
    double alpha_us, beta_gb;
} known[] = {
    {"pcie3x16", 1.8, 12.8},
    {"pcie4x16", 1.8, 25},
    {"pcie5x16", 1.8, 53},
    {"nvlink-c2c", 1.0, 300},
};

/* A decimal number with one of the units behind it; 0 if it is none. */
static double number(const struct humi_slice *slice, const char *const units[],
                     const double factors[], unsigned count)
{
    char text[32], *end;

    if (slice->bytes == 0 || slice->bytes >= sizeof text)
        return 0;
    memcpy(text, slice->text, slice->bytes);
    text[slice->bytes] = '\0';
    double value = strtod(text, &end);
    for (unsigned i = 0; i < count; i++)
        if (strcmp(end, units[i]) == 0 && value > 0 && value < 1e15)
            return value * factors[i];
    return 0;
}

static enum hum_status parse_pair(struct humi_slice rest, struct humi_link_model *link)
{
    static const char *const times[] = {"ns", "us", "ms"}, *const rates[] = {"", "K", "M", "G"};
    static const double time_factors[] = {1, 1e3, 1e6}, rate_factors[] = {1, 1e3, 1e6, 1e9};
    struct humi_slice item, key, value;
    double alpha = 0, beta = 0;

    while (humi_slice_next(&rest, ',', &item)) {
        if (!humi_slice_cut(&item, '=', &key, &value))
            return HUM_ERR_INVALID;
        if (humi_slice_is(&key, "alpha"))
            alpha = number(&value, times, time_factors, 3);
        else if (humi_slice_is(&key, "beta"))
            beta = number(&value, rates, rate_factors, 4);
        else
            return HUM_ERR_INVALID;
    }
    if (alpha <= 0 || beta <= 0)
        return HUM_ERR_INVALID;
    link->alpha_ns = alpha;
    link->ns_per_byte = 1e9 / beta;
    return HUM_OK;
}

enum hum_status humi_link_parse(const char *text, struct humi_link_model *link_out)
{
    struct humi_link_model link = {0};

    if (text && *text) {
        snprintf(link.name, sizeof link.name, "%s", text);
        for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
            if (strcmp(text, known[i].name) == 0) {
                link.alpha_ns = known[i].alpha_us * 1e3;
                link.ns_per_byte = 1 / known[i].beta_gb;
            }
        if (link.ns_per_byte == 0 && parse_pair(humi_slice_of(text), &link) != HUM_OK)
            return humi_fail(HUM_ERR_INVALID,
                             "'%s' is no link: pcie3x16, pcie4x16, pcie5x16, nvlink-c2c, or "
                             "alpha=1.8us,beta=12.8G",
                             text);
    }
    *link_out = link;
    return HUM_OK;
}

uint64_t humi_link_ns(const struct humi_link_model *link, uint64_t bytes, unsigned copies)
{
    if (link->ns_per_byte == 0 || bytes == 0)
        return 0;
    return (uint64_t)(link->alpha_ns * copies + (double)bytes * link->ns_per_byte + 0.5);
}
