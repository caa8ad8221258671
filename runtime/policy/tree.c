/* SPDX-License-Identifier: MIT */
/*
 * tree.c - the density tree, decided from the root down.
 *
 * The largest dense subtree on the way from a faulted page to the root is the first dense one on
 * the way from the root to that page.  So one walk down serves all faulted pages at once: stop at
 * the first dense node, skip nodes without a fault.  Inside a chunk nothing is left to decide,
 * because chunks with a fault are filled.
 */
#include "policy/tree.h"

#include "base/mask.h"
#include "base/wide.h"
#include "policy/chunks.h"

#define LEAVES (HUM_PAGES_PER_BLOCK / HUM_PAGES_PER_CHUNK)
#define CHUNKS_PER_WORD (64u / HUM_PAGES_PER_CHUNK)

_Static_assert(HUM_PAGES_PER_CHUNK == 16, "lanes of a word are 16 bits wide");
_Static_assert(LEAVES == 32, "the tree is complete and its leaves are the bits of a word");

/* Sums over the chunks before chunk i, so that a subtree's count is one difference. */
struct tree {
    uint16_t present[LEAVES + 1]; /* pages resident or filled */
    uint16_t valid[LEAVES + 1];
    uint32_t faulted; /* bit i: chunk i has a fault */
};

static void tree_init(struct tree *tree, const struct hum_pages *present,
                      const struct hum_pages *filled, const struct hum_pages *valid)
{
    humi_chunks_sum(tree->present, present);
    humi_chunks_sum(tree->valid, valid);
    tree->faulted = 0;
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++) {
        uint64_t lanes = filled->word[i] & UINT64_C(0x0001000100010001);
        tree->faulted |= (uint32_t)((lanes | lanes >> 15 | lanes >> 30 | lanes >> 45) & 0xf)
                         << i * CHUNKS_PER_WORD;
    }
}

/* The chunk of all pages; LEAVES: there are more of them, or none. */
HUMI_WIDE_PART unsigned only_chunk(const struct hum_pages *pages)
{
    unsigned words = humi_mask_words(pages);

    if (!words || (words & (words - 1)))
        return LEAVES;
    unsigned at = (unsigned)__builtin_ctz(words);
    unsigned first = (unsigned)__builtin_ctzll(pages->word[at]) / HUM_PAGES_PER_CHUNK;
    unsigned last = (63u - (unsigned)__builtin_clzll(pages->word[at])) / HUM_PAGES_PER_CHUNK;
    return first == last ? at * CHUNKS_PER_WORD + first : LEAVES;
}

/* Add to pages_out what the faults in chunks [first, first + n), a subtree, take. */
static void tree_take(const struct tree *tree, unsigned first, unsigned n, unsigned percent,
                      struct hum_pages *pages_out)
{
    unsigned present = tree->present[first + n] - tree->present[first];
    unsigned valid = tree->valid[first + n] - tree->valid[first];

    if (!(tree->faulted >> first & (n == LEAVES ? ~UINT32_C(0) : (UINT32_C(1) << n) - 1)))
        return;
    if (n == 1 || present * 100 > valid * percent) {
        struct hum_pages range =
            humi_mask_range(first * HUM_PAGES_PER_CHUNK, (first + n) * HUM_PAGES_PER_CHUNK);
        humi_mask_add(pages_out, &range);
        return;
    }
    tree_take(tree, first, n / 2, percent, pages_out);
    tree_take(tree, first + n / 2, n / 2, percent, pages_out);
}

/* Counts of the subtrees around one chunk: of words, and of the lanes of the chunk's own. */
struct path {
    unsigned before[HUMI_MASK_WORDS + 1]; /* pages in the words before each */
    uint64_t lanes;
};

HUMI_WIDE_PART void path_init(struct path *path, const struct hum_pages *pages, unsigned chunk)
{
    path->before[0] = 0;
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
        path->before[i + 1] = path->before[i] + (unsigned)__builtin_popcountll(pages->word[i]);
    path->lanes = humi_chunks_count(pages->word[chunk / CHUNKS_PER_WORD]);
}

