/* SPDX-License-Identifier: MIT */
/*
 * stage.h - what resident, stream and prefetch have in common: one large array of words in a
 * region, the same in two warm buffers of this process, and the kernels over it on both sides.
 *
 *     stage_open -> rounds -> stage_close
 *
 * Each function leaves its reason in the result's note when it returns false.
 */
#ifndef HUM_MARKS_STAGE_H
#define HUM_MARKS_STAGE_H

#include "marks/world.h"

struct stage {
    struct world world;
    struct crew *crew;    /* as many threads as the device has workers */
    size_t bytes, count;  /* of the array; words */
    uint64_t *region;     /* in the space */
    uint64_t *device_sum; /* in the space, a page of its own */
    uint64_t *from, *to;  /* in this process, warm */
    bool floor_huge;
    uint64_t round; /* makes each round's content different */
    struct hum_kernel *fill, *increment, *sum;
    const struct hum_kernel_entry *native_fill, *native_increment, *native_sum;
};

bool stage_open(struct stage *s, const struct mark_options *options, struct mark_result *result);
/* The same with recording as given, and without what a floor needs: crew, from and to are NULL. */
bool stage_open_recorded(struct stage *s, size_t bytes, const char *trace, const char *accesses,
                         struct mark_result *result);
void stage_close(struct stage *s);

/* Fill with a value of this round: by one thread of this process, or by the device. */
void stage_fill_host(struct stage *s, uint64_t *words);
bool stage_fill_device(struct stage *s);

/* Sum by one thread of this process; true if it is that of the last fill. */
bool stage_sum_host(struct stage *s, const uint64_t *words);
bool stage_sum_crew(struct stage *s, const uint64_t *words);
/* Run the sum on the device (timed), and look at what it found (not timed). */
bool stage_sum_device(struct stage *s);
bool stage_sum_device_check(struct stage *s);

/* Seconds to read on one side, on demand, what the other has written; negative after a failure. */
double stage_round_h2d(struct stage *s);
double stage_round_d2h(struct stage *s);

/* Bytes that moved between host and device so far. */
uint64_t stage_moved(struct stage *s, enum hum_direction direction);

/* The usual sentences: size, threads, huge pages, bytes moved a round. */
void stage_note(struct stage *s, uint64_t moved_bytes, unsigned rounds);

#endif
