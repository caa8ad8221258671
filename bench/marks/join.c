/* SPDX-License-Identifier: MIT */
/* join.c - see marks/join.h */
#include "marks/join.h"

#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "zipf.h"

#define THETA UINT64_C(1000000000)
#define LOOKUPS_A_ROW 4u
#define ROW_BYTES (2 * sizeof(struct join_row) + LOOKUPS_A_ROW * 2 * sizeof(uint64_t))

/* ---- the input ------------------------------------------------------------------------------ */

/* Key of a row; never 0 twice in one place: 0 is empty. */
static uint64_t key_of(size_t row)
{
    uint64_t state = row, key = random_next(&state);

    return key ? key : 1;
}

static void insert(struct join_problem *p, size_t row)
{
    uint64_t key = key_of(row);
    size_t slot = join_slot(key, p->slot_count - 1);

    while (p->slots[slot].key)
        slot = (slot + 1) & (p->slot_count - 1);
    p->slots[slot] = (struct join_row){key, row + 1};
}

bool join_make(struct join_problem *p, size_t bytes, struct mark_result *result)
{
    struct zipf *zipf = malloc(sizeof(*zipf));
    uint64_t random = 1;
    size_t rows;

    *p = (struct join_problem){.slot_count = 1024};
    while (p->slot_count / 2 * ROW_BYTES < bytes / 2 + 1)
        p->slot_count *= 2;
    rows = p->slot_count / 2;
    p->count = rows * LOOKUPS_A_ROW;
    p->bytes = rows * ROW_BYTES;
    p->slots = calloc(p->slot_count, sizeof(*p->slots));
    p->keys = malloc(p->count * sizeof(*p->keys));
    if (!zipf || !p->slots || !p->keys) {
        free(zipf);
        join_free(p);
        return mark_fail(result, "no memory for a table of %zu rows", rows);
    }
    for (size_t row = 0; row < rows; row++)
        insert(p, row);
    zipf_init(zipf, rows, THETA);
    for (size_t i = 0; i < p->count; i++)
        p->keys[i] = key_of(zipf_next(zipf, &random) - 1);
    free(zipf);
    return true;
}

void join_free(struct join_problem *p)
{
    free(p->slots);
    free(p->keys);
    *p = (struct join_problem){0};
}

/* ---- on the device -------------------------------------------------------------------------- */

bool join_open(struct join *j, const struct join_problem *problem,
               const struct world_params *recording, struct mark_result *result)
{
    const struct world_params params = {.memory_bytes = problem->bytes + ((size_t)64 << 20),
                                        .trace = recording->trace,
                                        .accesses = recording->accesses,
                                        .sample = recording->sample};
    struct world *w = &j->world;

    memset(j, 0, sizeof(*j));
    j->problem = problem;
    if (world_open(w, &params, result) && world_kernel(w, "hashjoin", "join_probe", &j->kernel) &&
        world_alloc(w, problem->slot_count * sizeof(*j->slots), "slots", &j->slots) &&
        world_alloc(w, problem->count * sizeof(*j->keys), "keys", &j->keys) &&
        world_alloc(w, problem->count * sizeof(*j->found), "found", &j->found))
        return true;
    join_close(j);
    return false;
}

void join_close(struct join *j)
{
    world_close(&j->world);
}

void join_write(struct join *j)
{
    const struct join_problem *p = j->problem;

    memcpy(j->slots, p->slots, p->slot_count * sizeof(*p->slots));
    memcpy(j->keys, p->keys, p->count * sizeof(*p->keys));
}

bool join_run(struct join *j)
{
    const struct join_probe_args args = {.slots = j->slots,
                                         .slot_mask = j->problem->slot_count - 1,
                                         .probes = j->keys,
                                         .sums = j->found,
                                         .count = j->problem->count};

    for (unsigned i = 0; i < JOIN_ROUNDS; i++)
        if (!world_ok(&j->world,
                      hum_launch(j->world.stream, j->kernel, args.count, &args, sizeof(args)),
                      "hum_launch"))
            return false;
    return world_ok(&j->world, hum_wait(j->world.hum, 0), "hum_wait");
}

bool join_check(struct join *j)
{
    const struct join_problem *p = j->problem;

    for (size_t i = 0; i < p->count; i++)
        if (!j->found[i] || key_of(j->found[i] - 1) != p->keys[i])
            return mark_fail(j->world.result, "lookup %zu found %llu", i,
                             (unsigned long long)j->found[i]);
    return true;
}
