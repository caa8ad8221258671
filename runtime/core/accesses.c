/* SPDX-License-Identifier: MIT */
/* accesses.c - the thread that takes what kernels touched. */
#include "core/accesses.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/signals.h"
#include "base/status.h"
#include "base/thread.h"
#include "core/record.h"

#define BATCH_MAX 256u
#define PATIENCE_NS ((int64_t)HUMI_NS_PER_MS) /* at one device, before the others are looked at */

struct humi_accesses {
    struct hum *hum;
    pthread_t thread;
    atomic_bool stopping;
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
    for (unsigned i = 0; i < count; i++)
        humi_record_touch(hum, p, &accesses->touches[i]);
    return count > 0;
}

static void *run(void *argument)
{
    struct humi_accesses *accesses = argument;
    humi_signals_never();
    for (;;) {
        bool stopping = atomic_load(&accesses->stopping), any = false;
        for (unsigned p = 1; p < accesses->hum->processors; p++)
            any |= take(accesses, p, stopping ? 0 : PATIENCE_NS);
        if (stopping && !any)
            return NULL;
    }
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
    enum hum_status status = humi_thread_start(&accesses->thread, "hum-accesses", run, accesses);
    if (status != HUM_OK) {
        free(accesses);
        return status;
    }
    *accesses_out = accesses;
    return HUM_OK;
}

void humi_accesses_stop(struct humi_accesses *accesses)
{
    if (!accesses)
        return;
    atomic_store(&accesses->stopping, true);
    pthread_join(accesses->thread, NULL);
    free(accesses);
}
