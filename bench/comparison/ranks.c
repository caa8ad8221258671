/* SPDX-License-Identifier: MIT */
/* ranks.c - rank 0 deals, everybody replays; see ranks.h */
#include "comparison/ranks.h"

#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "comparison/crew.h"
#include "comparison/pool.h"

#define PAUSE_NS 200000          /* between looks for messages */
#define GIVEN 2u                 /* cells a rank has, so that it does not wait for messages */

static bool say(struct compare_problem *problem, const char *text)
{
    snprintf(problem->text, sizeof(problem->text), "%s", text);
    return false;
}

/* ---- the module ------------------------------------------------------------------------------ */

bool compare_ranks_wanted(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (getenv(names[i]))
            return true;
    return false;
}

/* The folder of this program, ended by '/'. */
static void own_folder(char *folder, size_t bytes)
{
    ssize_t length = readlink("/proc/self/exe", folder, bytes - 1);

    folder[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[1] = '\0';
}

static const struct compare_mpi *load(struct compare_problem *problem)
{
    static const char *const places[] = {HUM_MODULES_FROM_BIN "/", ""};
    char folder[4096], path[4400];

    own_folder(folder, sizeof(folder));
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        void *module;

        snprintf(path, sizeof(path), "%s%shum-mpi.so", folder, places[i]);
        if (access(path, R_OK) != 0)
            continue;
        module = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
        if (module)
            return dlsym(module, COMPARE_MPI_SYMBOL);
        snprintf(problem->text, sizeof(problem->text), "cannot load %.150s: %.120s", path,
                 dlerror());
        return NULL;
    }
    say(problem, "this hum was built without MPI: install an MPI (Debian: libopenmpi-dev) and "
                 "build again, or run without mpirun");
    return NULL;
}

/* ---- ranks that only replay ------------------------------------------------------------------ */

static bool follow(struct compare_crew *crew, const struct compare_mpi *mpi)
{
    struct compare_cell cell = {.trace = UINT32_MAX}; /* the first message asks for work */
    bool good = mpi->send(0, &cell, sizeof(cell));
    size_t number;

    while (good && mpi->receive(0, &number, sizeof(number), NULL) && number != SIZE_MAX) {
        if (compare_crew_begin(crew, crew->workers, number, &cell))
            compare_crew_end(crew, crew->workers, &cell);
        good = mpi->send(0, &cell, sizeof(cell));
    }
    return good;
}

/* ---- rank 0 ---------------------------------------------------------------------------------- */

struct leader {
    struct compare_crew *crew;   /* of one */
    const struct compare_mpi *mpi;
    struct compare_grid *grid;
    struct compare_progress *progress;
    struct compare_deal *deal;
    unsigned *given;             /* by rank: cells it has, the one it works on included */
    int ended, others;
    size_t left;
};

static void keep(struct leader *leader, const struct compare_cell *cell)
{
    *compare_grid_cell(leader->grid, cell->trace, cell->ratio, cell->policy) = *cell;
    leader->left--;
    compare_progress_step(leader->progress, cell->missing == COMPARE_FAILED);
}

/* Give a rank cells until it has GIVEN of them; one that has none and gets none is told to end. */
static bool give(struct leader *leader, int to, long held)
{
    size_t next = 0;

    while (leader->given[to] < GIVEN && next != SIZE_MAX) {
        next = compare_deal_next(leader->deal, held);
        if (next == SIZE_MAX && leader->given[to] > 0)
            return true;
        if (!leader->mpi->send(to, &next, sizeof(next)))
            return false;
        if (next == SIZE_MAX)
            leader->ended++;
        else
            leader->given[to]++;
    }
    return true;
}

/* Take one message and answer it. */
static bool answer(struct leader *leader)
{
    struct compare_cell cell;
    long held = -1;
    int from;

    if (!leader->mpi->receive(-1, &cell, sizeof(cell), &from))
        return false;
    if (cell.trace != UINT32_MAX) {
        keep(leader, &cell);
        leader->given[from]--;
        held = (long)cell.trace;
    }
    return give(leader, from, held);
}

/* Wait a little for the rank's own cell, if it has one. */
static void pause_for(struct leader *leader, struct compare_worker *worker)
{
    struct pollfd wanted = {.fd = worker->cell == SIZE_MAX ? -1 : worker->from, .events = POLLIN};
    const struct timespec pause = {0, PAUSE_NS};
    struct compare_cell cell;

    if (ppoll(&wanted, 1, &pause, NULL) <= 0)
        return;
    compare_crew_end(leader->crew, worker, &cell);
    keep(leader, &cell);
}

static bool lead(struct leader *leader)
{
    struct compare_worker *own = leader->crew->workers;
    bool good = true;

    while (good && (leader->left || leader->ended < leader->others)) {
        struct compare_cell cell;
        size_t number;

        while (good && leader->mpi->waits())
            good = answer(leader);
        number = own->cell == SIZE_MAX ? compare_deal_next(leader->deal, own->held) : SIZE_MAX;
        if (number != SIZE_MAX && !compare_crew_begin(leader->crew, own, number, &cell))
            keep(leader, &cell);
        else
            pause_for(leader, own);
    }
    return good;
}

static bool run_first(struct compare_crew *crew, const struct compare_mpi *mpi,
                      struct compare_grid *grid, struct compare_progress *progress, int size)
{
    struct leader leader = {
        .crew = crew, .mpi = mpi, .grid = grid, .progress = progress, .others = size - 1};
    bool good;

    leader.left = compare_grid_count(grid);
    leader.deal = compare_deal_create(grid);
    leader.given = calloc((size_t)size, sizeof(*leader.given));
    good = leader.deal && leader.given && lead(&leader);
    compare_deal_destroy(leader.deal);
    free(leader.given);
    return good;
}

bool compare_ranks_run(const struct compare_engine *engine, struct compare_grid *grid,
                       struct compare_progress *progress, bool *first_out,
                       struct compare_problem *problem)
{
    const struct compare_mpi *mpi = load(problem);
    struct compare_crew crew;
    int rank, size;
    bool good;

    *first_out = true;
    if (!mpi)
        return false;
    if (!compare_crew_open(&crew, engine, grid, 1))
        return say(problem, "out of memory");
    good = mpi->start(&rank, &size) || say(problem, "MPI could not be started");
    if (!good) {
        compare_crew_close(&crew);
        return false;
    }
    *first_out = rank == 0;
    good = rank == 0 ? run_first(&crew, mpi, grid, progress, size) : follow(&crew, mpi);
    compare_crew_close(&crew);
    mpi->end();
    return good || say(problem, "a message between ranks was lost");
}
