/* SPDX-License-Identifier: MIT */
/* accesses.c - the thread that takes what kernels touched. */
#include "core/accesses.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/signals.h"
#include "base/status.h"
#include "base/thread.h"
#include "core/heat.h"
#include "core/record.h"

#define BATCH_MAX 256u
#define PATIENCE_NS ((int64_t)HUMI_NS_PER_MS) /* at one device, before the others are looked at */

struct humi_accesses {
    struct hum *hum;
    pthread_t thread;
    atomic_bool stopping;
    struct humi_lock lock;       /* guards what follows; rank STATS, a leaf */
    pthread_cond_t passed;
    uint64_t empty_passes;       /* over all devices, which had nothing */
    struct humi_touch touches[BATCH_MAX];
};

/* Take what one device has; false: nothing. */
static bool take(struct humi_accesses *accesses, unsigned p, int64_t timeout_ns)
{
    struct hum *hum = accesses->hum;
    const struct humi_processor_ops *ops = hum->processor[p]->ops;
    unsigned count = 0;
    if (ops->touches)
        count = ops->touches(hum->processor[p], accesses->touches, BATCH_MAX, timeout_ns);
    for (unsigned i = 0; i < count; i++) {
        humi_heat_touch(hum, p, &accesses->touches[i]);
        humi_record_touch(hum, p, &accesses->touches[i]);
    }
    return count > 0;
}

static void count_pass(struct humi_accesses *accesses)
{
    humi_lock(&accesses->lock);
    accesses->empty_passes++;
    pthread_cond_broadcast(&accesses->passed);
    humi_unlock(&accesses->lock);
}

static void *run(void *argument)
{
    struct humi_accesses *accesses = argument;
    humi_signals_never();
    for (;;) {
        bool stopping = atomic_load(&accesses->stopping), any = false;
        for (unsigned p = 1; p < accesses->hum->processors; p++)
            any |= take(accesses, p, stopping ? 0 : PATIENCE_NS);
        if (!any)
            count_pass(accesses);
        if (stopping && !any)
            return NULL;
    }
}

static void destroy(struct humi_accesses *accesses)
{
    humi_lock_fini(&accesses->lock);
    pthread_cond_destroy(&accesses->passed);
    free(accesses);
}

enum hum_status humi_accesses_start(struct hum *hum, struct humi_accesses **accesses_out)
{
    *accesses_out = NULL;
    if (!hum->params.exact)
        return HUM_OK;
    struct humi_accesses *accesses = calloc(1, sizeof *accesses);
    if (!accesses)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory to record accesses");
    accesses->hum = hum;
    humi_lock_init(&accesses->lock, HUMI_RANK_STATS);
    humi_cond_init(&accesses->passed);
    enum hum_status status = humi_thread_start(&accesses->thread, "hum-accesses", run, accesses);
    if (status != HUM_OK) {
        destroy(accesses);
        return status;
    }
    *accesses_out = accesses;
    return HUM_OK;
}

void humi_accesses_flush(struct humi_accesses *accesses)
{
    if (!accesses)
        return;
    humi_lock(&accesses->lock);
    uint64_t enough = accesses->empty_passes + 2; /* the next to end may have begun before */
    while (accesses->empty_passes < enough)
        humi_cond_wait(&accesses->passed, &accesses->lock);
    humi_unlock(&accesses->lock);
}

static uint64_t empty_passes(struct humi_accesses *accesses)
{
    humi_lock(&accesses->lock);
    uint64_t count = accesses->empty_passes;
    humi_unlock(&accesses->lock);
    return count;
}

void humi_accesses_exit(struct humi_accesses *accesses)
{
    const struct timespec pause = {0, (long)HUMI_NS_PER_MS};
    if (!accesses)
        return;
    uint64_t enough = empty_passes(accesses) + 2;
    uint64_t until_ns = humi_clock_real_ns() + HUMI_NS_PER_S;
    while (empty_passes(accesses) < enough && humi_clock_real_ns() < until_ns)
        nanosleep(&pause, NULL);
}

void humi_accesses_stop(struct humi_accesses *accesses)
{
    if (!accesses)
        return;
    atomic_store(&accesses->stopping, true);
    pthread_join(accesses->thread, NULL);
    destroy(accesses);
}
