/* SPDX-License-Identifier: MIT */
/*
 * sample.h - touches that nobody would see are sampled.
 *
 * A device can sample by itself: an emulated one runs a few indices of each launch in the build of
 * the kernel that tells its touches (device/emu/process/slices.c).  What they stand for is taken
 * from it at every tick and before anybody asks, as touches, and its cost is charged as any other.
 * While it does, nothing else is done about it.  The rest of this page is about the host, and
 * kernels that have no such build: there the mappings of blocks are taken away, their frames stay,
 * and the next touch faults.  What that counts is time rather than touches, so the two compare
 * within a processor only where it is sampled in one way.
 *
 * Whole blocks are taken.  A part of one would cost its huge page, and slow down the kernel that
 * runs on it; and how soon one chunk is touched tells nothing where that is sooner than a fault can
 * be answered: 64 KiB chunks of 5 million and of 250 thousand touches looked alike.  Which chunk of
 * a block is touched first does tell, at any rate.  Mapping a block again is cheap by huge pages;
 * where it is mapped by small ones it costs up to 100 us, and the budget buys fewer samples.
 *
 * The masks go on to claim what was taken (block.h allows that), so nothing else in the runtime
 * needs to know; the fault is answered by mapping again what they claim.
 *
 * Round.  When the budget allows, a few neighbouring blocks are taken together; the next round
 * takes others, and three of four rounds only such as are *hot*, which were touched at once before.
 * A block that nobody touches stays taken and costs nothing.
 *
 *     watch each block under its lock  ->  forget all in one call  ->  ... touch  ->  answer
 *
 * What a touch says.  A block was touched `wait` after it was taken, and this sample stands for the
 * time since the last one of the block: it counts as time / mean wait touches, of the chunk that
 * was touched (in parts of 1/64).  A wait below HUMI_SAMPLE_FLOOR_NS is mostly that of the answer,
 * so hot blocks are measured against each other instead: of those taken together the first to be
 * touched gets what all of them would have got, and the others are mapped again before they fault.
 * How often each is first is how hot it is, and a round costs one fault.  It has two limits: blocks
 * of different rounds are compared by time only, and a loop through a block that is not hot touches
 * one end of it first each time, so that counts for all of its chunks.
 *
 * Blocks that are mapped where they are on another processor are left out, but for the host under
 * a policy that wants to know (humi_policies_of_counts_host()): there the mapping is given back,
 * and the touch that counts is a fault like any other, at which the policy says what becomes of it.
 *
 * Where policies that decide by touches want samples, not the user, none are taken before the first
 * page is mapped where it is: a program in which everything fits, or moves, pays nothing.
 *
 * Budget.  A share of the time that a processor runs (a device while launches run; the host always)
 * may be spent (quota.h): taking, answering, and an estimate for what the kernel does on both sides
 * of a fault and for mapping huge pages again.  Each processor has its own.
 *
 * Threads: one of its own takes; the fault service answers.  State of a block is under its lock,
 * groups and budgets under a lock of their own, a leaf.
 */
#ifndef HUMI_CORE_SAMPLE_H
#define HUMI_CORE_SAMPLE_H

#include "core/core.h"
#include "core/heat.h"

struct humi_sample;

#define HUMI_SAMPLE_FLOOR_NS UINT64_C(250000)
#define HUMI_SAMPLE_SHARE_PPM 20000u /* 2 %, where only "on" is asked for */

/*
 * Start; share_ppm 0: *sample_out is NULL and nothing is sampled.  later: nothing is before
 * humi_sample_want().
 */
HUM_MUST_USE enum hum_status humi_sample_start(struct hum *hum, uint32_t share_ppm, bool later,
                                               struct humi_sample **sample_out);
/* A page was mapped where it is; any thread, a block may be locked.  Cheap where it is known. */
void humi_sample_want(struct hum *hum);
/* Before the service ends.  NULL is allowed. */
void humi_sample_stop(struct humi_sample *sample);
/* After the service and all who are told its settings have ended.  NULL is allowed. */
void humi_sample_destroy(struct humi_sample *sample);

/*
 * Faults of a processor in the order in which they came, before they are served.  Those where only
 * mappings were missing that the masks claim are answered, and moved behind the others; returns how
 * many others there are.
 */
unsigned humi_sample_answer(struct hum *hum, unsigned p, struct humi_fault *faults, unsigned count,
                            uint64_t now_ns);

/* Count what the processor sampled by itself.  No lock of a block is held. */
void humi_sample_take(struct hum *hum, unsigned p);

/*
 * The same of the block, whose policy is about to be asked, and perhaps of another: touches of its
 * last stay here are counted before it is decided where it stays next, and not taken for touches
 * of that.
 */
void humi_sample_take_block(struct hum *hum, unsigned p, uint32_t block);

/* What was done so far, for hum_stats(). */
void humi_sample_tell(const struct hum *hum, struct hum_stats *stats);

#endif
