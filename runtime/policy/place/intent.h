/* SPDX-License-Identifier: MIT */
/*
 * intent.h - is a block read in order to be written?
 *
 * Where a program reads a page and then writes it, a copy left behind costs a second fault and
 * saves nothing.  So for each block and side, the host and devices, it is remembered what came of
 * the copies that were fetched:
 *
 *     written while others had copies, too        two more, 3 at most
 *     fetched again, never written in between     one less
 *
 * With 2 and more a read should take its pages as a write would.  Whether that was right cannot be
 * seen, so behind HUMI_INTENT_PROOF such reads in a row one leaves a copy again.
 *
 * Advice that a region is mostly read is believed.  The host leaves copies while its memory has a
 * limit: what it has alone could never leave it.
 *
 * Source: the migratory sharing of cache coherence, A. Cox, R. Fowler, "Adaptive cache coherency
 * for detecting migratory shared data", ISCA 1993.
 * Threads: guarded by the block's lock.
 */
#ifndef HUMI_POLICY_INTENT_H
#define HUMI_POLICY_INTENT_H

#include <hum/policy.h>

#define HUMI_INTENT_PROOF 8u

/* Of a block; zero: nothing was seen. */
struct humi_intent {
    struct {
        uint8_t taken;           /* reads in a row that took */
        uint8_t upgrades : 2;    /* 0 .. 3 */
        uint8_t copied : 1;      /* the last fetch left a copy, and nothing was written since */
    } side[2];                   /* the host, devices */
};

/* Learn from a fault (not from one seen again); true: it should take what it reads. */
bool humi_intent_takes(struct humi_intent *intent, const struct hum_view *view);

#endif
