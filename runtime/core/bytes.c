/* SPDX-License-Identifier: MIT */
/* bytes.c - copies between frames that are seen in different ways. */
#include "core/bytes.h"

#include <string.h>

#include "base/copy.h"

#define STAGE_BYTES ((size_t)64 << 10)

static void copy_windows(struct humi_processor *p, const struct humi_processor *q, size_t at,
                         size_t bytes)
{
    humi_copy(p->window + at, q->window + at, bytes);
}

/* Through memory of this thread. */
static void copy_staged(struct humi_processor *p, struct humi_processor *q, size_t at, size_t bytes)
{
    char stage[STAGE_BYTES];
    for (size_t done = 0; done < bytes; done += STAGE_BYTES) {
        size_t part = bytes - done < STAGE_BYTES ? bytes - done : STAGE_BYTES;
        q->ops->get(q, at + done, part, stage);
        q->ops->fence(q);
        p->ops->put(p, at + done, part, stage);
        p->ops->fence(p);
    }
}

/* Neither is seen from here: one fetches from the other, where it can. */
static void copy_unseen(struct humi_processor *p, struct humi_processor *q, size_t at, size_t bytes)
{
    if (!p->ops->copy || !p->ops->copy(p, q, at, bytes))
        copy_staged(p, q, at, bytes);
}

static void copy_run(struct humi_processor *p, struct humi_processor *q, size_t at, size_t bytes)
{
    if (p->window && q->window)
        copy_windows(p, q, at, bytes);
    else if (q->window)
        p->ops->put(p, at, bytes, q->window + at);
    else if (p->window)
        q->ops->get(q, at, bytes, p->window + at);
    else
        copy_unseen(p, q, at, bytes);
}

static void fence(struct humi_processor *p)
{
    if (p->ops->fence)
        p->ops->fence(p);
}

void humi_bytes_copy(struct humi_processor *p, struct humi_processor *q, size_t offset,
                     const struct hum_pages *pages)
{
    if (!humi_processor_has_memory(p) || !humi_processor_has_memory(q))
        return;
    humi_for_each_run (run, pages)
        copy_run(p, q, offset + run.first * HUM_PAGE_SIZE,
                 (run.end - run.first) * HUM_PAGE_SIZE);
    fence(p);
    fence(q);
}

void humi_bytes_zero(struct humi_processor *p, size_t offset, const struct hum_pages *pages)
{
    if (!humi_processor_has_memory(p))
        return;
    humi_for_each_run (run, pages) {
        size_t at = offset + run.first * HUM_PAGE_SIZE;
        size_t bytes = (run.end - run.first) * HUM_PAGE_SIZE;
        if (p->window)
            memset(p->window + at, 0, bytes);
        else
            p->ops->put(p, at, bytes, NULL);
    }
    fence(p);
}
