/* SPDX-License-Identifier: MIT */
/* sums.c - see sums.h */
#include "sums.h"

#include "flow.h"

static void add_event(struct sums *sums, const struct hum_trace_event *event)
{
    struct hum_counters *c = &sums->counters;
    uint64_t pages = 0, moved = 0, bytes = 0;

    for (int i = 0; i < 8; i++) {
        pages += (uint64_t)__builtin_popcountll(event->pages.word[i]);
        moved += (uint64_t)__builtin_popcountll(event->moved.word[i]);
        assert_int_equal(event->moved.word[i] & ~event->pages.word[i], 0);
    }
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++) {
        c->bytes[d] += event->bytes[d];
        bytes += event->bytes[d];
    }
    assert_int_equal(bytes, moved * PAGE);
    c->events[event->cause]++;
    c->pages[event->cause] += pages;
    c->bytes_by_cause[event->cause] += bytes;
    c->evictions_clean += event->evicted && !bytes;
    c->evictions_dirty += event->evicted && bytes;
    sums->modelled_ns += event->modelled_ns;
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        c->modelled_ns[d] += event->bytes[d] ? event->modelled_ns : 0; /* each has one direction */
    sums->kernel_told |= event->kernel != 0 && event->cause == HUM_CAUSE_DEVICE_FAULT;
}

void sums_add(struct sums *sums, const struct hum_trace_record *record)
{
    struct hum_counters *c = &sums->counters;

    switch (record->kind) {
    case HUM_TRACE_EVENT:
        add_event(sums, &record->event);
        break;
    case HUM_TRACE_FAULTS:
        *(record->faults.processor == HUM_HOST ? &c->faults_host : &c->faults_device) +=
            record->faults.faults;
        c->faults_duplicate += record->faults.duplicates;
        break;
    case HUM_TRACE_BATCH:
        c->batches++;
        c->service_ns += record->batch.service_ns;
        break;
    case HUM_TRACE_DROPPED:
        sums->dropped += record->dropped.count;
        break;
    case HUM_TRACE_TOTALS:
        sums->totals = record->totals.counters;
        sums->end = true;
        break;
    default:
        sums->space |= record->kind == HUM_TRACE_SPACE;
        sums->launches += record->kind == HUM_TRACE_LAUNCH;
        sums->regions_ended += record->kind == HUM_TRACE_REGION_END;
        sums->region_named |=
            record->kind == HUM_TRACE_REGION && strcmp(record->region.name, "words") == 0;
        sums->kernel_named |=
            record->kind == HUM_TRACE_KERNEL && strcmp(record->kernel.name, "fill") == 0;
    }
}

/* Times of moves are told in 32 bits each and by direction; everything else must be equal. */
void sums_agree(const struct sums *sums)
{
    struct hum_counters totals = sums->totals;

    memset(totals.move_ns, 0, sizeof totals.move_ns);
    assert_memory_equal(&sums->counters, &totals, sizeof totals);
}

void sums_story(struct hum *hum)
{
    size_t n = 96 * MIB / sizeof(uint64_t);
    uint64_t *words = flow_alloc(hum, 96 * MIB), sum = 0;

    ok(hum_name(hum, words, "words"));
    for (size_t i = 0; i < n; i += 512)
        words[i] = i;
    flow_words(hum, "add", words, n, 1);
    flow_words(hum, "fill", words, n / 2, 7);
    for (size_t i = 0; i < n; i += 4096)
        sum += words[i];
    assert_true(sum > 0);
    ok(hum_prefetch(hum, words, 4 * MIB, 0, NULL));
    ok(hum_discard(hum, words, 2 * MIB, NULL));
    ok(hum_free(hum, words));
}
