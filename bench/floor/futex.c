/* SPDX-License-Identifier: MIT */
/*
 * futex.c - a round trip between two processes: the floor of a launch.
 *
 * One word says whose turn it is.  Neither side spins, because a runtime whose device process spun
 * would pay with a CPU; one that does spin will come out below this floor, and should say so.
 */
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor/floor.h"

enum { TURN_PARENT, TURN_CHILD };

struct floor_futex {
    _Atomic uint32_t *turn;
    pid_t child;
};

static void turn_wait(_Atomic uint32_t *turn, uint32_t mine)
{
    uint32_t seen;

    while ((seen = atomic_load(turn)) != mine)
        syscall(SYS_futex, turn, FUTEX_WAIT, seen, NULL, NULL, 0);
}

static void turn_give(_Atomic uint32_t *turn, uint32_t other)
{
    atomic_store(turn, other);
    syscall(SYS_futex, turn, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void child_main(_Atomic uint32_t *turn)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        turn_wait(turn, TURN_CHILD);
        turn_give(turn, TURN_PARENT);
    }
}

int floor_futex_open(struct floor_futex **out)
{
    struct floor_futex *f = malloc(sizeof(*f));
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (!f || page == MAP_FAILED) {
        free(f);
        return ENOMEM;
    }
    f->turn = page;
    f->child = fork();
    if (f->child == 0)
        child_main(f->turn);
    if (f->child < 0) {
        int error = errno;

        munmap(page, 4096);
        free(f);
        return error;
    }
    *out = f;
    return 0;
}

void floor_futex_close(struct floor_futex *f)
{
    if (!f)
        return;
    kill(f->child, SIGKILL);
    waitpid(f->child, NULL, 0);
    munmap((void *)f->turn, 4096);
    free(f);
}

double floor_futex_trips(struct floor_futex *f, unsigned count)
{
    double start = floor_now();

    for (unsigned i = 0; i < count; i++) {
        turn_give(f->turn, TURN_CHILD);
        turn_wait(f->turn, TURN_PARENT);
    }
    return floor_now() - start;
}
