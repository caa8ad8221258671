/* SPDX-License-Identifier: MIT */
/*
 * pattern.h - how a region is walked through, told from the order in which its chunks are fetched.
 *
 *     unknown   fewer than 16 fetches so far
 *     linear    three of four went a little further on than the one before
 *     reuse     linear, and one of four fetched what had been evicted
 *     random    everything else
 *
 * What was seen long ago counts less: at 256 fetches all counts are halved.
 *
 * Source: the classes of the pattern table in D. Ganguly, R. Melhem, J. Yang, "An adaptive
 * framework for oversubscription management in CPU-GPU unified memory", DATE 2021.  The order is
 * judged here fetch by fetch and with decay, so a region changes its class with the phase of a
 * program.
 *
 * Threads: several may look at one region at once; counters are atomic, and all of it is a hint.
 */
#ifndef HUMI_POLICY_PATTERN_H
#define HUMI_POLICY_PATTERN_H

#include <stdatomic.h>

#include <hum/policy.h>

#define HUMI_PATTERN_AGENTS 16u  /* that are told apart: each walks on its own */

enum humi_pattern { HUMI_UNKNOWN, HUMI_LINEAR, HUMI_REUSE, HUMI_RANDOM };

/* What is kept of a region; zero: nothing was seen. */
struct humi_pattern_counts {
    _Atomic uint64_t last[HUMI_PATTERN_AGENTS]; /* 1 + number of the chunk it fetched last */
    _Atomic uint32_t fetches, onwards, back;
};

/* Learn from a fault (not from one seen again, nor from the host's), and tell. */
enum humi_pattern humi_pattern_of(struct humi_pattern_counts *counts, const struct hum_view *view);

#endif
