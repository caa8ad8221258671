/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "mix.h"
#include "tree_chase.h"

HUM_KERNEL(tree_chase, struct tree_chase_args)
{
    hum_for_each (i, args->walks) {
        uint64_t turns = mix_number(args->seed, i), sum = 0;

        for (const struct tree_node *node = args->root; node; turns >>= 1) {
            sum += node->value;
            node = node->child[turns & 1];
        }
        args->sums[i] = sum;
    }
}
