/* SPDX-License-Identifier: MIT */
/* search.c - see search.h */
#include "advise/search.h"

#include <stdlib.h>
#include <string.h>

#include "comparison/pool.h"
#include "comparison/replay_engine.h"

#define MEASURES_MAX (ADVISE_TOGETHER_MAX * ADVISE_PARTS_MAX)

/* Candidates that are replayed together. */
struct trial {
    size_t members[ADVISE_TOGETHER_MAX];
    size_t count;
    const struct compare_cell *cell; /* what came of it, while its round lives */
};

struct round {
    const struct advise_search *search;
    struct trial *trials;
    size_t count;
    struct compare_grid grid;
};

double advise_gain(const struct compare_figures *before, const struct compare_figures *after)
{
    return before->modelled_ns
               ? ((double)before->modelled_ns - (double)after->modelled_ns) /
                     (double)before->modelled_ns
               : 0.0;
}

/* ---- one replay, in a process of its own ----------------------------------------------------- */

static void *load(void *context, const char *path, char *why, size_t why_bytes)
{
    const struct round *round = context;
    struct replay_trace *again = malloc(sizeof(*again));

    (void)path;
    if (again)
        replay_again(round->search->trace, again);
    else
        snprintf(why, why_bytes, "out of memory");
    return again;
}

static void unload(void *context, void *trace)
{
    (void)context;
    replay_again_close(trace);
    free(trace);
}

static void add_member(const struct advise_candidate *candidate, struct replay_request *request,
                       struct humi_measure *measures)
{
    if (candidate->subject == ADVISE_WHOLE && candidate->policy)
        request->policy = candidate->policy;
    if (candidate->capacity)
        request->capacity = (struct humi_capacity){.pages = candidate->capacity};
    memcpy(&measures[request->measures.count], candidate->measures,
           candidate->measure_count * sizeof(*measures));
    request->measures.count += candidate->measure_count;
}

static void run(void *context, void *trace, const struct compare_grid *grid,
                struct compare_cell *cell)
{
    const struct round *round = context;
    const struct trial *trial = &round->trials[cell->policy];
    struct replay_request request = *round->search->base;
    size_t own = request.measures.count;
    struct humi_measure *measures = calloc(own + MEASURES_MAX, sizeof(*measures));
    struct trace_problem problem = {"out of memory"};
    struct replay_outcome outcome;
    bool good = measures != NULL;

    (void)grid;
    if (own && good)
        memcpy(measures, request.measures.list, own * sizeof(*measures));
    request.measures.list = measures;
    request.listener = NULL;
    for (size_t i = 0; good && i < trial->count; i++)
        add_member(&round->search->plan->candidates[trial->members[i]], &request, measures);
    good = good && replay_run(trace, &request, &outcome, &problem);
    if (good)
        cell->figures = compare_figures_of(&outcome);
    cell->missing = good ? COMPARE_THERE : COMPARE_FAILED;
    if (!good)
        snprintf(cell->why, sizeof(cell->why), "%.239s", problem.text);
    free(measures);
}

/* ---- a round of them ------------------------------------------------------------------------- */

/* A grid of one trace and one ratio, whose policies are the numbers of the trials. */
static bool make_grid(struct round *round)
{
    struct compare_grid *grid = &round->grid;
    struct compare_problem problem;

    if (!compare_grid_add_trace(grid, round->search->trace->path, &problem) ||
        !compare_grid_add_ratios(grid, "1", &problem))
        return false;
    grid->policies = calloc(round->count, sizeof(*grid->policies));
    for (size_t i = 0; grid->policies && i < round->count; i++) {
        char name[24];

        snprintf(name, sizeof(name), "%zu", i);
        if (!(grid->policies[i] = strdup(name)))
            return false;
        grid->policy_count++;
    }
    return grid->policies && compare_grid_make(grid, &problem);
}

static bool run_round(struct advise_search *search, struct round *round,
                      struct trace_problem *problem)
{
    const struct compare_engine engine = {round, load, unload, run};
    struct compare_progress progress;
    struct compare_problem why = {"out of memory"};
    unsigned jobs = round->count < search->jobs ? (unsigned)round->count : search->jobs;
    bool good = make_grid(round);

    if (good) {
        compare_progress_init(&progress, search->progress, round->count);
        progress.command = "advise";
        good = compare_pool_run(&engine, &round->grid, jobs, &progress, &why);
        compare_progress_end(&progress);
    }
    for (size_t i = 0; good && i < round->count; i++) {
        round->trials[i].cell = &round->grid.cells[i];
        search->replays++;
        search->failed += round->grid.cells[i].missing == COMPARE_FAILED;
    }
    return good || trace_problem_say(problem, "%s", why.text);
}

static void end_round(struct round *round)
{
    compare_grid_fini(&round->grid);
    free(round->trials);
}

/* ---- alone ----------------------------------------------------------------------------------- */

