/* SPDX-License-Identifier: MIT */
/* merger.c - see merger.h */
#include "command/trace/merger.h"

#include <stdlib.h>
#include <string.h>

/* Numbers in use by a trace, one behind the largest; or what is added to them. */
struct numbers {
    uint64_t region, kernel, launch, agent, thread, epoch, block;
    int32_t device;
};

struct source {
    struct hum_trace *trace;
    struct hum_trace_record record;   /* the next one, as it was */
    bool more;
    bool has_space, has_totals;
    uint64_t unix_ns, space_bytes;
    uint64_t time_ns;                 /* added to its times */
    struct numbers used, added;
};

struct merger {
    struct source *sources;
    size_t count;
    struct hum_trace_writer *out;
    struct trace_problem *problem;
    struct hum_trace_record space, totals; /* the one of each that the result has */
};

static void raise_to(uint64_t *used, uint64_t number)
{
    if (number >= *used)
        *used = number + 1;
}

static void raise_device(struct numbers *used, int32_t device)
{
    if (device >= used->device)
        used->device = device + 1;
}

/* ---- first pass: what numbers a trace uses -------------------------------------------------- */

static void count_access(struct numbers *used, const struct hum_trace_access *access)
{
    raise_to(&used->agent, access->agent);
    raise_to(&used->kernel, access->kernel);
    raise_to(&used->launch, access->launch);
    raise_to(&used->block, (access->first_page + access->pages - 1) / HUM_PAGES_PER_BLOCK);
    raise_device(used, access->processor);
}

static void count_event(struct numbers *used, const struct hum_trace_event *event)
{
    raise_to(&used->region, event->region);
    raise_to(&used->kernel, event->kernel);
    raise_to(&used->thread, event->thread);
    raise_to(&used->block, event->block);
    raise_device(used, event->processor);
}

static void count_numbers(struct numbers *used, const struct hum_trace_record *record)
{
    switch (record->kind) {
    case HUM_TRACE_PROCESSOR:
        raise_device(used, record->processor.processor);
        break;
    case HUM_TRACE_REGION:
        raise_to(&used->region, record->region.region);
        raise_to(&used->block, (record->region.first_page + record->region.bytes / HUM_PAGE_SIZE) /
                                   HUM_PAGES_PER_BLOCK);
        break;
    case HUM_TRACE_KERNEL:
        raise_to(&used->kernel, record->kernel.kernel);
        raise_device(used, record->kernel.device);
        break;
    case HUM_TRACE_LAUNCH:
        raise_to(&used->launch, record->launch.launch);
        raise_to(&used->kernel, record->launch.kernel);
        raise_device(used, record->launch.device);
        break;
    case HUM_TRACE_EVENT:
        count_event(used, &record->event);
        break;
    case HUM_TRACE_FAULTS:
        raise_to(&used->region, record->faults.region);
        raise_to(&used->kernel, record->faults.kernel);
        raise_device(used, record->faults.processor);
        break;
    case HUM_TRACE_BATCH:
        raise_device(used, record->batch.processor);
        break;
    case HUM_TRACE_EPOCH:
        raise_to(&used->epoch, record->epoch.epoch);
        raise_to(&used->launch, record->epoch.launch);
        break;
    case HUM_TRACE_ACCESS:
        count_access(used, &record->access);
        break;
    case HUM_TRACE_CALL:
        raise_to(&used->region, record->call.region);
        raise_device(used, record->call.processor);
        raise_device(used, record->call.device);
        break;
    default:
        break;
    }
}

static bool scan(struct source *source, struct trace_problem *problem)
{
    struct hum_trace_record record;
    bool more;

    while (trace_read(source->trace, &record, &more, problem)) {
        if (!more)
            return hum_trace_rewind(source->trace) == HUM_OK || trace_problem_hum(problem);
        count_numbers(&source->used, &record);
        source->has_totals |= record.kind == HUM_TRACE_TOTALS;
        if (record.kind == HUM_TRACE_SPACE && !source->has_space) {
            source->has_space = true;
            source->unix_ns = record.space.unix_ns;
            source->space_bytes = record.space.bytes;
        }
    }
    return false;
}

/* ---- offsets -------------------------------------------------------------------------------- */

static uint64_t earliest(const struct merger *merger)
{
    uint64_t first = UINT64_MAX;

    for (size_t i = 0; i < merger->count; i++)
        if (merger->sources[i].has_space && merger->sources[i].unix_ns < first)
            first = merger->sources[i].unix_ns;
    return first;
}

