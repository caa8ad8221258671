/* SPDX-License-Identifier: MIT */
/*
 * second_fault.c - a policy of one's own: a block comes whole when it is faulted on again.
 *
 *     HUM_POLICY=./second_fault.so program              hum run -p ./second_fault.so -- program
 *     ./second_fault.so,prefetch.pages=64,evict=lru     with a number and another part changed
 *
 * A single touch says little: it costs 64 KiB.  A fault in a block of which `pages` pages are here
 * already says that somebody works there: the rest of the block comes with it, in one move, where
 * the driver's tree would take up to five.  What is scattered thinly over many blocks stays thin.
 *
 * A policy is four tables of pure functions; this one has a prefetch part, and what it leaves NULL
 * is the default policy's.  Built with hum_add_policy(second_fault second_fault.c), or
 *
 *     cc -O2 -shared -fPIC -o second_fault.so second_fault.c
 */
#include <hum/policy.h>

#define WORDS (HUM_PAGES_PER_BLOCK / 64)

enum { PAGES }; /* places in `tunables` */

static unsigned count(const struct hum_pages *pages)
{
    unsigned n = 0;
    for (unsigned i = 0; i < WORDS; i++)
        n += (unsigned)__builtin_popcountll(pages->word[i]);
    return n;
}

/* The chunks of 16 pages in which one of the pages lies; a word holds four of them. */
static uint64_t chunks(uint64_t pages)
{
    uint64_t first = pages | pages >> 1;   /* bit 16 k becomes: there is one in chunk k */
    first |= first >> 2;
    first |= first >> 4;
    first |= first >> 8;
    return (first & UINT64_C(0x0001000100010001)) * 0xffff;
}

/* Nothing is locked, logged, allocated or timed here: the same view gives the same plan. */
static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    int whole = count(&view->resident) >= context->tunables[PAGES];

    for (unsigned i = 0; i < WORDS; i++) {
        uint64_t faulted = view->read.word[i] | view->write.word[i];
        uint64_t wanted = whole ? UINT64_MAX : chunks(faulted);
        wanted &= view->valid.word[i]; /* a plan that leaves the region is refused */
        plan->bring.word[i] = wanted & ~view->resident.word[i] & ~faulted;
        plan->map.word[i] = wanted & ~faulted; /* what is or comes here may be touched at once */
    }
}

static const struct hum_tunable tunables[] = {
    [PAGES] = {.name = "pages",
               .description = "pages of a block that are here when the rest comes, too",
               .initial = 16, .least = 1, .most = HUM_PAGES_PER_BLOCK},
};

static const struct hum_part prefetch = {
    .name = "second-fault",
    .description = "64 KiB, and the whole block once some of it is here",
    .tunables = tunables,
    .tunable_count = sizeof tunables / sizeof tunables[0],
    .plan = plan,
};

const struct hum_policy hum_policy_plugin = {
    .struct_size = sizeof(struct hum_policy),
    .version = HUM_POLICY_VERSION,
    .name = "second-fault",
    .description = "a block comes whole when it is faulted on again",
    .prefetch = &prefetch,
};
