/* SPDX-License-Identifier: MIT */
/*
 * tree_chase.h - walks from the root of a binary tree to a leaf, along pointers.
 *
 * Walk i turns left or right at depth d as bit d of random number i says (mix.h); sums[i] is the
 * sum of the values on its way, modulo 2^64.  The tree is at most 64 deep.
 */
#ifndef HUM_KERNELS_TREE_CHASE_H
#define HUM_KERNELS_TREE_CHASE_H

#include <stddef.h>
#include <stdint.h>

/* A line of the cache. */
struct tree_node {
    struct tree_node *child[2];
    uint64_t value;
    uint64_t load[5];       /* what else such a node holds; never touched by a walk */
};

struct tree_chase_args {
    const struct tree_node *root;
    uint64_t *sums;
    size_t walks;
    uint64_t seed;
};

#endif
