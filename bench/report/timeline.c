/* SPDX-License-Identifier: MIT */
/* timeline.c - see timeline.h */
#include "report/timeline.h"

#include <stdlib.h>
#include <string.h>

const char *series_key(enum series series)
{
    static const char *const keys[] = {
#define SERIES_KEY(name, text) text,
        SERIES_LIST(SERIES_KEY)
#undef SERIES_KEY
    };

    return keys[series];
}

bool timeline_init(struct timeline *timeline, uint64_t start_ns, uint64_t end_ns)
{
    uint64_t length = end_ns > start_ns ? end_ns - start_ns : 1;

    memset(timeline, 0, sizeof(*timeline));
    timeline->start_ns = start_ns;
    timeline->end_ns = start_ns + length;
    timeline->bin_ns = length / TIMELINE_BINS + (length % TIMELINE_BINS != 0);
    timeline->bins = (uint32_t)(length / timeline->bin_ns + (length % timeline->bin_ns != 0));
    for (int s = 0; s < SERIES_COUNT; s++) {
        timeline->sum[s] = calloc(timeline->bins, sizeof(*timeline->sum[s]));
        if (!timeline->sum[s])
            return false;
    }
    timeline->whole[SERIES_COPY_NS] = calloc(timeline->bins, sizeof(uint64_t));
    timeline->whole[SERIES_MODELLED_NS] = calloc(timeline->bins, sizeof(uint64_t));
    return timeline->whole[SERIES_COPY_NS] && timeline->whole[SERIES_MODELLED_NS];
}

void timeline_fini(struct timeline *timeline)
{
    for (int s = 0; s < SERIES_COUNT; s++) {
        free(timeline->sum[s]);
        free(timeline->whole[s]);
    }
    for (int d = 0; d < HUM_DEVICES_MAX; d++) {
        free(timeline->lane[d].kernel);
        free(timeline->lane[d].busy_ns);
        free(timeline->lane[d].best_ns);
        free(timeline->lane[d].fresh);
    }
    memset(timeline, 0, sizeof(*timeline));
}

uint32_t timeline_bin(const struct timeline *timeline, uint64_t time_ns)
{
    uint64_t bin;

    if (time_ns <= timeline->start_ns)
        return 0;
    bin = (time_ns - timeline->start_ns) / timeline->bin_ns;
    return bin < timeline->bins ? (uint32_t)bin : timeline->bins - 1;
}

void timeline_add(struct timeline *timeline, enum series series, uint64_t time_ns, uint64_t amount)
{
    if (amount)
        timeline->sum[series][timeline_bin(timeline, time_ns)] += amount;
}

/* `ns` from time_ns on, however many bins that are: those that it covers whole are only noted. */
static void add_time(struct timeline *timeline, enum series series, uint64_t time_ns, uint64_t ns)
{
    uint64_t *sum = timeline->sum[series], width = timeline->bin_ns, head;
    uint64_t end_ns = ns < UINT64_MAX - time_ns ? time_ns + ns : UINT64_MAX;
    uint32_t first = timeline_bin(timeline, time_ns), last = timeline_bin(timeline, end_ns);

    if (first == last) {
        sum[first] += ns;
        return;
    }
    head = (first + 1) * width - (time_ns - timeline->start_ns);
    sum[first] += head;
    sum[last] += ns - head - (last - first - 1) * width;
    timeline->whole[series][first + 1]++;
    timeline->whole[series][last]--;
}

void timeline_finish(struct timeline *timeline)
{
    for (int s = 0; s < SERIES_COUNT; s++) {
        uint64_t covered = 0;

        for (uint32_t bin = 0; timeline->whole[s] && bin < timeline->bins; bin++) {
            covered += timeline->whole[s][bin];
            timeline->sum[s][bin] += covered * timeline->bin_ns;
        }
        free(timeline->whole[s]);
        timeline->whole[s] = NULL;
    }
}

