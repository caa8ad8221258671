/* SPDX-License-Identifier: MIT */
/* grid.c - see grid.h */
#include "comparison/grid.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATIO_LEAST 0.01
#define RATIO_MOST 1e6

static bool say(struct compare_problem *problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool say(struct compare_problem *problem, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(problem->text, sizeof(problem->text), format, args);
    va_end(args);
    return false;
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* Append a copy; one that is there already is left alone if `once`. */
static bool add_text(char ***list, unsigned *count, unsigned most, const char *text, size_t bytes,
                     bool once, struct compare_problem *problem)
{
    char **larger;

    for (unsigned i = 0; once && i < *count; i++)
        if (strlen((*list)[i]) == bytes && memcmp((*list)[i], text, bytes) == 0)
            return true;
    if (*count == most)
        return say(problem, "more than %u are too many", most);
    larger = realloc(*list, (*count + 1) * sizeof(**list));
    if (!larger)
        return say(problem, "out of memory");
    *list = larger;
    larger[*count] = strndup(text, bytes);
    if (!larger[*count])
        return say(problem, "out of memory");
    ++*count;
    return true;
}

static bool add_ratio(struct compare_grid *grid, double ratio, struct compare_problem *problem)
{
    double *larger;

    for (unsigned i = 0; i < grid->ratio_count; i++)
        if (grid->ratios[i] == ratio)
            return true;
    if (grid->ratio_count == COMPARE_RATIOS_MAX)
        return say(problem, "more than %u ratios are too many", COMPARE_RATIOS_MAX);
    larger = realloc(grid->ratios, (grid->ratio_count + 1) * sizeof(*larger));
    if (!larger)
        return say(problem, "out of memory");
    grid->ratios = larger;
    larger[grid->ratio_count++] = ratio;
    return true;
}

bool compare_grid_add_ratios(struct compare_grid *grid, const char *text,
                             struct compare_problem *problem)
{
    for (const char *at = text;; at++) {
        char *end;
        double ratio = strtod(at, &end);

        if (end == at || (*end && *end != ',') || !(ratio >= RATIO_LEAST && ratio <= RATIO_MOST))
            return say(problem, "'%s' is no list of ratios of footprint to capacity, such as "
                                "1.0,1.25,2", text);
        if (!add_ratio(grid, ratio, problem))
            return false;
        if (!*end)
            return true;
        at = end;
    }
}

static bool add_policy(struct compare_grid *grid, const char *text, size_t bytes,
                       const char *const *every, struct compare_problem *problem)
{
    while (bytes && *text == ' ') {
        text++;
        bytes--;
    }
    while (bytes && text[bytes - 1] == ' ')
        bytes--;
    if (bytes == 0)
        return say(problem, "a policy without a name");
    if (bytes != 3 || memcmp(text, "all", 3) != 0)
        return add_text(&grid->policies, &grid->policy_count, COMPARE_POLICIES_MAX, text, bytes,
                        true, problem);
    for (; *every; every++)
        if (!add_text(&grid->policies, &grid->policy_count, COMPARE_POLICIES_MAX, *every,
                      strlen(*every), true, problem))
            return false;
    return true;
}

/* An item without '=' is a list of names. */
static bool add_item(struct compare_grid *grid, const char *text, size_t bytes,
                     const char *const *every, struct compare_problem *problem)
{
    if (memchr(text, '=', bytes))
        return add_policy(grid, text, bytes, every, problem);
    for (;;) {
        const char *comma = memchr(text, ',', bytes);
        size_t length = comma ? (size_t)(comma - text) : bytes;

        if (!add_policy(grid, text, length, every, problem))
            return false;
        if (!comma)
            return true;
        bytes -= length + 1;
        text = comma + 1;
    }
}

bool compare_grid_add_policies(struct compare_grid *grid, const char *text,
                               const char *const *every, struct compare_problem *problem)
{
    for (;;) {
        size_t bytes = strcspn(text, ";");

        if (!add_item(grid, text, bytes, every, problem))
            return false;
        if (!text[bytes])
            return true;
        text += bytes + 1;
    }
}

bool compare_grid_add_trace(struct compare_grid *grid, const char *path,
                            struct compare_problem *problem)
{
    return add_text(&grid->traces, &grid->trace_count, COMPARE_CELLS_MAX, path, strlen(path), true,
                    problem);
}

/* ---- cells ----------------------------------------------------------------------------------- */

bool compare_grid_make(struct compare_grid *grid, struct compare_problem *problem)
{
    size_t count = compare_grid_count(grid);

    if (count == 0)
        return say(problem, "nothing to compare: it takes a trace, a policy and a ratio");
    if (count > COMPARE_CELLS_MAX)
        return say(problem, "%zu replays are more than the %u that fit one comparison", count,
                   COMPARE_CELLS_MAX);
    grid->cells = calloc(count, sizeof(*grid->cells));
    if (!grid->cells)
        return say(problem, "out of memory for %zu results", count);
    for (unsigned t = 0; t < grid->trace_count; t++)
        for (unsigned r = 0; r < grid->ratio_count; r++)
            for (unsigned p = 0; p < grid->policy_count; p++) {
                struct compare_cell *cell = compare_grid_cell(grid, t, r, p);

                cell->trace = t;
                cell->ratio = r;
                cell->policy = p;
            }
    return true;
}

size_t compare_grid_missing(const struct compare_grid *grid, enum compare_missing missing)
{
    size_t count = compare_grid_count(grid), number = 0;

    for (size_t i = 0; i < count; i++)
        number += grid->cells[i].missing == missing;
    return number;
}

void compare_grid_fini(struct compare_grid *grid)
{
    for (unsigned i = 0; i < grid->trace_count; i++)
        free(grid->traces[i]);
    for (unsigned i = 0; i < grid->policy_count; i++)
        free(grid->policies[i]);
    free(grid->traces);
    free(grid->policies);
    free(grid->ratios);
    free(grid->cells);
    *grid = (struct compare_grid){0};
}
