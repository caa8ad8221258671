/* SPDX-License-Identifier: MIT */
/* service.c - the thread that serves faults; service.h has the stages. */
#include "core/service.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/status.h"
#include "base/thread.h"
#include "core/ahead.h"
#include "core/residency.h"
#include "core/seats.h"
#include "core/serve.h"
#include "core/told.h"

#define LOOK_NS UINT64_C(1000000)
#define RETRY_NS UINT64_C(1000000000)
#define SPIN_NS UINT64_C(50000)            /* a little more than waking a sleeping core costs */
#define SHORT_BYTES ((uint64_t)256 << 10)  /* a batch that moved less moved pages, not blocks */
#define AWAIT_NS UINT64_C(3000000000) /* until a start begins */
#define POLLS_MAX (1 + 2 * HUM_PROCESSORS_MAX)

struct humi_service {
    struct hum *hum;
    pthread_t thread;
    int wake_fd;
    atomic_bool stopping;
    struct pollfd polls[POLLS_MAX];
    unsigned poll_count;
    struct humi_seats seats;
    bool spins;               /* the last batch was the host's and moved little */
    bool retry;               /* a device is lost and waits for another try */
    struct humi_server server;
};

/* ---- the thread ------------------------------------------------------------------------------ */

/* Pages of one region that died with a device's frames. */
struct loss {
    uintptr_t region;
    uint64_t pages;
};

static void tell_loss(const struct hum *hum, unsigned p, const struct loss *loss)
{
    if (loss->pages)
        humi_warn("%s: %" PRIu64 " pages of the region at %#lx were only there and are lost: they "
                  "read as zero",
                  hum->processor[p]->name, loss->pages, (unsigned long)loss->region);
}

static void add_loss(struct hum *hum, unsigned p, struct loss *loss,
                     const struct humi_block *block, unsigned pages)
{
    struct humi_region *region = humi_regions_find(&hum->regions, humi_block_start(hum, block));
    uintptr_t start = region ? region->start : humi_block_start(hum, block);
    humi_region_put(region);
    if (start != loss->region) {
        tell_loss(hum, p, loss);
        *loss = (struct loss){.region = start};
    }
    loss->pages += pages;
}

static void forget_accesses(struct hum *hum, unsigned p)
{
    uint32_t end = (uint32_t)(hum->params.bytes / HUM_BLOCK_SIZE);
    struct humi_block *block = humi_table_next(&hum->table, 0, end);
    struct loss loss = {0};
    for (; block; block = humi_table_next(&hum->table, block->index + 1, end)) {
        humi_lock(&block->lock);
        unsigned pages = humi_residency_lost(hum, block, p);
        humi_unlock(&block->lock);
        if (pages)
            add_loss(hum, p, &loss, block, pages);
    }
    tell_loss(hum, p, &loss);
}

static void tell_death(const struct humi_processor *processor)
{
    if (processor->frames_die)
        humi_warn("%s was lost: what only its memory had is gone", processor->name);
    else
        humi_warn("%s: process %d died; its pages stay readable", processor->name, processor->pid);
}

/*
 * A device's process died: its access is gone, its frames are not, but where they die.  Only this
 * thread and the paused one map on devices, so nothing is mapped between forgetting and the new
 * start.  If a module was loaded meanwhile, the device runs again already; then masks claim too
 * much, which is harmless.  Where frames die streams may bring pages meanwhile: a lost device backs
 * none, and a launch with pages from before is refused (restarted).
 */
static void recover(struct humi_service *service, unsigned p)
{
    struct hum *hum = service->hum;
    struct humi_processor *processor = hum->processor[p];
    if (!humi_service_is_dead(hum, p))
        return;
    if (hum->keeper) {
        if (!atomic_exchange(&hum->lost[p], true))
            humi_warn("%s was lost, and with it the space that its driver kept: close the space "
                      "and open it again",
                      processor->name);
        return;
    }
    if (!atomic_exchange(&hum->lost[p], true))
        tell_death(processor);
    humi_waiting_forget(&service->server.waiting, p);
    humi_ahead_pause(service->server.ahead);
    forget_accesses(hum, p);
    atomic_store(&hum->restarting[p], true);
    enum hum_status status = processor->ops->restart(processor);
    atomic_store(&hum->restarting[p], false);
    humi_ahead_resume(service->server.ahead);
    if (status == HUM_OK) {
        atomic_fetch_add(&hum->restarts[p], 1);
        atomic_store(&hum->lost[p], false);
    } else {
        humi_warn("%s: cannot be started again, another try in a second: %s", processor->name,
                  hum_error_text());
    }
}

