/* SPDX-License-Identifier: MIT */
/* fake_work.c - what the threads of a fake processor do: faults that wait, and launches. */
#include "support/fake_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "base/clock.h"

/* ---- faults ---------------------------------------------------------------------------------- */

void fake_raise(int fd)
{
    eventfd_write(fd, 1);
}

/* Lock held. */
static void queue_fault(struct fake *fake, struct humi_fault fault)
{
    if (fake->fault_count < FAKE_FAULTS_MAX)
        fake->faults[fake->fault_count++] = fault;
    fake_raise(fake->processor.fault_fd);
}

void fake_fault(struct fake *fake, uintptr_t address, bool write, int thread)
{
    pthread_mutex_lock(&fake->lock);
    queue_fault(fake, (struct humi_fault){.address = address, .thread = thread, .write = write});
    pthread_mutex_unlock(&fake->lock);
}

/* Lock held: the touches at [offset, +bytes) wake up; with `again` those without access fault. */
void fake_wake(struct fake *fake, size_t offset, size_t bytes, bool again)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < fake->asleep_count; i++) {
        struct humi_fault fault = fake->asleep[i];
        size_t at = fault.address - FAKE_SPACE_START;
        enum fake_access wanted = fault.write ? FAKE_WRITE : FAKE_READ;
        if (at < offset || at >= offset + bytes)
            fake->asleep[kept++] = fault;
        else if (again && fake->access[at / HUM_PAGE_SIZE] < (unsigned char)wanted)
            queue_fault(fake, fault);
    }
    fake->asleep_count = kept;
}

unsigned fake_faults(struct humi_processor *p, struct humi_fault *faults_out, unsigned max)
{
    struct fake *fake = fake_begin(p);
    unsigned count = fake->fault_count < max ? fake->fault_count : max;
    eventfd_t ignored;

    fake->calls.faults++;
    if (fake->fault_batch_max && count > fake->fault_batch_max)
        count = fake->fault_batch_max;
    memcpy(faults_out, fake->faults, count * sizeof *faults_out);
    for (unsigned i = 0; i < count && fake->asleep_count < FAKE_FAULTS_MAX; i++)
        fake->asleep[fake->asleep_count++] = fake->faults[i];
    fake->fault_count -= count;
    memmove(fake->faults, fake->faults + count, fake->fault_count * sizeof *fake->faults);
    if (!fake->fault_count)
        eventfd_read(p->fault_fd, &ignored);
    fake_end(fake);
    return count;
}

void fake_resume(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct fake *fake = fake_begin(p);

    fake->calls.resume++;
    if (fake_within_space(fake, "resume", offset, bytes))
        fake_wake(fake, offset, bytes, true);
    fake_end(fake);
}

void fake_fail(struct humi_processor *p, const struct humi_fault *fault, enum hum_status status)
{
    struct fake *fake = fake_begin(p);

    fake->calls.fail++;
    fake_wake(fake, fault->address - FAKE_SPACE_START, 1, false);
    if (fake->failed_count < FAKE_FAILED_MAX)
        fake->failed[fake->failed_count++] = (struct fake_failed){*fault, status};
    fake_end(fake);
}

bool fake_wait(struct fake *fake, bool (*ready)(struct fake *fake, void *context), void *context)
{
    struct timespec deadline;
    int error = 0;
    bool is_ready;

    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 20;
    pthread_mutex_lock(&fake->lock);
    while (!(is_ready = ready(fake, context)) && !error)
        error = pthread_cond_timedwait(&fake->changed, &fake->lock, &deadline);
    pthread_mutex_unlock(&fake->lock);
    return is_ready;
}

/* ---- launches -------------------------------------------------------------------------------- */

enum hum_status fake_load(struct humi_processor *p, const char *path, unsigned *module_out)
{
    (void)p;
    (void)path;
    *module_out = 0;
    return HUM_OK;
}

enum hum_status fake_kernel(struct humi_processor *p, unsigned module, const char *name,
                            unsigned *kernel_out, size_t *args_bytes_out)
{
    (void)p;
    (void)module;
    (void)name;
    *kernel_out = 0;
    *args_bytes_out = 0;
    return HUM_OK;
}

void fake_finish_locked(struct fake *fake, enum hum_status status, uint64_t end_ns)
{
    struct fake_launch *launch = &fake->launches[fake->finished_count];

    if (fake->finished_count >= fake->launch_count)
        return;
    fake->finished_count++;
    launch->outcome.status = status;
    launch->outcome.end_ns = end_ns;
    snprintf(launch->outcome.kernel, sizeof launch->outcome.kernel, "kernel%u", launch->kernel);
    launch->finished = true;
}

void fake_finish(struct fake *fake, enum hum_status status, uint64_t end_ns)
{
    pthread_mutex_lock(&fake->lock);
    fake_finish_locked(fake, status, end_ns);
    fake_end(fake);
}

static bool reserve_launch(struct fake *fake)
{
    if (fake->launch_count < fake->launch_room)
        return true;
    size_t room = fake->launch_room ? 2 * fake->launch_room : 64;
    struct fake_launch *launches = realloc(fake->launches, room * sizeof *launches);
    if (!launches)
        return false;
    fake->launches = launches;
    fake->launch_room = room;
    return true;
}

enum hum_status fake_submit(struct humi_processor *p, const struct humi_launch *launch,
                            uint64_t *ticket_out)
{
    struct fake *fake = fake_begin(p);
    enum hum_status status = HUM_OK;

    fake->calls.submit++;
    if (fake_fails_now(&fake->fail_submit)) {
        status = fake->fail_status;
    } else if (!reserve_launch(fake)) {
        status = HUM_ERR_NO_MEMORY;
    } else {
        fake->launches[fake->launch_count++] =
            (struct fake_launch){.kernel = launch->kernel, .queue = launch->queue};
        *ticket_out = fake->launch_count;
        if (fake->finish_at_once)
            fake_finish_locked(fake, HUM_OK, humi_clock_ns());
    }
    fake_end(fake);
    return status;
}

enum hum_status fake_wait_ticket(struct humi_processor *p, uint64_t ticket, int64_t timeout_ns,
                                 struct humi_outcome *outcome_out)
{
    struct fake *fake = fake_begin(p);
    enum hum_status status = HUM_NOT_READY;

    fake->calls.wait++;
    if (!ticket || ticket > fake->launch_count || fake->launches[ticket - 1].collected)
        fake_violate(fake, "wait(%llu) is no ticket, or was waited for before",
                     (unsigned long long)ticket);
    fake->waiters++;
    if (fake->waiters > fake->waiters_most)
        fake->waiters_most = fake->waiters;
    if (timeout_ns != 0)
        fake->waited = ticket;
    pthread_cond_broadcast(&fake->changed);
    while ((timeout_ns < 0 || (timeout_ns > 0 && fake->patient)) &&
           !fake->launches[ticket - 1].finished)
        pthread_cond_wait(&fake->changed, &fake->lock);
    fake->waiters--;
    if (fake->launches[ticket - 1].finished) {
        fake->launches[ticket - 1].collected = true;
        *outcome_out = fake->launches[ticket - 1].outcome;
        status = HUM_OK;
    }
    fake_end(fake);
    return status;
}
