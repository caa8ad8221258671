/* SPDX-License-Identifier: MIT */
/* uvm_faults.c - the descriptors of all places, and the thread that reads faults from them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/cuda_double/double.h"
#include "support/cuda_double/uvm.h"
#include "support/cuda_double/uvm_open.h"

#define PLACES (1 + DEVICES_MAX)

/* By place + 1.  Guarded by uvm's lock. */
static struct {
    int faults[PLACES], agent[PLACES];
    int wake;
    pthread_t thread;
    bool ready, runs;
} all;

static void prepare(void)
{
    if (all.ready)
        return;
    for (int i = 0; i < PLACES; i++)
        all.faults[i] = all.agent[i] = -1;
    all.wake = -1;
    all.ready = true;
}

/* ---- what is done to pages ------------------------------------------------------------------- */

bool faults_watch(int place, uintptr_t start, uint64_t bytes)
{
    prepare();
    if (all.faults[place + 1] < 0)
        all.faults[place + 1] = uvm_open();
    return all.faults[place + 1] >= 0 && uvm_register(all.faults[place + 1], start, bytes);
}

bool faults_map(int place, uintptr_t page, bool writable)
{
    struct uffdio_continue map = {.range = {page, PAGE},
                                  .mode = writable ? 0 : UFFDIO_CONTINUE_MODE_WP};
    struct uffdio_writeprotect allow = {.range = {page, PAGE}};
    int fd = all.faults[place + 1];

    int failed = ioctl(fd, UFFDIO_CONTINUE, &map) ? errno : 0;
    if (failed == EFAULT)
        return false;
    if (failed == EEXIST && writable)
        (void)ioctl(fd, UFFDIO_WRITEPROTECT, &allow);
    (void)ioctl(fd, UFFDIO_WAKE, &map.range);
    return true;
}

void faults_read_only(int place, uintptr_t page, uint64_t bytes)
{
    struct uffdio_writeprotect forbid = {.range = {page, bytes},
                                         .mode = UFFDIO_WRITEPROTECT_MODE_WP};

    (void)ioctl(all.faults[place + 1], UFFDIO_WRITEPROTECT, &forbid);
}

/* Only a process itself can do that, and a device's may be inside a kernel: its agent does. */
void faults_unmap(int place, uintptr_t start, uint64_t bytes)
{
    uint64_t request[2] = {start, bytes}, answer;

    if (place == UVM_HOST)
        madvise((void *)start, bytes, MADV_DONTNEED);
    else if (all.agent[place + 1] < 0 ||
             send(all.agent[place + 1], request, sizeof(request), MSG_NOSIGNAL) < 0 ||
             recv(all.agent[place + 1], &answer, sizeof(answer), 0) != sizeof(answer))
        return; /* the process has ended, and its mappings with it */
}

void faults_release(int place, uintptr_t page)
{
    struct uffdio_range range = {page / PAGE * PAGE, PAGE};

    (void)ioctl(all.faults[place + 1], UFFDIO_UNREGISTER, &range);
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* Whose place was closed meanwhile has none; the number may be another file's by now. */
static bool read_one(int place, int fd, struct uffd_msg *message)
{
    uvm_lock();
    bool got = all.faults[place + 1] == fd &&
               read(fd, message, sizeof(*message)) == (ssize_t)sizeof(*message);
    uvm_unlock();
    return got;
}

static void read_faults(int place, int fd)
{
    struct uffd_msg message;

    while (read_one(place, fd, &message))
        if (message.event == UFFD_EVENT_PAGEFAULT)
            uvm_fault(place, (uintptr_t)message.arg.pagefault.address,
                      message.arg.pagefault.flags &
                          (UFFD_PAGEFAULT_FLAG_WRITE | UFFD_PAGEFAULT_FLAG_WP));
}

static void *run(void *argument)
{
    struct pollfd polls[PLACES + 1];

    (void)argument;
    for (;;) {
        uvm_lock();
        for (int i = 0; i < PLACES; i++)
            polls[i] = (struct pollfd){.fd = all.faults[i], .events = POLLIN};
        polls[PLACES] = (struct pollfd){.fd = all.wake, .events = POLLIN};
        bool runs = all.runs;
        uvm_unlock();
        if (!runs)
            return NULL;
        if (poll(polls, PLACES + 1, -1) <= 0)
            continue;
        uint64_t count;
        if (polls[PLACES].revents)
            (void)!read(polls[PLACES].fd, &count, sizeof(count));
        for (int i = 0; i < PLACES; i++)
            if (polls[i].revents & POLLIN)
                read_faults(i - 1, polls[i].fd);
    }
}

static void wake(void)
{
    uint64_t one = 1;

    (void)!write(all.wake, &one, sizeof(one));
}

/* Lock held. */
static void start(void)
{
    if (all.runs)
        return;
    all.wake = eventfd(0, EFD_CLOEXEC);
    all.runs = true;
    if (all.wake < 0 || pthread_create(&all.thread, NULL, run, NULL)) {
        fprintf(stderr, "cuda double: no thread for faults\n");
        _exit(2);
    }
}

static void close_place(int i)
{
    if (all.faults[i] >= 0)
        close(all.faults[i]);
    if (all.agent[i] >= 0)
        close(all.agent[i]);
    all.faults[i] = all.agent[i] = -1;
}

void uvm_device(int device, int faults, int agent)
{
    uvm_lock();
    prepare();
    close_place(device + 1);
    all.faults[device + 1] = faults;
    all.agent[device + 1] = agent;
    if (faults >= 0)
        start();
    if (all.runs)
        wake();
    uvm_unlock();
}

void faults_stop(void)
{
    uvm_lock();
    prepare();
    bool ran = all.runs;
    all.runs = false;
    if (ran)
        wake();
    uvm_unlock();
    if (ran)
        pthread_join(all.thread, NULL);
    for (int i = 0; i < PLACES; i++)
        close_place(i);
    if (all.wake >= 0)
        close(all.wake);
    all.wake = -1;
}

/* The thread is the parent's, and so are the places. */
void uvm_abandon(void)
{
    prepare();
    for (int i = 0; i < PLACES; i++)
        close_place(i);
    all.runs = false;
}
