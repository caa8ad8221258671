/* SPDX-License-Identifier: MIT */
/*
 * kernel_native.h - kernel.h for devices that run machine code: a module is a shared object, and a
 * call of a kernel's body runs one part of a flat launch, or some slices of one, or one group with
 * its items in a loop.
 * Included by kernel.h only.
 */
#ifndef HUM_KERNEL_NATIVE_H
#define HUM_KERNEL_NATIVE_H

#include <stddef.h>
#include <stdint.h>

/* Builds for exact recording see every access: none is hidden in a memory function. */
#ifdef HUM_EXACT
#include <string.h>
#define __builtin_memcpy memcpy
#define __builtin_memmove memmove
#define __builtin_memset memset
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Where one call of a kernel body stands.  Filled by the device; a kernel reads it through the
 * macros below only.  A flat launch has part of parts; a launch in groups has part = the group's
 * linear index, parts = the number of groups, and the rest.
 */
struct hum_place {
    size_t part, parts;
    size_t group[3], groups[3]; /* index and count in each dimension */
    size_t items[3];            /* work-items of a group in each dimension */
    size_t items_total;         /* their product */
    void *local;                /* local memory of the group, 64-byte aligned */
    size_t slice, slice_end;    /* of a flat part: only these of its `slices` equal slices */
    size_t slices;              /* 0: all of it */
};

/* What a module exports for each kernel, under the name hum_kernel_<name>. */
struct hum_kernel_entry {
    uint32_t abi;               /* HUM_KERNEL_ABI */
    uint32_t args_bytes;        /* sizeof of the argument block */
    const char *name;
    void (*run)(const void *args, const struct hum_place *place);
};

#define HUM_KERNEL(kernel_name, args_type)                                                         \
    static void hum_body_##kernel_name(const args_type *args, const struct hum_place *hum_place);  \
    static void hum_run_##kernel_name(const void *hum_args, const struct hum_place *hum_place)     \
    {                                                                                              \
        hum_body_##kernel_name((const args_type *)hum_args, hum_place);                            \
    }                                                                                              \
    __attribute__((visibility("default"))) extern const struct hum_kernel_entry                    \
        hum_kernel_##kernel_name;                                                                  \
    const struct hum_kernel_entry hum_kernel_##kernel_name = {                                     \
        HUM_KERNEL_ABI, (uint32_t)sizeof(args_type), #kernel_name, hum_run_##kernel_name};         \
    static void hum_body_##kernel_name(const args_type *args __attribute__((unused)),              \
                                       const struct hum_place *hum_place                           \
                                       __attribute__((unused)))

#include <hum/kernel_place.h>

/* The same within the part: where a slice of it begins. */
static inline size_t hum_slice_start(const struct hum_place *place, size_t slice, size_t n)
{
    size_t start = hum_share_start(place, place->part, n);
    size_t end = hum_share_start(place, place->part + 1, n);
    return start + (end - start) / place->slices * slice +
           (end - start) % place->slices * slice / place->slices;
}

/* The indices of this call. */
static inline size_t hum_first_index(const struct hum_place *place, size_t n)
{
    return place->slices ? hum_slice_start(place, place->slice, n)
                         : hum_share_start(place, place->part, n);
}

static inline size_t hum_end_index(const struct hum_place *place, size_t n)
{
    return place->slices ? hum_slice_start(place, place->slice_end, n)
                         : hum_share_start(place, place->part + 1, n);
}

