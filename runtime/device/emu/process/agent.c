/* SPDX-License-Identifier: MIT */
/*
 * agent.c - the thread that answers while kernels run: it forgets and changes mappings on request,
 * and looks at the watchdog a few times in the time that a kernel may take.
 */
#include <unistd.h>

#include "base/clock.h"
#include "base/status.h"
#include "device/emu/process/process.h"
#include "os/channel.h"
#include "os/futex.h"

static uint32_t done; /* the last request that was served */

/* The file is there before the request, so there is nothing to wait for. */
static enum hum_status lead_away(uint32_t request)
{
    struct humi_emu_away range;
    int file;

    while (humi_channel_receive(humi_device.agent_channel, &range, sizeof range, &file, 1, 0) ==
               HUM_OK &&
           file >= 0) {
        if (range.request == request)
            return humi_prot_lead_away(&range, file);
        close(file);
    }
    return HUM_ERR_SYSTEM;
}

static enum hum_status act(const struct humi_emu_control *c, uint32_t request)
{
    switch (c->agent_kind) {
    case HUMI_EMU_AWAY:
        return lead_away(request);
    case HUMI_EMU_HOME:
        humi_prot_lead_home(c->agent_range.offset, c->agent_range.bytes);
        return HUM_OK;
    default:
        humi_prot_forget(c->agent_range.offset, c->agent_range.bytes);
        return HUM_OK;
    }
}

static void serve(void)
{
    struct humi_emu_control *c = humi_device.control;
    uint32_t request = __atomic_load_n(&c->agent_request, __ATOMIC_SEQ_CST);

    if (request == done)
        return;
    __atomic_store_n(&c->agent_status, act(c, request), __ATOMIC_RELAXED);
    done = request;
    __atomic_store_n(&c->agent_done, request, __ATOMIC_SEQ_CST);
    humi_futex_wake(&c->agent_done, HUMI_FUTEX_ALL);
}

static int64_t look_ns(void)
{
    int64_t ns = (int64_t)(humi_device.hello.watchdog_ms * HUMI_NS_PER_MS) / 4;
    int64_t most = (int64_t)(100 * HUMI_NS_PER_MS);

    return ns < most ? ns : most;
}

static void *work(void *arg)
{
    struct humi_emu_control *c = humi_device.control;
    bool watch = humi_device.hello.watchdog_ms > 0;

    (void)arg;
    for (;;) {
        uint32_t bell = __atomic_load_n(&c->agent_bell, __ATOMIC_SEQ_CST);
        bool busy = false;
        serve();
        if (watch) {
            __atomic_store_n(&c->agent_idle, 1, __ATOMIC_SEQ_CST);
            busy = humi_schedule_watch(); /* what starts behind this look wakes us */
            if (busy)
                __atomic_store_n(&c->agent_idle, 0, __ATOMIC_SEQ_CST);
        }
        humi_futex_wait(&c->agent_bell, bell, busy ? look_ns() : -1);
    }
    return NULL;
}

void humi_agent_wake(void)
{
    struct humi_emu_control *c = humi_device.control;

    if (!__atomic_exchange_n(&c->agent_idle, 0, __ATOMIC_SEQ_CST))
        return;
    __atomic_add_fetch(&c->agent_bell, 1, __ATOMIC_SEQ_CST);
    humi_futex_wake(&c->agent_bell, 1);
}

enum hum_status humi_agent_start(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, work, NULL) != 0)
        return humi_fail(HUM_ERR_NO_MEMORY, "cannot start the agent thread");
    pthread_detach(thread);
    return HUM_OK;
}
