/* SPDX-License-Identifier: MIT */
/*
 * trial.h - is it cheaper to touch a region over the link than to fetch its blocks again and again?
 *
 * Both are measured at once.  When a block comes back that had been evicted, it is put on trial: it
 * stays where it is and is mapped there, and its touches are counted while the others of the region
 * come as ever.
 *
 *     fetching costs   270 us a return: 45 + 20 a fault, 37 an eviction, 84 a block each way
 *     far costs          1 us a touch of the block on trial, times the blocks of the region
 *
 * 8 returns that cost four times what far would have: the region goes far.  A trial that has cost
 * as much as a return (`price` touches) ends, its block comes, and the next one waits for 16
 * returns, later for 64; so trials cost a few per cent at most.
 *
 * In a far region a block comes that was touched `price` times there, and each time that it has
 * come twice as many touches are wanted.  What far touches cost in all has a limit, at first what
 * returns had cost; behind it the region is near and on trial again, and the next limit is four
 * times as high.  So what was hot once and is not any more, or the other way round, is found out,
 * and finding out costs no more than the logarithm of the time.
 *
 * A touch is priced as if it were alone, though touches of one access overlap: so dense use looks
 * dearer far than it is, and comes.
 *
 * Nobody knows beforehand whether touches are counted (hum/policy.h).  Until the first one was
 * heard of nothing goes far, and after 4 trials without any in the space there are no more.
 *
 * Sources: renting until the rent has cost the price, A. Karlin et al., "Competitive snoopy
 * caching", Algorithmica 1988; which of two is cheaper from a sample, `duel.h`; prices,
 * replay/cost.h.
 * Threads: several may look at one region at once.  Its fields and those of the space are atomic,
 * each of them a hint; a block's are guarded by its lock.
 */
#ifndef HUMI_POLICY_TRIAL_H
#define HUMI_POLICY_TRIAL_H

#include <stdatomic.h>

#include <hum/policy.h>

#define HUMI_RETURN_US 270u

/* Zero, all of them: nothing was seen. */
struct humi_trial_space {
    _Atomic uint32_t heard;      /* counted touches arrive */
    _Atomic uint32_t silent;     /* trials that nothing was heard of */
};

struct humi_trial_region {
    _Atomic uint32_t block;      /* 1 + the one on trial; 0: none */
    _Atomic uint32_t wait;       /* returns before the next trial */
    _Atomic uint32_t ended;      /* trials that cost their price */
    _Atomic uint32_t returns;    /* while a block was on trial */
    _Atomic uint32_t touches;    /* of blocks on trial */
    _Atomic bool far;
    _Atomic uint64_t spent;      /* touches since it went far */
    _Atomic uint64_t limit;      /* ... after which it is near again */
};

struct humi_trial_block {
    uint32_t seen;               /* touches counted when it was last looked at */
    uint32_t paid;               /* touches since it went far */
    uint32_t came;               /* 1 + evictions when it came by touches; 0: it did not */
    uint8_t trips;               /* how often it came in a far region, up to a limit */
    bool far;
};

struct humi_trial {
    struct humi_trial_space *space;
    struct humi_trial_region *region;
    struct humi_trial_block *block;
    uint64_t price;              /* touches */
};

/* Learn from a fault, or from counted touches; true: what is not here should stay where it is. */
bool humi_trial_stays(const struct humi_trial *trial, const struct hum_view *view);

/* Are counted touches known to arrive? */
bool humi_trial_hears(const struct humi_trial *trial);

#endif
