/* SPDX-License-Identifier: MIT */
/*
 * ranking.h - iterations of PageRank over a generated graph, in a world: what the sample of that
 * name does, with the same kernel.
 *
 * One round: the host writes the whole input, the device iterates, the host reads the ranks.
 * Each function leaves its reason in the result's note when it returns false.
 */
#ifndef HUM_MARKS_RANKING_H
#define HUM_MARKS_RANKING_H

#include "graph.h"
#include "marks/world.h"

#define PAGERANK_STEPS 10u

/* The input, made once. */
struct pagerank_problem {
    struct graph graph; /* transposed: a row holds who points at the node */
    uint32_t *degree;   /* how many nodes each node points at */
    size_t bytes;       /* of everything that the device touches */
};

/* About so many bytes of input. */
bool pagerank_make(struct pagerank_problem *p, size_t bytes, struct mark_result *result);
void pagerank_free(struct pagerank_problem *p);

struct pagerank {
    struct world world;
    const struct pagerank_problem *problem;
    struct hum_kernel *kernel;
    uint64_t *offsets;
    uint32_t *sources, *degree;
    float *share[2];
    double *loose;
};

/* Of params count trace, accesses and sample. */
bool pagerank_open(struct pagerank *r, const struct pagerank_problem *problem,
                   const struct world_params *recording, struct mark_result *result);
void pagerank_close(struct pagerank *r);

/* The host writes the input; the device iterates.  Parts of a round. */
void pagerank_write(struct pagerank *r);
bool pagerank_iterate(struct pagerank *r);

/* Seconds; negative after a failure, or when the ranks do not sum up to 1. */
double pagerank_round(struct pagerank *r);

#endif
