/* SPDX-License-Identifier: MIT */
/* check.c - touches that nothing declared: found, kept once each, told. */
#include "core/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/status.h"
#include "core/grant.h"
#include "core/module.h"
#include "core/remote.h"
#include "core/uses.h"
#include "core/visit.h"

#define NOTES_MAX 256u

/* One kind of wrong touch: by one kernel (or the host) of one region. */
struct note {
    enum hum_violation_kind kind;
    unsigned processor;
    unsigned kernel;             /* 1 + number; 0: the host, or not known */
    bool write;
    uint32_t region;             /* id */
    uintptr_t region_start;
    uintptr_t address;           /* of the first */
    uint64_t touches;
    bool told;
};

struct humi_check {
    struct humi_lock lock;       /* rank STATS, guards the rest */
    struct note note[NOTES_MAX];
    unsigned count;
    uint64_t more;               /* that found no place */
};

enum hum_status humi_check_open(struct hum *hum, bool uses)
{
    struct humi_check *check = calloc(1, sizeof *check);
    if (!check)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory to check the uses of launches");
    humi_lock_init(&check->lock, HUMI_RANK_STATS);
    hum->check = check;
    hum->check_uses = uses;
    return HUM_OK;
}

void humi_check_close(struct hum *hum)
{
    if (!hum->check)
        return;
    humi_lock_fini(&hum->check->lock);
    free(hum->check);
    hum->check = NULL;
}

/* ---- taking access --------------------------------------------------------------------------- */

void humi_check_take(struct hum *hum, unsigned processor)
{
    uint32_t end = (uint32_t)(hum->params.bytes / HUM_BLOCK_SIZE);
    struct humi_block *block = humi_table_next(&hum->table, 0, end);
    for (; block; block = humi_table_next(&hum->table, block->index + 1, end)) {
        humi_lock(&block->lock);
        struct hum_pages used = humi_uses_pages(hum, block, processor, false);
        struct hum_pages written = humi_uses_pages(hum, block, processor, true);
        struct hum_pages rest = humi_mask_minus(&block->hold[processor].mapped, &used);
        struct hum_pages unwritten = humi_mask_minus(&block->hold[processor].writable, &written);
        humi_grant_take(hum, block, processor, rest, false);
        humi_grant_take(hum, block, processor, unwritten, true);
        humi_unlock(&block->lock);
    }
}

static enum hum_status release_block(const struct humi_visit *visit)
{
    humi_remote_take(visit->hum, visit->block, 0, visit->pages);
    humi_grant_take(visit->hum, visit->block, 0, visit->pages, false);
    humi_block_check(visit->hum, visit->block);
    return HUM_OK;
}

void humi_check_release(struct hum *hum, struct humi_region *region)
{
    struct humi_walk walk = {.hum = hum,
                             .region = region,
                             .start = region->start,
                             .end = region->start + region->bytes,
                             .function = release_block};
    (void)humi_visit_blocks(&walk); /* taking cannot fail */
}

/* ---- noting ---------------------------------------------------------------------------------- */

static bool same(const struct note *a, const struct note *b)
{
    return a->kind == b->kind && a->processor == b->processor && a->kernel == b->kernel &&
           a->write == b->write && a->region == b->region;
}

static void keep(struct humi_check *check, const struct note *note)
{
    humi_lock(&check->lock);
    unsigned i = 0;
    while (i < check->count && !same(&check->note[i], note))
        i++;
    if (i < check->count)
        check->note[i].touches++;
    else if (i < NOTES_MAX)
        check->note[check->count++] = *note;
    else
        check->more++;
    humi_unlock(&check->lock);
}

/* What is wrong with the touch.  False: nothing. */
static bool is_wrong(struct hum *hum, unsigned processor, const struct humi_fault *fault,
                     const struct humi_region *region, enum hum_violation_kind *kind_out)
{
    if (processor) {
        *kind_out = HUM_VIOLATION_UNDECLARED;
        return hum->check_uses && !humi_uses_declare(hum, processor, fault->address, fault->write);
    }
    *kind_out = HUM_VIOLATION_HOST_DURING_LAUNCH;
    if (hum->check_uses && humi_uses_meet_host(hum, fault->address, fault->write))
        return true;
    *kind_out = HUM_VIOLATION_HOST_AFTER_RELEASE;
    return atomic_load(&region->released);
}

