/* SPDX-License-Identifier: MIT */
/*
 * fail_call.c - the order, in memory that all processes share.
 *
 * Started processes inherit its descriptor, whose number and the library itself they are told in
 * the environment.  The number is high: the runtime puts its own descriptors on low ones.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/fail_call_order.h"

#define VARIABLE "HUM_TEST_FAIL_CALL"
#define LEAST_FD 100

struct order {
    atomic_int call, place, left; /* left: 1 is the call that fails, less: it did */
    atomic_int thread;
    atomic_ulong where;
};

static struct order *order;
static enum fail_place place;
static uintptr_t program_base, program_end;

const char *fail_call_text(enum fail_call call)
{
    static const char *const texts[] = {
#define FAIL_CALL_TEXT(name, text) text,
        FAIL_CALL_LIST(FAIL_CALL_TEXT)
#undef FAIL_CALL_TEXT
    };

    return texts[call];
}

/* ---- who counts ------------------------------------------------------------------------------ */

/* The loader lists the main program first. */
static int note_program(struct dl_phdr_info *info, size_t bytes, void *unused)
{
    (void)bytes;
    (void)unused;
    program_base = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t end = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
        if (info->dlpi_phdr[i].p_type == PT_LOAD && end > program_end)
            program_end = end;
    }
    return 1;
}

bool fail_is_ours(const void *caller)
{
    return (uintptr_t)caller >= program_base && (uintptr_t)caller < program_end;
}

bool fail_now(enum fail_call call, const void *caller)
{
    if (!order || atomic_load(&order->call) != (int)call ||
        atomic_load(&order->place) != (int)place || !fail_is_ours(caller) ||
        atomic_fetch_sub(&order->left, 1) != 1)
        return false;
    atomic_store(&order->thread, gettid());
    atomic_store(&order->where, (uintptr_t)caller - program_base);
    return true;
}

/* ---- starting -------------------------------------------------------------------------------- */

static bool map_order(int fd)
{
    void *got = mmap(NULL, sizeof *order, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    order = got == MAP_FAILED ? NULL : got;
    return order;
}

__attribute__((constructor)) static void start(void)
{
    const char *fd = getenv(VARIABLE);

    dl_iterate_phdr(note_program, NULL);
    if (!fd)
        return;
    place = FAIL_IN_STARTED;
    (void)map_order(atoi(fd));
}

static bool tell_children(int fd)
{
    char number[16];
    Dl_info self;

    snprintf(number, sizeof number, "%d", fd);
    return dladdr((void *)(uintptr_t)fail_call_init, &self) &&
           setenv("LD_PRELOAD", self.dli_fname, 1) == 0 && setenv(VARIABLE, number, 1) == 0;
}

bool fail_call_init(void)
{
    int low = memfd_create("fail-call", MFD_CLOEXEC), fd;

    if (low < 0)
        return false;
    fd = fcntl(low, F_DUPFD, LEAST_FD);
    close(low);
    return fd >= 0 && ftruncate(fd, sizeof *order) == 0 && map_order(fd) && tell_children(fd);
}

/* ---- orders ---------------------------------------------------------------------------------- */

void fail_call_arm(enum fail_place where, enum fail_call call, int n)
{
    atomic_store(&order->call, (int)call);
    atomic_store(&order->place, (int)where);
    atomic_store(&order->thread, 0);
    atomic_store(&order->where, 0);
    atomic_store(&order->left, n);
}

bool fail_call_disarm(void)
{
    atomic_store(&order->call, -1);
    return atomic_load(&order->thread) != 0;
}

int fail_call_thread(void)
{
    return atomic_load(&order->thread);
}

unsigned long fail_call_where(void)
{
    return atomic_load(&order->where);
}
