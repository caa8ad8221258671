/* SPDX-License-Identifier: MIT */
/* uses.c - see uses.h */
#include "advise/uses.h"

#include <stdlib.h>
#include <string.h>

#include "base/mask.h"
#include "replay/cost.h"

#define REGIONS_MAX ((uint32_t)1 << 24) /* a trace that numbers one higher cannot be replayed */

/* Room for one more; false: none, which the owner remembers. */
static bool grow(void **list, size_t *room, size_t count, size_t bytes)
{
    size_t more = *room ? *room * 2 : 16;
    void *moved;

    if (count < *room)
        return true;
    moved = reallocarray(*list, more, bytes);
    if (!moved)
        return false;
    *list = moved;
    *room = more;
    return true;
}

/* ---- subjects -------------------------------------------------------------------------------- */

static size_t find_named(const struct advise_uses *uses, const char *name)
{
    for (size_t i = 0; *name && i < uses->count; i++)
        if (strcmp(uses->subjects[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

static size_t make_subject(struct advise_uses *uses, const struct hum_trace_region *region)
{
    struct advise_subject *subject;

    if (!grow((void **)&uses->subjects, &uses->room, uses->count, sizeof(*uses->subjects))) {
        uses->failed = true;
        return SIZE_MAX;
    }
    subject = &uses->subjects[uses->count];
    *subject = (struct advise_subject){.region = region->region, .turn_processor = -1};
    snprintf(subject->name, sizeof(subject->name), "%s", region->name);
    return uses->count++;
}

static bool reserve_region(struct advise_uses *uses, uint32_t region)
{
    size_t room = region < 32 ? 64 : (size_t)region * 2;
    size_t *moved;

    if (region < uses->region_room)
        return true;
    moved = region < REGIONS_MAX ? reallocarray(uses->of_region, room, sizeof(*moved)) : NULL;
    if (!moved) {
        uses->failed = true;
        return false;
    }
    for (size_t i = uses->region_room; i < room; i++)
        moved[i] = SIZE_MAX;
    uses->of_region = moved;
    uses->region_room = room;
    return true;
}

/* ---- regions that live ----------------------------------------------------------------------- */

/* The first that ends behind the page. */
static size_t place_of(const struct advise_uses *uses, uint64_t page)
{
    size_t low = 0, high = uses->live_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (uses->live[middle].end <= page)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct advise_subject *subject_at(struct advise_uses *uses, uint64_t page)
{
    size_t place = place_of(uses, page);

    return place < uses->live_count && uses->live[place].first <= page
               ? &uses->subjects[uses->live[place].subject]
               : NULL;
}

static void add_live(struct advise_uses *uses, const struct hum_trace_region *region,
                     size_t subject)
{
    uint64_t pages = (region->bytes + HUM_PAGE_SIZE - 1) / HUM_PAGE_SIZE;
    size_t place = place_of(uses, region->first_page);

    if (!grow((void **)&uses->live, &uses->live_room, uses->live_count, sizeof(*uses->live))) {
        uses->failed = true;
        return;
    }
    memmove(&uses->live[place + 1], &uses->live[place],
            (uses->live_count++ - place) * sizeof(*uses->live));
    if (region->first_page + pages > uses->end_page)
        uses->end_page = region->first_page + pages;
    uses->live[place] = (struct advise_live){region->first_page, region->first_page + pages,
                                             subject, region->region};
}

static struct advise_live *find_live(struct advise_uses *uses, uint32_t region)
{
    for (size_t i = 0; i < uses->live_count; i++)
        if (uses->live[i].region == region)
            return &uses->live[i];
    return NULL;
}

/* It got a name: its subject has it from now on, or it belongs to the one that has. */
static void name_region(struct advise_uses *uses, const struct hum_trace_region *region,
                        struct advise_live *live)
{
    struct advise_subject *before = &uses->subjects[live->subject];
    size_t named = find_named(uses, region->name);

    if (strcmp(before->name, region->name) == 0)
        return;
    if (named == SIZE_MAX && before->regions == 1) {
        snprintf(before->name, sizeof(before->name), "%s", region->name);
        return;
    }
    if (named == SIZE_MAX && (named = make_subject(uses, region)) == SIZE_MAX)
        return;
    before = &uses->subjects[live->subject];
    before->regions--;
    before->bytes -= region->bytes;
    uses->subjects[named].regions++;
    uses->subjects[named].bytes += region->bytes;
    live->subject = uses->of_region[region->region] = named;
}

static void take_region(struct advise_uses *uses, const struct hum_trace_region *region)
{
    struct advise_live *live = find_live(uses, region->region);
    size_t subject = find_named(uses, region->name);

    if (live || !reserve_region(uses, region->region)) {
        if (live)
            name_region(uses, region, live);
        return;
    }
    if (subject == SIZE_MAX && (subject = make_subject(uses, region)) == SIZE_MAX)
        return;
    uses->subjects[subject].regions++;
    uses->subjects[subject].bytes += region->bytes;
    uses->of_region[region->region] = subject;
    add_live(uses, region, subject);
}

static void end_region(struct advise_uses *uses, uint32_t region)
{
    struct advise_live *live = find_live(uses, region);

    if (!live)
        return;
    uses->live_count--;
    memmove(live, live + 1,
            (uses->live_count - (size_t)(live - uses->live)) * sizeof(*uses->live));
}

/* ---- accesses -------------------------------------------------------------------------------- */

static void end_turn(struct advise_subject *subject)
{
    int p = subject->turn_processor;

    if (p < 0)
        return;
    subject->read_turns[p] += subject->turn_reads;
    subject->write_turns[p] += subject->turn_writes;
    subject->turn_reads = subject->turn_writes = false;
}

static void add_launch(struct advise_uses *uses, struct advise_launches *launches,
                       uint64_t launch)
{
    if (!launch || (launches->count && launches->list[launches->count - 1] == launch))
        return;
    if (grow((void **)&launches->list, &launches->room, launches->count, sizeof(launch)))
        launches->list[launches->count++] = launch;
    else
        uses->failed = true;
}

static void touch(struct advise_uses *uses, struct advise_subject *subject,
                  const struct hum_trace_access *access, uint64_t pages)
{
    int p = access->processor + 1;

    if (uses->host_is_device && p == 0)
        p = 1;
    if (subject->turn_processor != p || subject->turn_launch != access->launch) {
        end_turn(subject);
        subject->handovers += subject->turn_processor >= 0 && subject->turn_processor != p;
        subject->turn_processor = p;
        subject->turn_launch = access->launch;
    }
    *(access->write ? &subject->turn_writes : &subject->turn_reads) = true;
    (access->write ? subject->writes : subject->reads)[p] += pages * access->count;
    add_launch(uses, &subject->launches[p], access->launch);
}

/* It may go over several regions. */
static void take_access(struct advise_uses *uses, const struct hum_trace_access *access)
{
    uint64_t page = access->first_page, end = page + access->pages;

    for (size_t i = place_of(uses, page); i < uses->live_count && uses->live[i].first < end; i++) {
        const struct advise_live *live = &uses->live[i];
        uint64_t from = live->first > page ? live->first : page;
        uint64_t to = live->end < end ? live->end : end;

        touch(uses, &uses->subjects[live->subject], access, to - from);
    }
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void sort_launches(struct advise_launches *launches)
{
    size_t kept = 0;

    if (!launches->count)
        return;
    qsort(launches->list, launches->count, sizeof(*launches->list), compare_numbers);
    for (size_t i = 0; i < launches->count; i++)
        if (!kept || launches->list[kept - 1] != launches->list[i])
            launches->list[kept++] = launches->list[i];
    launches->count = kept;
}

static void finish(struct advise_uses *uses)
{
    for (size_t i = 0; i < uses->count; i++) {
        end_turn(&uses->subjects[i]);
        for (unsigned p = 0; p < HUM_PROCESSORS_MAX; p++)
            sort_launches(&uses->subjects[i].launches[p]);
    }
    uses->live_count = 0;
}

/* A trace without regions is replayed with one around all it touches. */
static void invent_region(struct advise_uses *uses, const struct humi_survey *survey)
{
    const struct hum_trace_region region = {
        .region = 1,
        .first_page = survey->first_page,
        .bytes = (survey->end_page - survey->first_page) * HUM_PAGE_SIZE};

    take_region(uses, &region);
}

bool advise_uses_read(struct advise_uses *uses, struct hum_trace *trace,
                      const struct humi_survey *survey, struct trace_problem *problem)
{
    struct hum_trace_record record;
    bool more = true, good;

    *uses = (struct advise_uses){.host_is_device = humi_survey_is_host_only(survey)};
    good = hum_trace_rewind(trace) == HUM_OK || trace_problem_hum(problem);
    if (good && !survey->regions && survey->end_page)
        invent_region(uses, survey);
    while (good && more && !uses->failed) {
        good = trace_read(trace, &record, &more, problem);
        if (!good || !more)
            break;
        if (record.kind == HUM_TRACE_REGION)
            take_region(uses, &record.region);
        else if (record.kind == HUM_TRACE_REGION_END && survey->regions)
            end_region(uses, record.region_end.region);
        else if (record.kind == HUM_TRACE_ACCESS)
            take_access(uses, &record.access);
    }
    finish(uses);
    if (good && uses->failed)
        good = trace_problem_say(problem, "no memory for the regions of the trace");
    if (!good)
        advise_uses_fini(uses);
    return good;
}

void advise_uses_fini(struct advise_uses *uses)
{
    for (size_t i = 0; i < uses->count; i++)
        for (unsigned p = 0; p < HUM_PROCESSORS_MAX; p++)
            free(uses->subjects[i].launches[p].list);
    free(uses->subjects);
    free(uses->live);
    free(uses->of_region);
    *uses = (struct advise_uses){.subjects = NULL};
}

/* ---- a replay -------------------------------------------------------------------------------- */

/* Subjects are known; what lives is followed again. */
static void follow_region(struct advise_uses *uses, const struct hum_trace_region *region)
{
    if (region->region < uses->region_room && uses->of_region[region->region] != SIZE_MAX &&
        !find_live(uses, region->region))
        add_live(uses, region, uses->of_region[region->region]);
}

static struct advise_subject *subject_of(struct advise_uses *uses, uint32_t region,
                                         uint64_t page)
{
    if (region && region < uses->region_room && uses->of_region[region] != SIZE_MAX)
        return &uses->subjects[uses->of_region[region]];
    return subject_at(uses, page);
}

static uint64_t first_page(const struct hum_trace_event *event)
{
    unsigned page = 0;

    while (page + 1 < HUM_PAGES_PER_BLOCK && !humi_mask_has(&event->pages, page))
        page++;
    return (uint64_t)event->block * HUM_PAGES_PER_BLOCK + page;
}

static void take_event(struct advise_uses *uses, const struct hum_trace_event *event)
{
    struct advise_subject *subject = subject_of(uses, event->region, first_page(event));

    if (!subject)
        return;
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        subject->bytes_moved += event->bytes[d];
    subject->evictions += event->evicted;
    subject->cost_ns += event->modelled_ns + (event->evicted ? HUMI_COST_EVICTION_NS : 0);
}

static void take_faults(struct advise_uses *uses, const struct hum_trace_faults *faults)
{
    struct advise_subject *subject = subject_of(uses, faults->region, UINT64_MAX);

    if (!subject)
        return;
    subject->faults += faults->faults - faults->duplicates;
    subject->cost_ns += HUMI_COST_BATCH_NS + HUMI_COST_BLOCK_NS;
}

void advise_uses_take(void *self, const struct hum_trace_record *record)
{
    struct advise_uses *uses = self;

    if (record->kind == HUM_TRACE_REGION)
        follow_region(uses, &record->region);
    else if (record->kind == HUM_TRACE_REGION_END)
        end_region(uses, record->region_end.region);
    else if (record->kind == HUM_TRACE_EVENT)
        take_event(uses, &record->event);
    else if (record->kind == HUM_TRACE_FAULTS)
        take_faults(uses, &record->faults);
}

size_t advise_uses_dearest(const struct advise_uses *uses, size_t most, size_t *subjects_out)
{
    size_t count = 0;

    for (size_t i = 0; i < uses->count; i++) {
        uint64_t cost = uses->subjects[i].cost_ns;
        size_t place = count;

        while (place && uses->subjects[subjects_out[place - 1]].cost_ns < cost)
            place--;
        if (!cost || place == most)
            continue;
        if (count < most)
            count++;
        memmove(&subjects_out[place + 1], &subjects_out[place],
                (count - 1 - place) * sizeof(*subjects_out));
        subjects_out[place] = i;
    }
    return count;
}