void humi_check_fault(struct hum *hum, unsigned processor, const struct humi_fault *fault,
                      const struct humi_region *region)
{
    struct note note = {.processor = processor,
                        .kernel = processor ? fault->kernel : 0,
                        .write = fault->write,
                        .region = region->id,
                        .region_start = region->start,
                        .address = fault->address,
                        .touches = 1};
    if (is_wrong(hum, processor, fault, region, &note.kind))
        keep(hum->check, &note);
}

/* ---- telling --------------------------------------------------------------------------------- */

static void name_region(struct hum *hum, const struct note *note, char *name, size_t bytes)
{
    struct humi_region *region = humi_regions_find(&hum->regions, note->region_start);
    name[0] = '\0';
    humi_rwlock_read(&hum->regions.lock);
    if (region && region->id == note->region && region->name)
        snprintf(name, bytes, "%s", region->name);
    humi_rwlock_unlock(&hum->regions.lock);
    humi_region_put(region);
}

static void describe(struct hum *hum, const struct note *note, struct hum_violation *out)
{
    *out = (struct hum_violation){.kind = note->kind,
                                  .processor = humi_public(note->processor),
                                  .write = note->write,
                                  .address = note->address,
                                  .region_start = note->region_start,
                                  .touches = note->touches};
    if (note->kernel)
        humi_kernel_name(hum, note->processor, note->kernel - 1, out->kernel,
                         sizeof out->kernel);
    name_region(hum, note, out->region, sizeof out->region);
}

static const char *next_step(enum hum_violation_kind kind)
{
    static const char *const texts[] = {
        [HUM_VIOLATION_UNDECLARED] = "declare it with hum_use() before the launch, or mark the "
                                     "region with hum_reachable()",
        [HUM_VIOLATION_HOST_DURING_LAUNCH] = "wait for the launch (hum_wait) or acquire the range "
                                             "(hum_acquire) first",
        [HUM_VIOLATION_HOST_AFTER_RELEASE] = "acquire the range (hum_acquire) first",
    };
    return texts[kind];
}

static void tell(const struct hum *hum, const struct hum_violation *v)
{
    const char *who = v->kernel[0] ? v->kernel : v->processor == HUM_HOST ? "host" : "a kernel";
    humi_log_write(HUMI_LOG_WARN,
                   "check: %s%s%s on %s %s %#lx in region %s (at %#lx), which %s; %s",
                   v->kernel[0] ? "kernel '" : "", who, v->kernel[0] ? "'" : "",
                   hum->processor[humi_number(v->processor)]->name, v->write ? "wrote" : "read",
                   (unsigned long)v->address, v->region[0] ? v->region : "without a name",
                   (unsigned long)v->region_start, hum_violation_text(v->kind),
                   next_step(v->kind));
}

void humi_check_report(struct hum *hum)
{
    struct humi_check *check = hum->check;
    for (unsigned i = 0; check && hum->check_uses; i++) {
        struct note note;
        humi_lock(&check->lock);
        bool any = i < check->count;
        if (any) {
            note = check->note[i];
            check->note[i].told = true;
        }
        humi_unlock(&check->lock);
        if (!any)
            return;
        struct hum_violation violation;
        if (note.told)
            continue;
        describe(hum, &note, &violation);
        tell(hum, &violation);
    }
}

const char *hum_violation_text(enum hum_violation_kind kind)
{
    switch (kind) {
    case HUM_VIOLATION_UNDECLARED:
        return "the launch had not declared";
    case HUM_VIOLATION_HOST_DURING_LAUNCH:
        return "a launch in flight uses";
    case HUM_VIOLATION_HOST_AFTER_RELEASE:
        return "the host had released";
    }
    return "nothing is known to be wrong with";
}

size_t hum_violations(struct hum *hum, struct hum_violation *out, size_t count)
{
    if (!hum || !hum->check || (!out && count))
        return 0;
    struct humi_check *check = hum->check;
    humi_lock(&check->lock);
    unsigned known = check->count;
    humi_unlock(&check->lock);
    for (unsigned i = 0; i < known && i < count; i++) {
        humi_lock(&check->lock);
        struct note note = check->note[i];
        humi_unlock(&check->lock);
        describe(hum, &note, &out[i]);
    }
    return known;
}
