/* SPDX-License-Identifier: MIT */
/*
 * trial.h - is it cheaper to touch a region over the link than to fetch its blocks again and again?
 *
 * Both are measured at once.  When a block comes back that had been here before, it is put on
 * trial: it stays where it is and is mapped there, and its touches are counted while the others of
 * the region come as ever.
 *
 *     near   a fault 65 us, and of a stay that ended its pages over the link, both ways if any was
 *            written, and 37 us for the eviction; faults of the host that take back count, too
 *     far    what the block on trial was touched, times the blocks of the region that are not here;
 *            a touch 1 us, but all of them together never more than the time that has passed,
 *            since touches of one access overlap
 *
 * The region goes far when, while blocks were on trial, fetching has cost a price for each block of
 * the region, at least 8, and a quarter more than far would have.  Less tells nothing: a block on
 * trial is in use when its trial begins, and may be in use again only a pass later.
 *
 * A trial that has cost as much as a return (`price`) ends, and its block comes.  The first begins
 * once fetching has cost eight prices, the next one 48 prices later, and all of the space together
 * cost 1/48 of what fetching has: trying what is never cheaper costs 2 %, beside what it changes in
 * the order of evictions.  That is half a percent on average, but of a single run some percent more
 * or less.  Tried and rejected, since none of it cost less over all: longer distances behind trials
 * that were lost, a larger margin, and limits that grow only where the control defends being far.
 *
 * What it cannot see is how often a block is touched while it is here.  So where the blocks in use
 * just do not fit, it is not found out that one region far would make room for all others: during a
 * trial all time goes into touches, between two of them into fetching, and which of the two the
 * program gets further by shows in neither.
 *
 * In a far region a block comes that was touched for its price there, and each time that it has
 * come twice as much is wanted.  What touches and comings cost there has a limit, at first a
 * quarter of what fetching had cost in the space, or what it had during trials if that is more;
 * behind it the region is near and on trial again, and the next limit is four times as high: so
 * what was hot once and is not any more, or the other way round, is found out, and finding out
 * costs no more than the logarithm of the time.  The block that was on trial is a control
 * meanwhile: as much more as it was touched, as much more would fetching have cost by now.  If that
 * is more than what far did cost, the region stays up to four limits.
 * Where many more blocks are absent than were during the trials, so that it would not have gone
 * far, it is near at once.
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
    _Atomic uint64_t fetched_ns; /* as those of its regions, all together */
    _Atomic uint64_t tried_ns;
};

struct humi_trial_region {
    _Atomic uint32_t block; /* 1 + the one on trial, or the control; 0: none */
    _Atomic bool far;
    _Atomic uint64_t near_ns;    /* while a block was on trial, what fetching has cost, */
    _Atomic uint64_t touched_ns; /* ... touching the one on trial, */
    _Atomic uint64_t far_ns;     /* ... and would have cost touching all that is not here */
    _Atomic uint64_t fetched_ns; /* cost of fetching in all */
    _Atomic uint64_t next_ns;    /* ... at which the next trial may begin */
    _Atomic uint64_t spent_ns;   /* cost of touches since it went far ... */
    _Atomic uint64_t control_ns; /* ... of these, of the control */
    _Atomic uint64_t limit_ns;   /* it stays far up to this in any case */
};

struct humi_trial_block {
    uint64_t looked_ns; /* up to when its touches are paid for */
    uint32_t paid_ns;   /* touches since it went far; the most it can be is always enough */
    uint32_t seen;      /* touches counted up to then */
    unsigned came : 15; /* number of the stay in which it came by touches; 0: it did not */
    unsigned pages : 10; /* the most seen resident in this stay; 0: it never came */
    unsigned trips : 5; /* how often it came in a far region, up to a limit */
    unsigned wrote : 1; /* in this stay */
    unsigned far : 1;
} __attribute__((packed, aligned(4))); /* one for each block that was ever touched */

struct humi_trial {
    struct humi_trial_space *space;
    struct humi_trial_region *region;
    struct humi_trial_block *block;
    uint64_t price_ns; /* of far touches, after which a block comes */
};

/* Learn from a device's fault, or from counted touches; true: what is not here should stay. */
bool humi_trial_stays(const struct humi_trial *trial, const struct hum_view *view);

/* Learn from a fault of the host. */
void humi_trial_hears_host(const struct humi_trial *trial, const struct hum_view *view);

/* Are counted touches known to arrive? */
bool humi_trial_hears(const struct humi_trial *trial);

#endif
