/* SPDX-License-Identifier: MIT */
/* pool.c - see pool.h */
#include "comparison/pool.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct worker {
    pid_t pid;                   /* 0: none */
    int to, from;                /* pipes */
    size_t cell;                 /* it works on; SIZE_MAX: none */
    long held;                   /* trace, -1: none */
};

struct pool {
    const struct compare_engine *engine;
    struct compare_grid *grid;
    struct compare_progress *progress;
    struct compare_deal *deal;
    struct worker *workers;
    struct pollfd *polls;
    unsigned jobs;
    size_t left;                 /* cells without a result */
};

/* ---- bytes through pipes --------------------------------------------------------------------- */

static bool write_all(int fd, const void *bytes, size_t count)
{
    for (const char *at = bytes; count;) {
        ssize_t n = write(fd, at, count);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        count -= (size_t)n;
    }
    return true;
}

static bool read_all(int fd, void *bytes, size_t count)
{
    for (char *at = bytes; count;) {
        ssize_t n = read(fd, at, count);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        count -= (size_t)n;
    }
    return true;
}

/* ---- a worker -------------------------------------------------------------------------------- */

static void work(const struct pool *pool, int in, int out)
{
    struct compare_held held = {0};
    size_t number;

    while (read_all(in, &number, sizeof(number))) {
        struct compare_cell cell = pool->grid->cells[number];

        compare_engine_run(pool->engine, pool->grid, &held, &cell);
        if (!write_all(out, &cell, sizeof(cell)))
            break;
    }
    compare_engine_release(pool->engine, &held);
}

/* The child must not keep the others' pipes open, or they would never see their end. */
static void close_others(const struct pool *pool, const struct worker *self)
{
    for (unsigned i = 0; i < pool->jobs; i++) {
        if (&pool->workers[i] == self || !pool->workers[i].pid)
            continue;
        close(pool->workers[i].to);
        close(pool->workers[i].from);
    }
}

static bool start(struct pool *pool, struct worker *worker)
{
    int to[2], from[2];

    if (pipe(to) != 0)
        return false;
    if (pipe(from) != 0) {
        close(to[0]);
        close(to[1]);
        return false;
    }
    fflush(NULL);
    *worker = (struct worker){.to = to[1], .from = from[0], .cell = SIZE_MAX, .held = -1};
    worker->pid = fork();
    if (worker->pid == 0) {
        close_others(pool, worker);
        close(to[1]);
        close(from[0]);
        work(pool, to[0], from[1]);
        _exit(EXIT_SUCCESS);
    }
    close(to[0]);
    close(from[1]);
    if (worker->pid > 0)
        return true;
    close(to[1]);
    close(from[0]);
    worker->pid = 0;
    return false;
}

/* It ends when its pipe does; how it ended. */
static int stop(struct worker *worker)
{
    int status = 0;

    close(worker->to);
    close(worker->from);
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
        ;
    worker->pid = 0;
    return status;
}

/* ---- the parent ------------------------------------------------------------------------------ */

static void finish(struct pool *pool, struct worker *worker, const struct compare_cell *result)
{
    pool->grid->cells[worker->cell] = *result;
    worker->held = result->trace;
    worker->cell = SIZE_MAX;
    pool->left--;
    compare_progress_step(pool->progress, result->missing == COMPARE_FAILED);
}

/* Its pipe has ended in the middle of a cell. */
static void bury(struct pool *pool, struct worker *worker)
{
    struct compare_cell cell = pool->grid->cells[worker->cell];
    int status = stop(worker);

    cell.missing = COMPARE_FAILED;
    if (WIFSIGNALED(status))
        snprintf(cell.why, sizeof(cell.why), "the replay was ended by signal %d (%s)",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(cell.why, sizeof(cell.why), "the replay ended with status %d",
                 WEXITSTATUS(status));
    finish(pool, worker, &cell);
}

/* No process could be made for the cell. */
static void refuse(struct pool *pool, struct worker *worker)
{
    struct compare_cell cell = pool->grid->cells[worker->cell];

    cell.missing = COMPARE_FAILED;
    snprintf(cell.why, sizeof(cell.why), "no process for it: %s", strerror(errno));
    finish(pool, worker, &cell);
}

/* Deal cells to an idle worker until it works on one; one that finds none left is ended. */
static void feed(struct pool *pool, struct worker *worker)
{
    while (worker->cell == SIZE_MAX) {
        size_t number = compare_deal_next(pool->deal, worker->held);

        if (number == SIZE_MAX) {
            if (worker->pid)
                stop(worker);
            return;
        }
        if (!worker->pid && !start(pool, worker)) {
            worker->cell = number;
            refuse(pool, worker);
            continue;
        }
        worker->cell = number;
        if (!write_all(worker->to, &number, sizeof(number)))
            bury(pool, worker);
    }
}

static void take(struct pool *pool, struct worker *worker)
{
    struct compare_cell cell;

    if (read_all(worker->from, &cell, sizeof(cell)))
        finish(pool, worker, &cell);
    else
        bury(pool, worker);
    feed(pool, worker);
}

static void run(struct pool *pool)
{
    for (unsigned i = 0; i < pool->jobs; i++)
        feed(pool, &pool->workers[i]);
    while (pool->left) {
        for (unsigned i = 0; i < pool->jobs; i++) {
            bool busy = pool->workers[i].pid && pool->workers[i].cell != SIZE_MAX;

            pool->polls[i] = (struct pollfd){.fd = busy ? pool->workers[i].from : -1,
                                             .events = POLLIN};
        }
        if (poll(pool->polls, pool->jobs, -1) <= 0)
            continue;
        for (unsigned i = 0; i < pool->jobs; i++)
            if (pool->polls[i].revents)
                take(pool, &pool->workers[i]);
    }
    for (unsigned i = 0; i < pool->jobs; i++)
        if (pool->workers[i].pid)
            stop(&pool->workers[i]);
}

unsigned compare_pool_cores(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

    return count > 0 ? (unsigned)count : 1;
}

bool compare_pool_run(const struct compare_engine *engine, struct compare_grid *grid,
                      unsigned jobs, struct compare_progress *progress,
                      struct compare_problem *problem)
{
    struct pool pool = {.engine = engine, .grid = grid, .progress = progress, .jobs = jobs};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    bool made;

    pool.left = compare_grid_count(grid);
    pool.deal = compare_deal_create(grid);
    pool.workers = calloc(jobs, sizeof(*pool.workers));
    pool.polls = calloc(jobs, sizeof(*pool.polls));
    made = pool.deal && pool.workers && pool.polls;
    if (made) {
        for (unsigned i = 0; i < jobs; i++)
            pool.workers[i] = (struct worker){.cell = SIZE_MAX, .held = -1};
        sigaction(SIGPIPE, &ignore, &before); /* a worker that died is seen by EPIPE */
        run(&pool);
        sigaction(SIGPIPE, &before, NULL);
    } else {
        snprintf(problem->text, sizeof(problem->text), "out of memory for %u workers", jobs);
    }
    compare_deal_destroy(pool.deal);
    free(pool.workers);
    free(pool.polls);
    return made;
}