static bool offset_behind(const struct source *before, bool one_machine, struct source *source,
                          struct trace_problem *problem)
{
    const struct numbers *used = &before->used, *added = &before->added;

    source->added.region = added->region + used->region;
    source->added.kernel = added->kernel + used->kernel;
    source->added.launch = added->launch + used->launch;
    source->added.agent = added->agent + used->agent;
    source->added.thread = added->thread + used->thread;
    source->added.epoch = added->epoch + used->epoch;
    source->added.block = added->block + used->block;
    source->added.device = one_machine ? 0 : added->device + used->device;
    if (source->added.device + source->used.device > HUM_DEVICES_MAX)
        return trace_problem_say(problem,
                                 "together the traces have more than %d devices; --one-machine "
                                 "takes devices of the same number for the same",
                                 HUM_DEVICES_MAX);
    if (source->added.region + source->used.region > UINT32_MAX ||
        source->added.kernel + source->used.kernel > UINT32_MAX ||
        source->added.agent + source->used.agent > UINT32_MAX ||
        source->added.thread + source->used.thread > UINT32_MAX ||
        source->added.block + source->used.block > UINT32_MAX)
        return trace_problem_say(problem, "together the traces have more regions, kernels, "
                                          "threads or blocks than a trace can number");
    return true;
}

static bool set_offsets(struct merger *merger, bool one_machine)
{
    uint64_t first = earliest(merger);

    for (size_t i = 0; i < merger->count; i++) {
        struct source *source = &merger->sources[i];

        if (source->has_space)
            source->time_ns = source->unix_ns - first;
        if (i > 0 &&
            !offset_behind(&merger->sources[i - 1], one_machine, source, merger->problem))
            return false;
    }
    return true;
}

/* ---- second pass ---------------------------------------------------------------------------- */

/* 0 stands for none and stays so. */
static void add_32(uint32_t *number, uint64_t added)
{
    if (*number)
        *number += (uint32_t)added;
}

static void add_64(uint64_t *number, uint64_t added)
{
    if (*number)
        *number += added;
}

static void add_device(int32_t *processor, const struct numbers *added)
{
    if (*processor >= 0)
        *processor += added->device;
}

static void move_event(struct hum_trace_event *event, const struct numbers *added)
{
    add_device(&event->processor, added);
    add_32(&event->region, added->region);
    add_32(&event->kernel, added->kernel);
    add_32(&event->thread, added->thread);
    event->block += (uint32_t)added->block;
}

static void move_access(struct hum_trace_access *access, const struct numbers *added)
{
    add_device(&access->processor, added);
    access->agent += (uint32_t)added->agent;
    add_32(&access->kernel, added->kernel);
    add_64(&access->launch, added->launch);
    access->first_page += added->block * HUM_PAGES_PER_BLOCK;
}

static void move_launch(struct hum_trace_launch *launch, const struct source *source)
{
    add_64(&launch->launch, source->added.launch);
    add_32(&launch->kernel, source->added.kernel);
    add_device(&launch->device, &source->added);
    launch->submit_ns += source->time_ns;
    launch->end_ns += source->time_ns;
}

static void move_call(struct hum_trace_call *call, const struct source *source)
{
    add_32(&call->region, source->added.region);
    add_device(&call->processor, &source->added);
    add_device(&call->device, &source->added);
    call->offset += source->added.block * HUM_BLOCK_SIZE;
    call->submit_ns += source->time_ns;
}

static void move_record(const struct source *source, struct hum_trace_record *record)
{
    const struct numbers *added = &source->added;

    record->time_ns += source->time_ns;
    switch (record->kind) {
    case HUM_TRACE_PROCESSOR:
        add_device(&record->processor.processor, added);
        break;
    case HUM_TRACE_REGION:
        add_32(&record->region.region, added->region);
        record->region.first_page += added->block * HUM_PAGES_PER_BLOCK;
        break;
    case HUM_TRACE_REGION_END:
        add_32(&record->region_end.region, added->region);
        break;
    case HUM_TRACE_KERNEL:
        add_32(&record->kernel.kernel, added->kernel);
        add_device(&record->kernel.device, added);
        break;
    case HUM_TRACE_LAUNCH:
        move_launch(&record->launch, source);
        break;
    case HUM_TRACE_EVENT:
        move_event(&record->event, added);
        break;
    case HUM_TRACE_FAULTS:
        add_device(&record->faults.processor, added);
        add_32(&record->faults.region, added->region);
        add_32(&record->faults.kernel, added->kernel);
        break;
    case HUM_TRACE_BATCH:
        add_device(&record->batch.processor, added);
        break;
    case HUM_TRACE_EPOCH:
        record->epoch.epoch += added->epoch;
        add_64(&record->epoch.launch, added->launch);
        break;
    case HUM_TRACE_ACCESS:
        move_access(&record->access, added);
        break;
    case HUM_TRACE_CALL:
        move_call(&record->call, source);
        break;
    default:
        break;
    }
}

