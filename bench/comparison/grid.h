/* SPDX-License-Identifier: MIT */
/*
 * grid.h - what is compared: every trace under every policy at every ratio.
 *
 * Cells are numbered trace by trace, then ratio by ratio, then policy by policy, so that those of
 * one trace, which share its loading, and those of one row of a table lie together.
 * Ownership: the grid owns its texts and cells.
 */
#ifndef HUM_COMPARE_GRID_H
#define HUM_COMPARE_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include "comparison/figures.h"

#define COMPARE_RATIOS_MAX 64u
#define COMPARE_POLICIES_MAX 256u
#define COMPARE_CELLS_MAX (1u << 24)

struct compare_grid {
    char **traces;               /* paths */
    char **policies;             /* as users type them */
    double *ratios;              /* footprint / capacity */
    unsigned trace_count, policy_count, ratio_count;
    struct compare_cell *cells;  /* of compare_grid_make() */
};

/* Why a list could not be read. */
struct compare_problem {
    char text[320];
};

/*
 * "1.0,1.25" to ratios.  Names of policies: items are parted by ';'; an item of plain names parted
 * by ',' is several policies, one with '=' is a single policy of parts, such as
 * "driver,prefetch.threshold=75".  "all" stands for `every`, a NULL-ended list.  The lists grow;
 * what stands twice counts once.
 */
bool compare_grid_add_ratios(struct compare_grid *grid, const char *text,
                             struct compare_problem *problem);
bool compare_grid_add_policies(struct compare_grid *grid, const char *text,
                               const char *const *every, struct compare_problem *problem);
bool compare_grid_add_trace(struct compare_grid *grid, const char *path,
                            struct compare_problem *problem);

/* When the lists are complete: make the cells. */
bool compare_grid_make(struct compare_grid *grid, struct compare_problem *problem);
/* Cells that are missing so. */
size_t compare_grid_missing(const struct compare_grid *grid, enum compare_missing missing);
void compare_grid_fini(struct compare_grid *grid);

static inline size_t compare_grid_count(const struct compare_grid *grid)
{
    return (size_t)grid->trace_count * grid->ratio_count * grid->policy_count;
}

static inline struct compare_cell *compare_grid_cell(const struct compare_grid *grid,
                                                     unsigned trace, unsigned ratio,
                                                     unsigned policy)
{
    return &grid->cells[((size_t)trace * grid->ratio_count + ratio) * grid->policy_count + policy];
}

#endif