bool humi_service_is_dead(const struct hum *hum, unsigned p)
{
    struct pollfd life = {.fd = hum->processor[p]->life_fd, .events = POLLIN};
    return atomic_load(&hum->lost[p]) || (life.fd >= 0 && poll(&life, 1, 0) > 0);
}

void humi_service_await(const struct hum *hum, unsigned p)
{
    struct timespec pause = {0, 200000};
    uint64_t start = humi_clock_real_ns();
    while (!hum->keeper && humi_service_is_dead(hum, p) &&
           (atomic_load(&hum->restarting[p]) || humi_clock_real_ns() - start < AWAIT_NS))
        nanosleep(&pause, NULL);
}

void humi_service_await_launch(const struct hum *hum, unsigned p)
{
    if (atomic_load(&hum->lost[p]) || !atomic_load(&hum->running[p]))
        humi_service_await(hum, p);
}

static void fill_polls(struct humi_service *service)
{
    struct hum *hum = service->hum;
    bool any_lost = false;
    service->polls[0] = (struct pollfd){.fd = service->wake_fd, .events = POLLIN};
    for (unsigned p = 0; p < hum->processors; p++) {
        bool lost = atomic_load(&hum->lost[p]);
        any_lost |= lost && !hum->keeper; /* what its driver kept is gone for good */
        int fault_fd = lost ? -1 : hum->processor[p]->fault_fd;
        int life_fd = lost ? -1 : hum->processor[p]->life_fd;
        service->polls[1 + 2 * p] = (struct pollfd){.fd = fault_fd, .events = POLLIN};
        service->polls[2 + 2 * p] = (struct pollfd){.fd = life_fd, .events = POLLIN};
    }
    service->poll_count = 1 + 2 * hum->processors;
    service->retry = any_lost;
}

/* False: there was nothing to do. */
static bool serve_processor(struct humi_service *service, unsigned p)
{
    struct humi_server *server = &service->server;
    struct humi_processor *processor = service->hum->processor[p];
    unsigned count = processor->ops->faults(processor, server->faults, HUMI_BATCH_MAX);
    if (!count)
        return false;
    humi_seats_fault(&service->seats, p, server->faults[0].thread, humi_clock_real_ns());
    uint64_t moved = humi_server_serve(server, p, count);
    service->spins = p == 0 && moved < SHORT_BYTES;
    return true;
}

/*
 * Where one fault of the program's was, the next often follows at once: look for it for a moment,
 * because waking a sleeping core costs more than serving a page.  Not after moving blocks: others
 * need the core for that.
 */
static void spin(struct humi_service *service)
{
    uint64_t end = humi_clock_real_ns() + SPIN_NS;
    while (service->spins && humi_clock_real_ns() < end) {
        if (serve_processor(service, 0))
            end = humi_clock_real_ns() + SPIN_NS;
        else
            sched_yield(); /* whoever wants this core gets it */
    }
    service->spins = false;
}

/* Devices that could not be started again get another try. */
static void recover_lost(struct humi_service *service)
{
    struct hum *hum = service->hum;
    for (unsigned p = 0; p < hum->processors; p++)
        if (atomic_load(&hum->lost[p]))
            recover(service, p);
    fill_polls(service);
}

/* A driver keeps the space, and kernels run: what it tells is looked for now and then. */
static bool looks(const struct hum *hum)
{
    bool runs = false;
    for (unsigned p = 1; p < hum->processors; p++)
        runs |= atomic_load(&hum->running[p]) != 0;
    return hum->keeper && runs;
}

