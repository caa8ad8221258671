/* SPDX-License-Identifier: MIT */
/* same_counters.c - see same_counters.h */
#include "support/same_counters.h"

#include <stdio.h>

unsigned same_counter(const char *what, const char *which, uint64_t live, uint64_t replayed)
{
    if (live == replayed)
        return 0;
    fprintf(stderr, "  %s%s%s: %llu live, %llu replayed\n", what, *which ? " of " : "", which,
            (unsigned long long)live, (unsigned long long)replayed);
    return 1;
}

unsigned same_counters(const struct hum_counters *live, const struct hum_counters *replayed)
{
    static const char *const directions[] = {"to devices", "to the host", "between devices"};
    unsigned count =
        same_counter("host faults", "", live->faults_host, replayed->faults_host) +
        same_counter("device faults", "", live->faults_device, replayed->faults_device) +
        same_counter("duplicates", "", live->faults_duplicate, replayed->faults_duplicate) +
        same_counter("batches", "", live->batches, replayed->batches) +
        same_counter("clean evictions", "", live->evictions_clean, replayed->evictions_clean) +
        same_counter("dirty evictions", "", live->evictions_dirty, replayed->evictions_dirty);
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        count += same_counter("bytes", directions[d], live->bytes[d], replayed->bytes[d]);
    for (int c = 0; c < HUM_CAUSE_COUNT; c++) {
        const char *text = hum_cause_text((enum hum_cause)c);
        count += same_counter("events", text, live->events[c], replayed->events[c]) +
                 same_counter("pages", text, live->pages[c], replayed->pages[c]) +
                 same_counter("bytes", text, live->bytes_by_cause[c], replayed->bytes_by_cause[c]);
    }
    return count;
}