void timeline_event(struct timeline *timeline, uint64_t time_ns,
                    const struct hum_trace_event *event)
{
    timeline_add(timeline, SERIES_BYTES_H2D, time_ns, event->bytes[HUM_H2D]);
    timeline_add(timeline, SERIES_BYTES_D2H, time_ns, event->bytes[HUM_D2H]);
    timeline_add(timeline, SERIES_BYTES_D2D, time_ns, event->bytes[HUM_D2D]);
    add_time(timeline, SERIES_COPY_NS, time_ns, event->move_ns);
    add_time(timeline, SERIES_MODELLED_NS, time_ns, event->modelled_ns);
    timeline_add(timeline, SERIES_EVICTIONS, time_ns, event->evicted);
}

/* ---- lanes ---------------------------------------------------------------------------------- */

static bool lane_prepare(const struct timeline *timeline, struct lane *lane)
{
    if (lane->kernel)
        return true;
    lane->busy_ns = calloc(timeline->bins, sizeof(*lane->busy_ns));
    lane->best_ns = calloc(timeline->bins, sizeof(*lane->best_ns));
    lane->fresh = calloc(timeline->bins + 1, sizeof(*lane->fresh));
    lane->kernel = calloc(timeline->bins, sizeof(*lane->kernel));
    if (!lane->busy_ns || !lane->best_ns || !lane->fresh || !lane->kernel)
        return false;
    for (uint32_t i = 0; i <= timeline->bins; i++)
        lane->fresh[i] = i;
    return true;
}

static void lane_part(struct lane *lane, uint32_t bin, uint16_t kernel, uint64_t ns)
{
    lane->busy_ns[bin] += ns;
    if (ns >= lane->best_ns[bin]) {
        lane->best_ns[bin] = ns;
        lane->kernel[bin] = kernel;
    }
}

/* The first bin at or behind `bin` that no launch covers whole; shortens the way for the next. */
static uint32_t lane_fresh(struct lane *lane, uint32_t bin)
{
    while (lane->fresh[bin] != bin) {
        lane->fresh[bin] = lane->fresh[lane->fresh[bin]];
        bin = lane->fresh[bin];
    }
    return bin;
}

/* Bins that a launch covers whole belong to the first that does: each is painted once. */
static void lane_whole(struct lane *lane, uint32_t first, uint32_t end, uint16_t kernel,
                       uint64_t ns)
{
    for (uint32_t bin = lane_fresh(lane, first); bin < end; bin = lane_fresh(lane, bin)) {
        lane_part(lane, bin, kernel, ns);
        lane->fresh[bin] = bin + 1;
    }
}

bool timeline_launch(struct timeline *timeline, uint64_t start_ns, uint16_t kernel,
                     const struct hum_trace_launch *launch)
{
    uint64_t end_ns = launch->end_ns > start_ns ? launch->end_ns : start_ns + 1;
    uint64_t width = timeline->bin_ns, begin, behind;
    uint32_t first = timeline_bin(timeline, start_ns), last = timeline_bin(timeline, end_ns - 1);
    struct lane *lane;

    if (launch->device < 0 || launch->device >= HUM_DEVICES_MAX)
        return true;
    lane = &timeline->lane[launch->device];
    if (!lane_prepare(timeline, lane))
        return false;
    lane->launches++;
    if (first == last) {
        lane_part(lane, first, kernel, end_ns - start_ns);
        return true;
    }
    begin = timeline->start_ns + (first + 1) * width;
    behind = timeline->start_ns + last * width;
    lane_part(lane, first, kernel, begin > start_ns ? begin - start_ns : 0);
    lane_whole(lane, first + 1, last, kernel, width);
    lane_part(lane, last, kernel, end_ns > behind ? end_ns - behind : 0);
    return true;
}

unsigned timeline_busy_percent(const struct timeline *timeline, const struct lane *lane,
                               uint32_t bin)
{
    uint64_t busy = lane->busy_ns[bin];
    unsigned percent;

    if (busy >= timeline->bin_ns)
        return 100;
    if (busy == 0)
        return 0;
    percent = (unsigned)((double)busy / (double)timeline->bin_ns * 100);
    return percent ? percent : 1; /* something ran */
}