/* How long to wait for the next fault; NULL: for ever. */
static const struct timespec *patience(const struct humi_service *service, bool helped,
                                       struct timespec *time)
{
    uint64_t look = looks(service->hum) ? LOOK_NS : UINT64_MAX;
    uint64_t due = humi_waiting_due_ns(&service->server.waiting), now = humi_clock_real_ns();
    uint64_t ns = helped ? 0 : service->retry ? RETRY_NS : UINT64_MAX;
    if (due != UINT64_MAX && (due < now ? 0 : due - now) < ns)
        ns = due < now ? 0 : due - now;
    ns = look < ns ? look : ns;
    if (ns == UINT64_MAX)
        return NULL;
    *time = (struct timespec){(time_t)(ns / HUMI_NS_PER_S), (long)(ns % HUMI_NS_PER_S)};
    return time;
}

static bool is_idle(struct humi_service *service)
{
    return poll(service->polls, service->poll_count, 0) == 0;
}

/* False: it is time to stop. */
static bool wake(struct humi_service *service)
{
    uint64_t count;
    if (read(service->wake_fd, &count, sizeof count) != sizeof count)
        humi_debug("the wake-up stays: %s", strerror(errno)); /* and comes again */
    if (atomic_load(&service->stopping))
        return false;
    humi_waiting_hurry(&service->server.waiting);
    return true;
}

static void *run(void *argument)
{
    struct humi_service *service = argument;
    struct hum *hum = service->hum;
    humi_signals_never();
    humi_seats_init(&service->seats, hum);
    humi_ahead_avoid(service->server.ahead, service->seats.home);
    fill_polls(service);
    for (;;) {
        spin(service);
        bool helped = humi_ahead_waits(service->server.ahead) && is_idle(service) &&
                      humi_ahead_help(service->server.ahead);
        humi_server_serve_due(&service->server);
        struct timespec time;
        int ready = ppoll(service->polls, service->poll_count, patience(service, helped, &time),
                          NULL);
        humi_check(ready >= 0 || errno == EINTR);
        if (ready == 0 && !helped && service->retry)
            recover_lost(service);
        if (ready == 0 && looks(hum))
            humi_told_take(hum, true);
        if (ready <= 0)
            continue;
        if (service->polls[0].revents && !wake(service))
            return NULL;
        for (unsigned p = 0; p < hum->processors; p++) {
            if (service->polls[1 + 2 * p].revents & POLLIN)
                serve_processor(service, p);
            if (service->polls[2 + 2 * p].revents) {
                recover(service, p);
                fill_polls(service);
            }
        }
    }
}

static void service_destroy(struct humi_service *service)
{
    atomic_store(&service->hum->ahead, NULL);
    humi_ahead_stop(service->server.ahead);
    humi_server_fini(&service->server);
    if (service->wake_fd >= 0)
        close(service->wake_fd);
    free(service);
}

enum hum_status humi_service_start(struct hum *hum, struct humi_service **service_out)
{
    struct humi_service *service = calloc(1, sizeof *service);
    if (!service)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for the fault service");
    service->hum = service->server.hum = hum;
    service->server.lets_wait = !hum->deterministic;
    service->wake_fd = eventfd(0, EFD_CLOEXEC);
    enum hum_status status = service->wake_fd < 0
                                 ? humi_fail_errno("cannot make an eventfd for the fault service")
                                 : humi_ahead_start(hum, hum->deterministic,
                                                    &service->server.ahead);
    if (status == HUM_OK)
        status = humi_thread_start(&service->thread, "hum-service", run, service);
    if (status != HUM_OK) {
        service_destroy(service);
        return status;
    }
    atomic_store(&hum->ahead, service->server.ahead);
    *service_out = service;
    return HUM_OK;
}

void humi_service_wake(struct humi_service *service)
{
    uint64_t one = 1;
    if (!service)
        return;
    while (write(service->wake_fd, &one, sizeof one) != sizeof one)
        humi_check(errno == EINTR);
}

void humi_service_stop(struct humi_service *service)
{
    if (!service)
        return;
    atomic_store(&service->stopping, true);
    humi_service_wake(service);
    pthread_join(service->thread, NULL);
    service_destroy(service);
}
