/* SPDX-License-Identifier: MIT */
/*
 * kernel_opencl.h - kernel.h for OpenCL C 3.0, and 2.0 where generic pointers work.
 *
 * A kernel `name` becomes two OpenCL kernels:
 *
 *   hum_kernel_name  one work-group runs a part of a flat launch, or a group: its work-items call
 *                    the body at the same time, and share the indices, or the items, among them
 *   hum_args_name    does nothing; its required work-group size is the size of the argument block,
 *                    and HUM_KERNEL_ABI: what can be asked about a kernel without running it
 *
 * The argument block is bytes behind a pointer, because OpenCL has no size_t, bool or pointers in
 * arguments.  Without generic pointers an unqualified one is private; a pointer then changes its
 * address space as a number, which needs a device on which all spaces are one, as on processors.
 * Included by kernel.h only; empty for other languages.
 */
#ifndef HUM_KERNEL_OPENCL_H
#define HUM_KERNEL_OPENCL_H
#ifdef __OPENCL_C_VERSION__

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma OPENCL FP_CONTRACT OFF

/* As in kernel_native.h, without slices; a kernel reads it through the macros below only. */
struct hum_place {
    size_t part, parts;
    size_t group[3], groups[3];
    size_t items[3];
    size_t items_total;
    void *local_memory;
};

/* first: the part of this enqueue's first work-group.  Unused dimensions are 1. */
static inline struct hum_place hum_place_here(ulong first, ulong parts, ulong4 groups, ulong4 items,
                                              __local ulong8 *local_memory)
{
    struct hum_place place;

    place.part = first + get_group_id(0);
    place.parts = parts;
    place.group[0] = place.part % groups.x;
    place.group[1] = place.part / groups.x % groups.y;
    place.group[2] = place.part / groups.x / groups.y % groups.z;
    place.groups[0] = groups.x;
    place.groups[1] = groups.y;
    place.groups[2] = groups.z;
    place.items[0] = items.x;
    place.items[1] = items.y;
    place.items[2] = items.z;
    place.items_total = items.x * items.y * items.z;
    place.local_memory = (void *)(uintptr_t)local_memory;
    return place;
}

#define HUM_KERNEL(kernel_name, args_type)                                                         \
    static void hum_body_##kernel_name(const args_type *args, const struct hum_place *hum_place);  \
    __kernel __attribute__((reqd_work_group_size(sizeof(args_type), HUM_KERNEL_ABI, 1))) void      \
        hum_args_##kernel_name(void)                                                               \
    {                                                                                              \
    }                                                                                              \
    __kernel void hum_kernel_##kernel_name(__global const ulong *hum_args, ulong hum_first,        \
                                           ulong hum_parts, ulong4 hum_groups, ulong4 hum_items,   \
                                           __local ulong8 *hum_local)                              \
    {                                                                                              \
        struct hum_place place =                                                                   \
            hum_place_here(hum_first, hum_parts, hum_groups, hum_items, hum_local);                \
        hum_body_##kernel_name((const args_type *)(uintptr_t)hum_args, &place);                    \
    }                                                                                              \
    static void hum_body_##kernel_name(const args_type *args, const struct hum_place *hum_place)

#include <hum/kernel_place.h>

