/* SPDX-License-Identifier: MIT */
/* flow_memory.c - kernels that behave: they read and write what they were given. */
#include <hum/kernel.h>

#include "flow/kernels/flow_args.h"

HUM_KERNEL(saxpy, struct flow_saxpy)
{
    hum_for_each (i, args->n)
        args->y[i] += args->k * args->x[i];
}

/* words[i] = value + i */
HUM_KERNEL(fill, struct flow_words)
{
    hum_for_each (i, args->n)
        args->words[i] = args->value + i;
}

/* words[i] += value */
HUM_KERNEL(add, struct flow_words)
{
    hum_for_each (i, args->n)
        args->words[i] += args->value;
}

/* words[i] = words[i] * value + 1: the order of two of these shows */
HUM_KERNEL(multiply, struct flow_words)
{
    hum_for_each (i, args->n)
        args->words[i] = args->words[i] * args->value + 1;
}

HUM_KERNEL(scatter_add, struct flow_scatter)
{
    hum_for_each (i, args->hits)
        hum_atomic_add_u64(&args->words[i * args->stride % args->n], 1);
}

HUM_KERNEL(increment_bytes, struct flow_bytes)
{
    hum_for_each (i, args->n)
        args->bytes[i]++;
}

/* Reads and writes nothing. */
HUM_KERNEL(read_words, struct flow_words)
{
    uint64_t sum = 0;

    hum_for_each (i, args->n)
        sum += args->words[i];
    __asm__ volatile("" : : "r"(sum));
}

HUM_KERNEL(sum, struct flow_sum)
{
    uint64_t sum = 0;

    hum_for_each (i, (args->n + args->stride - 1) / args->stride)
        sum += args->words[i * args->stride];
    hum_atomic_add_u64(args->sum, sum);
}

HUM_KERNEL(copy, struct flow_copy)
{
    hum_for_each (i, args->n)
        args->to[i] = args->from[i];
}

/* *words += 1, n times */
HUM_KERNEL(count, struct flow_words)
{
    hum_for_each (i, args->n)
        hum_atomic_add_u64(args->words, 1);
}

HUM_KERNEL(count_float, struct flow_words)
{
    hum_for_each (i, args->n)
        hum_atomic_add_f32((float *)(void *)args->words, 1);
}

/* words[i] += 1 by compare and swap, all indices on `value` words */
HUM_KERNEL(count_cas, struct flow_words)
{
    hum_for_each (i, args->n) {
        uint64_t *word = &args->words[i % args->value], old = hum_atomic_load_u64(word), seen;
        while ((seen = hum_atomic_cas_u64(word, old, old + 1)) != old)
            old = seen;
    }
}

HUM_KERNEL(gate, struct flow_gate)
{
    hum_for_each (i, 1) {
        while (hum_atomic_load_u64(args->gate) != args->until) {
        }
        if (args->out)
            *args->out = args->value;
    }
}

/* One unaligned word, value bytes into `words`. */
HUM_KERNEL(store_unaligned, struct flow_words)
{
    hum_for_each (i, 1) {
        uint64_t v = UINT64_C(0x1122334455667788);
        __builtin_memcpy((char *)args->words + args->value, &v, sizeof v);
    }
}

HUM_KERNEL(walk, struct flow_list)
{
    hum_for_each (i, 1) {
        for (struct flow_node *node = args->head; node; node = node->next) {
            *args->sum += node->value;
            node->value++;
        }
    }
}

HUM_KERNEL(reverse, struct flow_reverse)
{
    uint32_t *tile = hum_local_memory();

    hum_for_item (it)
        tile[hum_item_id(it, 0)] = args->in[hum_global_id(it, 0)];
    hum_barrier();
    hum_for_item (it)
        args->out[hum_global_id(it, 0)] = tile[hum_group_size(0) - 1 - hum_item_id(it, 0)];
}

/* Each work-item of a 3-d grid counts itself once, at its place in row-major order. */
HUM_KERNEL(grid_hits, struct flow_grid)
{
    hum_for_item (it) {
        size_t x = hum_global_id(it, 0), y = hum_global_id(it, 1), z = hum_global_id(it, 2);
        size_t at = (z * hum_global_size(1) + y) * hum_global_size(0) + x;
        hum_atomic_add_u32(&args->hits[at], 1);
    }
}

HUM_KERNEL(nothing, struct flow_none)
{
}
