/* SPDX-License-Identifier: MIT */
/*
 * join.h - the lookups of a hash join in a world: a table of rows, and four lookups for each row,
 * drawn by Zipf's law (exponent 1) from keys that are random numbers.
 *
 * Each function leaves its reason in the result's note when it returns false.
 */
#ifndef HUM_MARKS_JOIN_H
#define HUM_MARKS_JOIN_H

#include "marks/world.h"
#include "hashjoin.h"

#define JOIN_ROUNDS 4u /* launches of a round */

/* The input, made once. */
struct join_problem {
    struct join_row *slots;
    uint64_t *keys;
    size_t slot_count, count;
    size_t bytes;         /* of everything that the device touches */
};

bool join_make(struct join_problem *p, size_t bytes, struct mark_result *result);
void join_free(struct join_problem *p);

struct join {
    struct world world;
    const struct join_problem *problem;
    struct hum_kernel *kernel;
    struct join_row *slots;
    uint64_t *keys, *found;
};

/* Of params count trace, accesses and sample. */
bool join_open(struct join *j, const struct join_problem *problem,
               const struct world_params *recording, struct mark_result *result);
void join_close(struct join *j);

void join_write(struct join *j);
/* Every lookup, JOIN_ROUNDS times. */
bool join_run(struct join *j);
/* All were right. */
bool join_check(struct join *j);

#endif
