/* SPDX-License-Identifier: MIT */
/*
 * placement.h - on which processor core a thread runs.
 *
 * A thread that serves another one's fault best runs on the same core, where the faulting thread
 * sleeps until it is served.  Measured on an idle 2-core virtual machine: 8 us for the hand-over on
 * the same core, 15-18 us to a core that spins, 45-57 us to one that sleeps.
 */
#ifndef HUMI_OS_PLACEMENT_H
#define HUMI_OS_PLACEMENT_H

/* Keep a thread (0: the calling one) on a core; without effect if it is not allowed there. */
void humi_placement_fix(int thread, int core);

/* Keep a thread off a core, if it may use any other. */
void humi_placement_avoid(int thread, int core);

/* Let a thread (0: the calling one) run on every core that this process may use. */
void humi_placement_free(int thread);

#endif
