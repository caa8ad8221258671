/* SPDX-License-Identifier: MIT */
/*
 * table.h - what the cells of a grid say about the policies.
 *
 * The cost of a cell is its modelled time.  At one trace and ratio, a *point*:
 *     best      the least cost of the policies compared
 *     regret    (cost - best) / best, so 0 for the best one
 *     bound     what the link must carry in any case, which no policy can beat
 * Over points: the geometric mean of cost / baseline, mean and worst regret, how often a policy is
 * best (within 0.1 %).  Points at which a policy failed or was left out do not count for it.
 * Ownership: the table owns its arrays and refers to the grid.
 */
#ifndef HUM_COMPARE_TABLE_H
#define HUM_COMPARE_TABLE_H

#include "comparison/grid.h"

#define COMPARE_NONE UINT32_MAX

struct compare_point {
    uint32_t trace, ratio;
    uint32_t best;               /* policy; COMPARE_NONE: none has figures */
    uint64_t best_ns, bound_ns;
};

struct compare_standing {
    uint32_t policy;
    unsigned points, failed, left_out, wins;
    double to_baseline;          /* geometric mean; NAN without points or baseline */
    double regret_mean, regret_worst; /* NAN without points */
    uint32_t worst_point;        /* where the worst regret is */
    double to_bound;             /* geometric mean of cost / bound; NAN if there is none */
};

struct compare_table {
    const struct compare_grid *grid;
    uint32_t baseline;           /* policy; COMPARE_NONE: it is not compared */
    struct compare_point *points; /* trace by trace, ratio by ratio */
    size_t point_count;
    struct compare_standing *standings; /* best geometric mean first, else by mean regret */
};

/* baseline: a policy's text, "driver" by default.  False: no memory. */
bool compare_table_make(const struct compare_grid *grid, const char *baseline,
                        struct compare_table *table_out);
void compare_table_fini(struct compare_table *table);

/* NAN: the cell has no figures, or no cost to compare with. */
double compare_table_regret(const struct compare_table *table, const struct compare_point *point,
                            unsigned policy);

/* Single pages were replayed there: such times do not stand beside those of blocks. */
bool compare_table_page_only(const struct compare_table *table, const struct compare_point *point);

/*
 * Sentences that say what the numbers say, in a fixed order; each ends with '\n'.  To be freed;
 * NULL: no memory.  Computed, never more than the cells support.
 */
char *compare_findings(const struct compare_table *table);

/* The name of a trace in tables, without ".hum": that of its file, or its path if two have it. */
void compare_trace_name(const struct compare_grid *grid, unsigned trace, char *name, size_t bytes);

#endif