/* for each i of [0, n) */
#define hum_for_each(i, n)                                                                         \
    for (size_t hum_n_##i = (n), i = hum_first_index(hum_place, hum_n_##i),                        \
                hum_end_##i = hum_end_index(hum_place, hum_n_##i);                                 \
         i < hum_end_##i; i++)

#define hum_for_item(it) for (size_t it = 0; it < hum_place->items_total; it++)
#define hum_barrier() ((void)0)
#define hum_local_memory() (hum_place->local)

/* ---- atomics: each returns the value before ------------------------------------------------- */

#define HUM_ATOMIC_INT(suffix, type)                                                               \
    static inline type hum_atomic_load_##suffix(const type *p)                                     \
    {                                                                                              \
        return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                               \
    }                                                                                              \
    static inline void hum_atomic_store_##suffix(type *p, type v)                                  \
    {                                                                                              \
        __atomic_store_n(p, v, __ATOMIC_SEQ_CST);                                                  \
    }                                                                                              \
    static inline type hum_atomic_exchange_##suffix(type *p, type v)                               \
    {                                                                                              \
        return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);                                        \
    }                                                                                              \
    static inline type hum_atomic_add_##suffix(type *p, type v)                                    \
    {                                                                                              \
        return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);                                         \
    }                                                                                              \
    static inline type hum_atomic_sub_##suffix(type *p, type v)                                    \
    {                                                                                              \
        return __atomic_fetch_sub(p, v, __ATOMIC_SEQ_CST);                                         \
    }                                                                                              \
    static inline type hum_atomic_and_##suffix(type *p, type v)                                    \
    {                                                                                              \
        return __atomic_fetch_and(p, v, __ATOMIC_SEQ_CST);                                         \
    }                                                                                              \
    static inline type hum_atomic_or_##suffix(type *p, type v)                                     \
    {                                                                                              \
        return __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST);                                          \
    }                                                                                              \
    static inline type hum_atomic_xor_##suffix(type *p, type v)                                    \
    {                                                                                              \
        return __atomic_fetch_xor(p, v, __ATOMIC_SEQ_CST);                                         \
    }                                                                                              \
    /* stores v if *p equals expected; returns what *p was */                                      \
    static inline type hum_atomic_cas_##suffix(type *p, type expected, type v)                     \
    {                                                                                              \
        (void)__atomic_compare_exchange_n(p, &expected, v, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
        return expected;                                                                           \
    }                                                                                              \
    static inline type hum_atomic_min_##suffix(type *p, type v)                                    \
    {                                                                                              \
        type old = __atomic_load_n(p, __ATOMIC_SEQ_CST);                                           \
        while (v < old && !__atomic_compare_exchange_n(p, &old, v, 0, __ATOMIC_SEQ_CST,            \
                                                       __ATOMIC_SEQ_CST)) {                        \
        }                                                                                          \
        return old;                                                                                \
    }                                                                                              \
    static inline type hum_atomic_max_##suffix(type *p, type v)                                    \
    {                                                                                              \
        type old = __atomic_load_n(p, __ATOMIC_SEQ_CST);                                           \
        while (v > old && !__atomic_compare_exchange_n(p, &old, v, 0, __ATOMIC_SEQ_CST,            \
                                                       __ATOMIC_SEQ_CST)) {                        \
        }                                                                                          \
        return old;                                                                                \
    }

HUM_ATOMIC_INT(i32, int32_t)
HUM_ATOMIC_INT(u32, uint32_t)
HUM_ATOMIC_INT(i64, int64_t)
HUM_ATOMIC_INT(u64, uint64_t)
#undef HUM_ATOMIC_INT

#define HUM_ATOMIC_FLOAT(suffix, type)                                                             \
    static inline type hum_atomic_add_##suffix(type *p, type v)                                    \
    {                                                                                              \
        type old, sum;                                                                             \
        __atomic_load(p, &old, __ATOMIC_SEQ_CST);                                                  \
        do {                                                                                       \
            sum = old + v;                                                                         \
        } while (!__atomic_compare_exchange(p, &old, &sum, 0, __ATOMIC_SEQ_CST,                    \
                                            __ATOMIC_SEQ_CST));                                    \
        return old;                                                                                \
    }

HUM_ATOMIC_FLOAT(f32, float)
HUM_ATOMIC_FLOAT(f64, double)
#undef HUM_ATOMIC_FLOAT

/* Orders everything before it against everything after it, seen from host and devices. */
static inline void hum_fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#ifdef __cplusplus
}
#endif

#endif