static void add_totals(struct hum_trace_record *sum, const struct hum_trace_record *record)
{
    uint64_t *to = (uint64_t *)(void *)&sum->totals.counters;
    const uint64_t *from = (const uint64_t *)(const void *)&record->totals.counters;

    for (size_t i = 0; i < sizeof(sum->totals) / sizeof(*to); i++)
        to[i] += from[i];
    if (record->time_ns > sum->time_ns)
        sum->time_ns = record->time_ns;
}

/* The host is in every trace; it is told of once. */
static bool is_told(const struct merger *merger, const struct source *source,
                    const struct hum_trace_record *record)
{
    return record->kind == HUM_TRACE_PROCESSOR && record->processor.processor == HUM_HOST &&
           source != merger->sources;
}

static bool take(struct merger *merger, struct source *source)
{
    struct hum_trace_record record = source->record;

    if (!trace_read(source->trace, &source->record, &source->more, merger->problem))
        return false;
    if (record.kind == HUM_TRACE_SPACE || is_told(merger, source, &record))
        return true;
    move_record(source, &record);
    if (record.kind == HUM_TRACE_TOTALS) {
        add_totals(&merger->totals, &record);
        return true;
    }
    return hum_trace_put(merger->out, &record) == HUM_OK || trace_problem_hum(merger->problem);
}

static struct source *next_source(const struct merger *merger)
{
    struct source *best = NULL;

    for (size_t i = 0; i < merger->count; i++) {
        struct source *source = &merger->sources[i];

        if (source->more && (!best || source->record.time_ns + source->time_ns <
                                          best->record.time_ns + best->time_ns))
            best = source;
    }
    return best;
}

/* One space that holds all of them; its program names the first and how many more there are. */
static bool put_space(struct merger *merger)
{
    struct hum_trace_record *space = &merger->space;
    const struct source *last = &merger->sources[merger->count - 1];
    char more[40];
    size_t used;

    space->kind = HUM_TRACE_SPACE;
    for (size_t i = 0; i < merger->count; i++)
        if (merger->sources[i].has_space && merger->sources[i].record.kind == HUM_TRACE_SPACE) {
            *space = merger->sources[i].record;
            break;
        }
    if (earliest(merger) == UINT64_MAX)
        return true; /* none of them says what its space is */
    space->space.unix_ns = earliest(merger);
    space->space.bytes = (last->added.block + last->used.block) * HUM_BLOCK_SIZE;
    snprintf(more, sizeof(more), " (and %zu more)", merger->count - 1);
    used = strlen(space->space.program);
    if (used + strlen(more) < sizeof(space->space.program))
        memcpy(space->space.program + used, more, strlen(more) + 1);
    return hum_trace_put(merger->out, space) == HUM_OK || trace_problem_hum(merger->problem);
}

static bool put_all(struct merger *merger)
{
    struct source *source;
    bool totals = true;

    for (size_t i = 0; i < merger->count; i++) {
        source = &merger->sources[i];
        totals &= source->has_totals;
        if (!trace_read(source->trace, &source->record, &source->more, merger->problem))
            return false;
    }
    if (!put_space(merger))
        return false;
    while ((source = next_source(merger)) != NULL)
        if (!take(merger, source))
            return false;
    merger->totals.kind = HUM_TRACE_TOTALS;
    return !totals || hum_trace_put(merger->out, &merger->totals) == HUM_OK ||
           trace_problem_hum(merger->problem);
}

bool trace_merge_all(struct hum_trace *const *traces, size_t count, bool one_machine,
                     struct hum_trace_writer *out, struct trace_problem *problem)
{
    struct source *sources = calloc(count, sizeof(*sources));
    struct merger merger = {.sources = sources, .count = count, .out = out, .problem = problem};
    bool good = sources != NULL;

    if (!good)
        trace_problem_say(problem, "out of memory");
    for (size_t i = 0; i < count && good; i++) {
        sources[i].trace = traces[i];
        good = scan(&sources[i], problem);
    }
    good = good && set_offsets(&merger, one_machine) && put_all(&merger);
    free(sources);
    return good;
}