/* for each i of [0, n): the work-items of a group take neighbouring indices */
#define hum_for_each(i, n)                                                                         \
    for (size_t hum_n_##i = (n),                                                                   \
                i = hum_share_start(hum_place, hum_place->part, hum_n_##i) + get_local_id(0),      \
                hum_end_##i = hum_share_start(hum_place, hum_place->part + 1, hum_n_##i);          \
         i < hum_end_##i; i += get_local_size(0))

/* A group may have fewer work-items here than were asked for; each then takes several. */
#define hum_for_item(it)                                                                           \
    for (size_t it = get_local_id(0); it < hum_place->items_total; it += get_local_size(0))
#define hum_barrier() barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
#define hum_local_memory() (hum_place->local_memory)

/* ---- atomics: each returns the value before ------------------------------------------------- */

/* The scope that host and devices share is not there everywhere; all that runs is one device. */
#define HUM_ATOMIC_ORDER memory_order_seq_cst, memory_scope_device

#ifdef __opencl_c_generic_address_space
#define HUM_ATOMIC_AT(atomic, p) ((volatile atomic *)(p))
#else
#define HUM_ATOMIC_AT(atomic, p) ((volatile __global atomic *)(uintptr_t)(p))
#endif

#define HUM_ATOMIC_INT(suffix, type, atomic)                                                       \
    static inline type hum_atomic_load_##suffix(const type *p)                                     \
    {                                                                                              \
        return atomic_load_explicit(HUM_ATOMIC_AT(atomic, p), HUM_ATOMIC_ORDER);                   \
    }                                                                                              \
    static inline void hum_atomic_store_##suffix(type *p, type v)                                  \
    {                                                                                              \
        atomic_store_explicit(HUM_ATOMIC_AT(atomic, p), v, HUM_ATOMIC_ORDER);                      \
    }                                                                                              \
    static inline type hum_atomic_exchange_##suffix(type *p, type v)                               \
    {                                                                                              \
        return atomic_exchange_explicit(HUM_ATOMIC_AT(atomic, p), v, HUM_ATOMIC_ORDER);            \
    }                                                                                              \
    static inline type hum_atomic_add_##suffix(type *p, type v)                                    \
    {                                                                                              \
        return atomic_fetch_add_explicit(HUM_ATOMIC_AT(atomic, p), v, HUM_ATOMIC_ORDER);           \
    }                                                                                              \
    static inline type hum_atomic_sub_##suffix(type *p, type v)                                    \
    {                                                                                              \
        return atomic_fetch_sub_explicit(HUM_ATOMIC_AT(atomic, p), v, HUM_ATOMIC_ORDER);           \
    }                                                                                              \
    static inline type hum_atomic_and_##suffix(type *p, type v)                                    \
    {                                                                                              \
        return atomic_fetch_and_explicit(HUM_ATOMIC_AT(atomic, p), v, HUM_ATOMIC_ORDER);           \
    }                                                                                              \
    static inline type hum_atomic_or_##suffix(type *p, type v)                                     \
    {                                                                                              \
        return atomic_fetch_or_explicit(HUM_ATOMIC_AT(atomic, p), v, HUM_ATOMIC_ORDER);            \
    }                                                                                              \
    static inline type hum_atomic_xor_##suffix(type *p, type v)                                    \
    {                                                                                              \
        return atomic_fetch_xor_explicit(HUM_ATOMIC_AT(atomic, p), v, HUM_ATOMIC_ORDER);           \
    }                                                                                              \
    /* stores v if *p equals expected; returns what *p was */                                      \
    static inline type hum_atomic_cas_##suffix(type *p, type expected, type v)                     \
    {                                                                                              \
        (void)atomic_compare_exchange_strong_explicit(HUM_ATOMIC_AT(atomic, p), &expected, v,      \
                                                      memory_order_seq_cst, HUM_ATOMIC_ORDER);     \
        return expected;                                                                           \
    }                                                                                              \
    static inline type hum_atomic_min_##suffix(type *p, type v)                                    \
    {                                                                                              \
        return atomic_fetch_min_explicit(HUM_ATOMIC_AT(atomic, p), v, HUM_ATOMIC_ORDER);           \
    }                                                                                              \
    static inline type hum_atomic_max_##suffix(type *p, type v)                                    \
    {                                                                                              \
        return atomic_fetch_max_explicit(HUM_ATOMIC_AT(atomic, p), v, HUM_ATOMIC_ORDER);           \
    }

HUM_ATOMIC_INT(i32, int32_t, atomic_int)
HUM_ATOMIC_INT(u32, uint32_t, atomic_uint)
HUM_ATOMIC_INT(i64, int64_t, atomic_long)
HUM_ATOMIC_INT(u64, uint64_t, atomic_ulong)
#undef HUM_ATOMIC_INT

#define HUM_ATOMIC_FLOAT(suffix, type, bits, as_type, as_bits)                                     \
    static inline type hum_atomic_add_##suffix(type *p, type v)                                    \
    {                                                                                              \
        bits old = hum_atomic_load_##as_bits((const bits *)p), seen = old;                         \
        do {                                                                                       \
            old = seen;                                                                            \
            seen = hum_atomic_cas_##as_bits((bits *)p, old,                                        \
                                            as_##as_type(as_##type(old) + v));                     \
        } while (seen != old);                                                                     \
        return as_##type(old);                                                                     \
    }

HUM_ATOMIC_FLOAT(f32, float, uint32_t, uint, u32)
HUM_ATOMIC_FLOAT(f64, double, uint64_t, ulong, u64)
#undef HUM_ATOMIC_FLOAT

static inline void hum_fence(void)
{
    atomic_work_item_fence(CLK_GLOBAL_MEM_FENCE | CLK_LOCAL_MEM_FENCE, HUM_ATOMIC_ORDER);
}

#endif
#endif
