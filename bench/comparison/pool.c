/* SPDX-License-Identifier: MIT */
/* pool.c - see pool.h */
#include "comparison/pool.h"

#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "comparison/crew.h"

struct pool {
    struct compare_crew crew;
    struct compare_grid *grid;
    struct compare_progress *progress;
    struct compare_deal *deal;
    struct pollfd *polls;        /* one a worker */
    size_t left;                 /* cells without a result */
};

static void keep(struct pool *pool, const struct compare_cell *cell)
{
    *compare_grid_cell(pool->grid, cell->trace, cell->ratio, cell->policy) = *cell;
    pool->left--;
    compare_progress_step(pool->progress, cell->missing == COMPARE_FAILED);
}

/* Deal cells to an idle worker until it works on one; one that finds none left is ended. */
static void feed(struct pool *pool, struct compare_worker *worker)
{
    while (worker->cell == SIZE_MAX) {
        size_t number = compare_deal_next(pool->deal, worker->held);
        struct compare_cell cell;

        if (number == SIZE_MAX) {
            compare_crew_dismiss(worker);
            return;
        }
        if (!compare_crew_begin(&pool->crew, worker, number, &cell))
            keep(pool, &cell);
    }
}

static void take(struct pool *pool, struct compare_worker *worker)
{
    struct compare_cell cell;

    compare_crew_end(&pool->crew, worker, &cell);
    keep(pool, &cell);
    feed(pool, worker);
}

static void run(struct pool *pool)
{
    struct compare_worker *workers = pool->crew.workers;
    unsigned count = pool->crew.count;

    for (unsigned i = 0; i < count; i++)
        feed(pool, &workers[i]);
    while (pool->left) {
        for (unsigned i = 0; i < count; i++)
            pool->polls[i] = (struct pollfd){
                .fd = workers[i].cell == SIZE_MAX ? -1 : workers[i].from, .events = POLLIN};
        if (poll(pool->polls, count, -1) <= 0)
            continue;
        for (unsigned i = 0; i < count; i++)
            if (pool->polls[i].revents)
                take(pool, &workers[i]);
    }
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
    struct pool pool = {.grid = grid, .progress = progress};
    bool made;

    pool.left = compare_grid_count(grid);
    pool.deal = compare_deal_create(grid);
    pool.polls = calloc(jobs, sizeof(*pool.polls));
    made = pool.deal && pool.polls && compare_crew_open(&pool.crew, engine, grid, jobs);
    if (made)
        run(&pool);
    else
        snprintf(problem->text, sizeof(problem->text), "out of memory for %u workers", jobs);
    compare_crew_close(&pool.crew);
    compare_deal_destroy(pool.deal);
    free(pool.polls);
    return made;
}
