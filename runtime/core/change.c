/* SPDX-License-Identifier: MIT */
/* change.c - what a request will change, decided in one pass over the words of its sets. */
#include "core/change.h"

#include "base/wide.h"

static const struct hum_pages no_pages;
static const struct hum_pages all_pages = {{~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0),
                                            ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0),
                                            ~UINT64_C(0)}};

/* The sets that a decision rests on. */
struct grounds {
    const struct hum_pages *resident, *mapped, *writable, *written, *elsewhere;
    const struct hum_pages *whole;  /* who is given access to these gets all of it */
    const struct hum_pages *seen;   /* access is given to no others ... */
    const struct hum_pages *stored; /* ... and for writing to these, or what could be written */
    uint64_t may_write;             /* all ones, or none */
};

/* Read-only copies cannot be mapped everywhere, nor where pages must come back for writing. */
static const struct hum_pages *whole_of(const struct humi_block *block,
                                        const struct humi_request *request, bool shares,
                                        struct hum_pages *scratch)
{
    if (!shares)
        return &all_pages;
    if (request->read_only || request->processor != 0)
        return &no_pages;
    *scratch = humi_block_returning(block, request->processor);
    return scratch;
}

/* The pages of all others; where there is but one other, they are not copied. */
static const struct hum_pages *others(const struct hum *hum, const struct humi_block *block,
                                      unsigned p, struct hum_pages *scratch)
{
    if (hum->processors == 2)
        return &block->hold[1 - p].resident;
    *scratch = humi_block_resident_elsewhere(hum, block, (int)p);
    return scratch;
}

/* One word of each set. */
HUMI_WIDE_PART void decide_word(const struct grounds *of, const struct humi_request *request,
                                unsigned i, struct humi_change *restrict out)
{
    uint64_t resident = of->resident->word[i], mapped = of->mapped->word[i];
    uint64_t had = of->writable->word[i], written = of->written->word[i];
    uint64_t other = of->elsewhere->word[i], faulted = request->faulted.word[i];
    uint64_t here = request->bring.word[i] | resident, missing = here & ~resident;
    uint64_t map = request->map.word[i] & here;
    uint64_t write = request->write.word[i] | (map & of->whole->word[i]);
    uint64_t copied = missing & written, lost = other & write;
    uint64_t stays = mapped & ~had & write & of->stored->word[i];
    uint64_t upgraded = (stays | lost) & ~missing;
    /*
     * A page that only this processor has and that was written before is mapped for writing at
     * once: there is nothing to protect.
     */
    uint64_t sole = written & ~(other & ~write), given = map & of->seen->word[i];
    uint64_t writable = given & (sole | write) & of->may_write & (of->stored->word[i] | had);
    out->missing.word[i] = missing;
    out->copied.word[i] = copied;
    out->demanded.word[i] = missing & faulted;
    out->added.word[i] = missing & ~faulted;
    out->write.word[i] = write;
    out->upgraded.word[i] = upgraded;
    out->grant.writable.word[i] = writable;
    out->grant.readable.word[i] = given & ~writable;
    out->grant.after.word[i] = had | writable;
    out->grant.mapped.word[i] = mapped | given;
}

/*
 * A processor that opens whole blocks for reading gets all of a block that it may read but not
 * write: that is cheaper than a part of it.
 */
static bool opens_all(const struct hum *hum, const struct humi_hold *hold,
                      const struct humi_request *request, const struct humi_change *change)
{
    if (!hum->processor[request->processor]->opens_reads || change->grant.writes ||
        atomic_load(&hold->writable_pages) || !humi_grant_may_open(hum, request))
        return false;
    struct hum_pages here = humi_mask_or(&hold->resident, &change->missing);
    return humi_mask_full(&here) && !humi_mask_empty(&request->map);
}

/* Whether there is a page of each. */
HUMI_WIDE_PART void tell(const struct grounds *of, struct humi_change *out)
{
    struct hum_pages given = humi_mask_or(&out->grant.writable, &out->grant.readable);
    out->misses = !humi_mask_empty(&out->missing);
    out->copies = !humi_mask_empty(&out->copied);
    out->zeroes = !humi_mask_within(&out->missing, of->written);
    out->demands = !humi_mask_empty(&out->demanded);
    out->adds = !humi_mask_empty(&out->added);
    out->loses = humi_mask_meets(of->elsewhere, &out->write);
    out->upgrades = !humi_mask_empty(&out->upgraded);
    out->maps = !humi_mask_within(&given, of->mapped);
    out->leaves = !humi_mask_within(&out->copied, &out->write);
    out->grant.writes = !humi_mask_empty(&out->grant.writable);
    out->grant.opens = false;
}

static void open_all(const struct humi_hold *hold, struct humi_change *out)
{
    out->grant.readable = out->grant.mapped = all_pages;
    out->grant.opens = true;
    out->maps = !humi_mask_full(&hold->mapped);
}

HUMI_WIDE static void foresee(const struct hum *hum, const struct humi_block *block,
                              const struct humi_request *request, struct humi_change *change_out)
{
    const struct humi_hold *hold = &block->hold[request->processor];
    bool exact = humi_is_exact(hum, request->processor);
    struct hum_pages scratch, returning;
    const struct grounds grounds = {
        .resident = &hold->resident,
        .mapped = &hold->mapped,
        .writable = &hold->writable,
        .written = &block->written,
        .elsewhere = others(hum, block, request->processor, &scratch),
        .whole = whole_of(block, request, hum->processor[request->processor]->shared_read,
                          &returning),
        .seen = exact ? &request->faulted : &all_pages,
        .stored = exact ? &request->stores : &all_pages,
        .may_write = request->read_only ? 0 : ~UINT64_C(0),
    };
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
        decide_word(&grounds, request, i, change_out);
    tell(&grounds, change_out);
    if (opens_all(hum, hold, request, change_out))
        open_all(hold, change_out);
}

void humi_change_foresee(const struct hum *hum, const struct humi_block *block,
                         const struct humi_request *request, struct humi_change *change_out)
{
    foresee(hum, block, request, change_out);
}