/* Pages in the n chunks from the first on, a subtree on the path. */
HUMI_WIDE_PART unsigned path_count(const struct path *path, unsigned first, unsigned n)
{
    uint64_t lanes = path->lanes >> first % CHUNKS_PER_WORD * HUM_PAGES_PER_CHUNK;

    if (n >= CHUNKS_PER_WORD)
        return path->before[(first + n) / CHUNKS_PER_WORD] - path->before[first / CHUNKS_PER_WORD];
    return (unsigned)((n == 1 ? lanes : lanes + (lanes >> HUM_PAGES_PER_CHUNK)) & 0xffff);
}

/* The valid pages of a subtree; a set that is put together word by word is slow to read again. */
HUMI_WIDE_PART struct hum_pages subtree(unsigned first, unsigned n, const struct hum_pages *valid)
{
    uint64_t word = first / CHUNKS_PER_WORD, words = n < CHUNKS_PER_WORD ? 1 : n / CHUNKS_PER_WORD;
    uint64_t some = (UINT64_C(1) << n * HUM_PAGES_PER_CHUNK % 64) - 1;
    uint64_t pages =
        n < CHUNKS_PER_WORD ? some << first % CHUNKS_PER_WORD * HUM_PAGES_PER_CHUNK : ~UINT64_C(0);
    struct hum_pages tree;

    for (uint64_t i = 0; i < HUMI_MASK_WORDS; i++) /* as wide as a word: one vector, not two */
        tree.word[i] = i - word < words ? pages & valid->word[i] : 0;
    return tree;
}

/*
 * One chunk with a fault, as when a single thread runs: the same from the leaf to the root, where
 * the last dense subtree is the largest.
 */
HUMI_WIDE_PART struct hum_pages grow_alone(const struct hum_pages *present,
                                           const struct hum_pages *valid, unsigned chunk,
                                           unsigned percent)
{
    bool whole = humi_mask_full(valid);
    unsigned best = 1;
    struct path here, may;

    path_init(&here, present, chunk);
    if (!whole)
        path_init(&may, valid, chunk);
    for (unsigned n = 2; n <= LEAVES; n *= 2) {
        unsigned first = chunk & ~(n - 1);
        unsigned most = whole ? n * HUM_PAGES_PER_CHUNK : path_count(&may, first, n);
        if (path_count(&here, first, n) * 100 > most * percent)
            best = n;
    }
    return subtree(chunk & ~(best - 1), best, valid);
}

struct hum_pages humi_tree_chunks(const struct hum_pages *pages)
{
    struct hum_pages chunks;

    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
        chunks.word[i] = humi_chunks_fill(pages->word[i]);
    return chunks;
}

/* Chunks with a fault count as present as a whole, as far as they are valid. */
HUMI_WIDE_PART struct hum_pages present_alone(const struct hum_pages *resident,
                                              const struct hum_pages *valid, unsigned chunk)
{
    unsigned word = chunk / CHUNKS_PER_WORD;
    uint64_t lane = UINT64_C(0xffff) << chunk % CHUNKS_PER_WORD * HUM_PAGES_PER_CHUNK;
    struct hum_pages present = humi_mask_and(resident, valid);

    present.word[word] |= lane & valid->word[word];
    return present;
}

static struct hum_pages grow_all(const struct hum_pages *resident, const struct hum_pages *wanted,
                                 const struct hum_pages *valid, unsigned percent)
{
    struct hum_pages filled = humi_tree_chunks(wanted);
    struct hum_pages present = humi_mask_or(resident, &filled);
    struct hum_pages grown = humi_mask_none();
    struct tree tree;

    humi_mask_keep(&present, valid);
    tree_init(&tree, &present, &filled, valid);
    tree_take(&tree, 0, LEAVES, percent, &grown);
    return grown;
}

HUMI_WIDE static struct hum_pages grow(const struct hum_pages *resident,
                                       const struct hum_pages *faulted,
                                       const struct hum_pages *valid, unsigned percent)
{
    struct hum_pages wanted = humi_mask_and(faulted, valid);
    unsigned chunk = only_chunk(&wanted);

    if (chunk < LEAVES) {
        struct hum_pages present = present_alone(resident, valid, chunk);
        return grow_alone(&present, valid, chunk, percent);
    }
    struct hum_pages grown = grow_all(resident, &wanted, valid, percent);
    return humi_mask_and(&grown, valid);
}

struct hum_pages humi_tree_grow(const struct hum_pages *resident, const struct hum_pages *faulted,
                                const struct hum_pages *valid, unsigned percent)
{
    return grow(resident, faulted, valid, percent);
}
