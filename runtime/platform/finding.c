/* SPDX-License-Identifier: MIT */
/* finding.c - see finding.h */
#include "platform/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define PLACES_MAX 256u
#define NAME_BYTES 64u

struct place {
    struct humi_place place;
    char kernel[NAME_BYTES]; /* cut off; "": none */
};

static struct place places[PLACES_MAX];
static unsigned place_count;
static bool is_more; /* than find a place */
static unsigned counts[HUMI_MISUSES];

/* False: it is there, or there is no place left. */
static bool add(const struct humi_place *new)
{
    struct place place = {.place = *new};

    if (new->kernel)
        snprintf(place.kernel, sizeof place.kernel, "%s", new->kernel);
    for (unsigned i = 0; i < place_count; i++) {
        const struct place *old = &places[i];

        if (old->place.misuse == new->misuse && strcmp(old->place.call, new->call) == 0 &&
            old->place.memory == new->memory &&strcmp(old->kernel, place.kernel) == 0)
            return false;
    }
    if (place_count == PLACES_MAX) {
        is_more = true;
        return false;
    }
    places[place_count++] = place;
    return true;
}

void humi_finding_tell(const struct humi_place *place, const char *format, ...)
{
    char text[512];
    va_list arguments;

    if (!add(place))
        return;
    counts[place->misuse]++;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    humi_log_write(HUMI_LOG_WARN, "check: %s", text);
}

void humi_findings_sum(void)
{
    humi_log_write(
        HUMI_LOG_WARN,
        "check: %u found%s: %u touches of what is not mapped, %u uses of what is mapped, "
        "%u never unmapped, %u reads of what no one wrote",
        place_count, is_more ? ", and more" : "", counts[HUMI_MISUSE_UNMAPPED],
        counts[HUMI_MISUSE_MAPPED], counts[HUMI_MISUSE_NOT_ENDED], counts[HUMI_MISUSE_UNWRITTEN]);
}