static bool run_alone(struct advise_search *search, struct trace_problem *problem)
{
    struct advise_plan *plan = search->plan;
    struct round round = {.search = search, .count = plan->count};
    bool good;

    if (!plan->count)
        return true;
    round.trials = calloc(plan->count, sizeof(*round.trials));
    if (!round.trials)
        return trace_problem_say(problem, "out of memory");
    for (size_t i = 0; i < plan->count; i++)
        round.trials[i] = (struct trial){.members = {i}, .count = 1};
    good = run_round(search, &round, problem);
    for (size_t i = 0; good && i < plan->count; i++) {
        const struct compare_cell *cell = round.trials[i].cell;

        plan->candidates[i].failed = cell->missing == COMPARE_FAILED;
        plan->candidates[i].figures = cell->figures;
        snprintf(plan->candidates[i].why_failed, sizeof(plan->candidates[i].why_failed), "%s",
                 cell->why);
    }
    end_round(&round);
    return good;
}

/* By gain, and at equal gains in the order of the plan, which has the simpler ones first. */
static void keep(struct advise_search *search, size_t candidate)
{
    const struct advise_candidate *list = search->plan->candidates;
    size_t place = search->kept_count++;

    while (place && list[search->kept[place - 1]].figures.modelled_ns >
                        list[candidate].figures.modelled_ns) {
        search->kept[place] = search->kept[place - 1];
        place--;
    }
    search->kept[place] = candidate;
}

static bool keep_all(struct advise_search *search, struct trace_problem *problem)
{
    const struct advise_plan *plan = search->plan;

    search->kept = calloc(plan->count + 1, sizeof(*search->kept));
    if (!search->kept)
        return trace_problem_say(problem, "out of memory");
    for (size_t i = 0; i < plan->count; i++)
        if (!plan->candidates[i].failed && plan->candidates[i].kind != ADVISE_CAPACITY &&
            advise_gain(&search->before, &plan->candidates[i].figures) > ADVISE_GAIN_LEAST)
            keep(search, i);
    return true;
}

/* ---- together -------------------------------------------------------------------------------- */

/* The best of each subject, best first; how many. */
static size_t best_of_each(const struct advise_search *search, size_t *best)
{
    const struct advise_candidate *list = search->plan->candidates;
    size_t count = 0;

    for (size_t i = 0; i < search->kept_count; i++) {
        bool has = false;

        for (size_t j = 0; j < count && !has; j++)
            has = list[best[j]].subject == list[search->kept[i]].subject;
        if (!has && count < ADVISE_TOGETHER_MAX)
            best[count++] = search->kept[i];
    }
    return count;
}

static void take(struct advise_search *search, size_t candidate,
                 const struct compare_figures *after)
{
    search->together[search->together_count++] = candidate;
    search->after = *after;
}

/* What is there with each of the others. */
static bool make_trials(const struct advise_search *search, struct round *round,
                        const size_t *others, size_t count)
{
    round->trials = calloc(count, sizeof(*round->trials));
    round->count = count;
    for (size_t i = 0; round->trials && i < count; i++) {
        struct trial *trial = &round->trials[i];

        memcpy(trial->members, search->together,
               search->together_count * sizeof(*search->together));
        trial->count = search->together_count;
        trial->members[trial->count++] = others[i];
    }
    return round->trials != NULL;
}

/* Take the best of a round, if it adds enough; the others stay if they add anything.  How many. */
static size_t choose(struct advise_search *search, const struct round *round, size_t *others)
{
    struct compare_figures now = search->after;
    size_t best = SIZE_MAX, left = 0;

    for (size_t i = 0; i < round->count; i++) {
        const struct compare_cell *cell = round->trials[i].cell;

        if (cell->missing || cell->figures.modelled_ns >= now.modelled_ns)
            continue;
        if (best == SIZE_MAX ||
            cell->figures.modelled_ns < round->trials[best].cell->figures.modelled_ns)
            best = i;
    }
    if (best == SIZE_MAX)
        return 0;
    if (advise_gain(&search->before, &round->trials[best].cell->figures) -
            advise_gain(&search->before, &now) <=
        ADVISE_GAIN_LEAST)
        return 0;
    take(search, others[best], &round->trials[best].cell->figures);
    for (size_t i = 0; i < round->count; i++)
        if (i != best && !round->trials[i].cell->missing &&
            round->trials[i].cell->figures.modelled_ns < now.modelled_ns)
            others[left++] = others[i];
    return left;
}

static bool run_together(struct advise_search *search, struct trace_problem *problem)
{
    size_t others[ADVISE_TOGETHER_MAX];
    size_t left = best_of_each(search, others);

    search->after = search->before;
    if (!left)
        return true;
    take(search, others[0], &search->plan->candidates[others[0]].figures);
    memmove(&others[0], &others[1], --left * sizeof(others[0]));
    while (left) {
        struct round round = {.search = search};
        bool good = make_trials(search, &round, others, left) ||
                    trace_problem_say(problem, "out of memory");

        good = good && run_round(search, &round, problem);
        if (good)
            left = choose(search, &round, others);
        end_round(&round);
        if (!good)
            return false;
    }
    return true;
}

bool advise_search_run(struct advise_search *search, struct trace_problem *problem)
{
    return run_alone(search, problem) && keep_all(search, problem) &&
           run_together(search, problem);
}

void advise_search_fini(struct advise_search *search)
{
    free(search->kept);
    search->kept = NULL;
}
