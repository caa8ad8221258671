/* SPDX-License-Identifier: MIT */
/*
 * stream.h - streams of blocks: an agent that walks through a region in equal steps.
 *
 * A step is the distance from the block of one fault to that of the next by the same agent; faults
 * in one block are no step.  Blocks that were brought ahead fault no more, so a step of several
 * strides continues a stream, too: as many as could have been brought, and one.  Each step that
 * continues one doubles how far it looks ahead.
 *
 *     faults at blocks  7 9 11 13          steps 2 2 2: a stream; 2 blocks ahead: 15 17
 *                       19                 step 6 = 3 strides: it used them; 4 ahead: 21 23 25 27
 *                       20                 step 1: no stream
 *
 * Threads: several may look at one region at once.  Each field is atomic and all of it is a hint: a
 * mixture of two faults costs a prediction, no more.
 */
#ifndef HUMI_POLICY_STREAM_H
#define HUMI_POLICY_STREAM_H

#include <stdatomic.h>

#include <hum/policy.h>

#define HUMI_STREAMS 16u         /* agents of a region that are told apart */
#define HUMI_STREAM_FIRST 2u     /* blocks ahead at first */

/* Zero: nothing was seen. */
struct humi_stream {
    _Atomic uint32_t agent;
    _Atomic uint32_t last;       /* 1 + block of the last fault; 0: none */
    _Atomic int32_t stride;
    _Atomic uint16_t steps;      /* equal ones so far */
    _Atomic uint16_t depth;      /* blocks to look ahead */
};

struct humi_streams {
    struct humi_stream of[HUMI_STREAMS];
};

/* What a fault tells about its agent's stream. */
struct humi_stream_step {
    int stride;                  /* in blocks; 0: none yet */
    unsigned steps;              /* equal ones, this one included */
    unsigned depth;              /* blocks to look ahead, 2 .. most */
};

/* Learn from a fault (not from one seen again), and tell; most: blocks to look ahead at most. */
struct humi_stream_step humi_streams_step(struct humi_streams *streams,
                                          const struct hum_view *view, unsigned most);

/* Tell, learning nothing. */
struct humi_stream_step humi_streams_look(struct humi_streams *streams,
                                          const struct hum_view *view);

#endif
