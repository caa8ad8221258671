/* SPDX-License-Identifier: MIT */
/*
 * tree.h - the density tree: which pages around a fault are worth taking with it.
 *
 * The 32 chunks of a block are the leaves of a binary tree.  A chunk with a faulted page is filled
 * whole.  Then, from each faulted page to the root, the largest subtree wins of which more than
 * `percent` of the valid pages are resident here or filled.  Levels that fail do not stop the walk,
 * so a dense parent wins over a sparse child.
 *
 *     pages  0       16      32      48      64        two faults fill A and B: 32 of 32, and
 *            |   A   |   B   |       |       |         32 of 64 is not more than 51 %: take A + B.
 *            fault   fault                             A third fault in C makes 48 of 64: take all.
 *
 * Source of the algorithm and its 51: NVIDIA's open kernel driver, uvm_perf_prefetch.c.
 * Threads: pure functions.
 */
#ifndef HUMI_POLICY_TREE_H
#define HUMI_POLICY_TREE_H

#include <hum/policy.h>

#define HUMI_TREE_PERCENT 51u

/* Every chunk of which `pages` has one, whole. */
struct hum_pages humi_tree_chunks(const struct hum_pages *pages);

/*
 * The pages to have resident after a fault on `faulted`, limited to `valid`.  Contains the valid
 * faulted pages; may contain pages of `resident`.
 */
struct hum_pages humi_tree_grow(const struct hum_pages *resident, const struct hum_pages *faulted,
                                const struct hum_pages *valid, unsigned percent);

#endif
