/* SPDX-License-Identifier: MIT */
/* crew.c - see crew.h */
#include "comparison/crew.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

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

static void work(const struct compare_crew *crew, int in, int out)
{
    struct compare_held held = {0};
    size_t number;

    while (read_all(in, &number, sizeof(number))) {
        struct compare_cell cell = crew->grid->cells[number];

        compare_engine_run(crew->engine, crew->grid, &held, &cell);
        if (!write_all(out, &cell, sizeof(cell)))
            break;
    }
    compare_engine_release(crew->engine, &held);
}

/* The child must not keep the others' pipes open, or they would never see their end. */
static void close_others(const struct compare_crew *crew, const struct compare_worker *self)
{
    for (unsigned i = 0; i < crew->count; i++) {
        if (&crew->workers[i] == self || !crew->workers[i].pid)
            continue;
        close(crew->workers[i].to);
        close(crew->workers[i].from);
    }
}

static bool start(struct compare_crew *crew, struct compare_worker *worker)
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
    worker->to = to[1];
    worker->from = from[0];
    worker->pid = fork();
    if (worker->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* its replay may never end by itself */
        close_others(crew, worker);
        close(to[1]);
        close(from[0]);
        work(crew, to[0], from[1]);
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
static int stop(struct compare_worker *worker)
{
    int status = 0;

    close(worker->to);
    close(worker->from);
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
        ;
    worker->pid = 0;
    return status;
}

/* ---- the owner ------------------------------------------------------------------------------- */

bool compare_crew_open(struct compare_crew *crew, const struct compare_engine *engine,
                       const struct compare_grid *grid, unsigned count)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    *crew = (struct compare_crew){.engine = engine, .grid = grid, .count = count};
    crew->workers = calloc(count, sizeof(*crew->workers));
    if (!crew->workers)
        return false;
    for (unsigned i = 0; i < count; i++)
        crew->workers[i] = (struct compare_worker){.cell = SIZE_MAX, .held = -1};
    sigaction(SIGPIPE, &ignore, &crew->before);
    return true;
}

void compare_crew_close(struct compare_crew *crew)
{
    if (!crew->workers)
        return;
    for (unsigned i = 0; i < crew->count; i++)
        compare_crew_dismiss(&crew->workers[i]);
    sigaction(SIGPIPE, &crew->before, NULL);
    free(crew->workers);
    crew->workers = NULL;
}

/* Its pipe has ended in the middle of a cell. */
static void bury(struct compare_worker *worker, struct compare_cell *cell)
{
    int status = stop(worker);

    cell->missing = COMPARE_FAILED;
    if (WIFSIGNALED(status))
        snprintf(cell->why, sizeof(cell->why), "the replay was ended by signal %d (%s)",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(cell->why, sizeof(cell->why), "the replay ended with status %d",
                 WEXITSTATUS(status));
}

static void finish(struct compare_worker *worker, const struct compare_cell *cell)
{
    worker->held = cell->trace;
    worker->cell = SIZE_MAX;
}

bool compare_crew_begin(struct compare_crew *crew, struct compare_worker *worker, size_t number,
                        struct compare_cell *cell_out)
{
    *cell_out = crew->grid->cells[number];
    worker->cell = number;
    if (!worker->pid && !start(crew, worker)) {
        cell_out->missing = COMPARE_FAILED;
        snprintf(cell_out->why, sizeof(cell_out->why), "no process for it: %s", strerror(errno));
    } else if (!write_all(worker->to, &number, sizeof(number))) {
        bury(worker, cell_out);
    } else {
        return true;
    }
    finish(worker, cell_out);
    return false;
}

void compare_crew_end(struct compare_crew *crew, struct compare_worker *worker,
                      struct compare_cell *cell_out)
{
    if (!read_all(worker->from, cell_out, sizeof(*cell_out))) {
        *cell_out = crew->grid->cells[worker->cell];
        bury(worker, cell_out);
    }
    finish(worker, cell_out);
}

void compare_crew_dismiss(struct compare_worker *worker)
{
    if (worker->pid)
        stop(worker);
}
