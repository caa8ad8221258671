/* SPDX-License-Identifier: MIT */
/*
 * kernel_cuda.h - kernel.h for CUDA C++, as clang, nvcc and NVRTC read it.
 *
 * A kernel `name` becomes one entry, extern "C" __global__ void name(const args_type): the argument
 * block by value.  One block of threads runs a part of a flat launch, or a group: the threads share
 * the indices, or are the items; local memory is the dynamic shared memory.
 *
 * What CUDA has no word for without its toolkit is PTX here, the same for all three compilers.  It
 * needs no more than sm_35, but for atomics: they hold between the device and the host, and that
 * scope came with sm_60.  Before and behind each stands a fence of that scope, as the sequentially
 * consistent order is mapped to PTX (D. Lustig, S. Sahasrabuddhe, O. Giroux, "A Formal Analysis of
 * the NVIDIA PTX Memory Consistency Model", 2019; a fence behind in place of an acquire, which came
 * with sm_70; membar.sys is the older word for fence.sc.sys).
 *
 * Functions of a kernel's source are `static`, as those of every source here: that word puts them
 * on the device.  Sources are C and C++ at once, therefore: pointers are converted from void by a
 * cast, but for hum_local_memory().
 * Included by kernel.h only; empty for other languages.
 */
#ifndef HUM_KERNEL_CUDA_H
#define HUM_KERNEL_CUDA_H
#ifdef HUM_KERNEL_CUDA

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define static static __attribute__((device))
#define restrict __restrict__
#define _Static_assert static_assert

/* As in kernel_native.h, without slices; a kernel reads it through the macros below only. */
struct hum_place {
    size_t part, parts;
    size_t group[3], groups[3];
    size_t items[3];
    size_t items_total;
    size_t item;                /* this thread's */
};

#define HUM_REGISTER(name)                                                                         \
    static inline size_t hum_register_##name##_x(void)                                             \
    {                                                                                              \
        unsigned value;                                                                            \
        asm("mov.u32 %0, %%" #name ".x;" : "=r"(value));                                           \
        return value;                                                                              \
    }                                                                                              \
    static inline size_t hum_register_##name##_y(void)                                             \
    {                                                                                              \
        unsigned value;                                                                            \
        asm("mov.u32 %0, %%" #name ".y;" : "=r"(value));                                           \
        return value;                                                                              \
    }                                                                                              \
    static inline size_t hum_register_##name##_z(void)                                             \
    {                                                                                              \
        unsigned value;                                                                            \
        asm("mov.u32 %0, %%" #name ".z;" : "=r"(value));                                           \
        return value;                                                                              \
    }

HUM_REGISTER(tid)
HUM_REGISTER(ntid)
HUM_REGISTER(ctaid)
HUM_REGISTER(nctaid)
#undef HUM_REGISTER

static inline struct hum_place hum_place_here(void)
{
    struct hum_place place;

    place.group[0] = hum_register_ctaid_x();
    place.group[1] = hum_register_ctaid_y();
    place.group[2] = hum_register_ctaid_z();
    place.groups[0] = hum_register_nctaid_x();
    place.groups[1] = hum_register_nctaid_y();
    place.groups[2] = hum_register_nctaid_z();
    place.items[0] = hum_register_ntid_x();
    place.items[1] = hum_register_ntid_y();
    place.items[2] = hum_register_ntid_z();
    place.part =
        place.group[0] + place.groups[0] * (place.group[1] + place.groups[1] * place.group[2]);
    place.parts = place.groups[0] * place.groups[1] * place.groups[2];
    place.item = hum_register_tid_x() +
                 place.items[0] * (hum_register_tid_y() + place.items[1] * hum_register_tid_z());
    place.items_total = place.items[0] * place.items[1] * place.items[2];
    return place;
}

#define HUM_KERNEL(kernel_name, args_type)                                                         \
    static void hum_body_##kernel_name(const args_type *args, const struct hum_place *hum_place);  \
    extern "C" __attribute__((global)) void kernel_name(const args_type hum_args)                  \
    {                                                                                              \
        struct hum_place place = hum_place_here();                                                 \
        hum_body_##kernel_name(&hum_args, &place);                                                 \
    }                                                                                              \
    static inline __attribute__((always_inline)) void hum_body_##kernel_name(                      \
        const args_type *args, const struct hum_place *hum_place)

#include <hum/kernel_place.h>

/* for each i of [0, n): the threads of a block take neighbouring indices */
#define hum_for_each(i, n)                                                                         \
    for (size_t hum_n_##i = (n),                                                                   \
                i = hum_share_start(hum_place, hum_place->part, hum_n_##i) + hum_place->item,      \
                hum_end_##i = hum_share_start(hum_place, hum_place->part + 1, hum_n_##i);          \
         i < hum_end_##i; i += hum_place->items_total)

/* Each thread is one item. */
#define hum_for_item(it)                                                                           \
    for (size_t it = hum_place->item, hum_once_##it = 1; hum_once_##it; hum_once_##it = 0)
#define hum_barrier() asm volatile("bar.sync 0;" ::: "memory")

extern __attribute__((shared)) __attribute__((aligned(64))) unsigned char hum_local_bytes[];

/* C converts it to any pointer; so does this. */
struct hum_local_pointer {
    template <typename type> __attribute__((device)) operator type *() const
    {
        return (type *)hum_local_bytes;
    }
};
#define hum_local_memory() (hum_local_pointer())

/* ---- atomics: each returns the value before ------------------------------------------------- */

/* Orders everything before it against everything after it, seen from host and devices. */
static inline void hum_fence(void)
{
    asm volatile("membar.sys;" ::: "memory");
}

/* hum_atomic_<name>_<suffix>(p, v) by the instruction atom.sys.<op>; r, l: the register's size */
#define HUM_ATOMIC_OP(name, op, suffix, type, size)                                                \
    static inline type hum_atomic_##name##_##suffix(type *p, type v)                               \
    {                                                                                              \
        type old;                                                                                  \
        hum_fence();                                                                               \
        asm volatile("atom.sys." op " %0, [%1], %2;"                                               \
                     : "=" size(old)                                                               \
                     : "l"(p), size(v)                                                             \
                     : "memory");                                                                  \
        hum_fence();                                                                               \
        return old;                                                                                \
    }

/* plain: the type in PTX as a number without sign, bits: as bits, number: with its sign. */
#define HUM_ATOMIC_INT(suffix, type, size, plain, bits, number)                                    \
    static inline type hum_atomic_load_##suffix(const type *p)                                     \
    {                                                                                              \
        type value;                                                                                \
        hum_fence();                                                                               \
        asm volatile("ld.volatile." plain " %0, [%1];" : "=" size(value) : "l"(p) : "memory");     \
        hum_fence();                                                                               \
        return value;                                                                              \
    }                                                                                              \
    static inline void hum_atomic_store_##suffix(type *p, type v)                                  \
    {                                                                                              \
        hum_fence();                                                                               \
        asm volatile("st.volatile." plain " [%0], %1;" ::"l"(p), size(v) : "memory");              \
    }                                                                                              \
    HUM_ATOMIC_OP(exchange, "exch." bits, suffix, type, size)                                      \
    HUM_ATOMIC_OP(add, "add." plain, suffix, type, size)                                           \
    HUM_ATOMIC_OP(and, "and." bits, suffix, type, size)                                            \
    HUM_ATOMIC_OP(or, "or." bits, suffix, type, size)                                              \
    HUM_ATOMIC_OP(xor, "xor." bits, suffix, type, size)                                            \
    HUM_ATOMIC_OP(min, "min." number, suffix, type, size)                                          \
    HUM_ATOMIC_OP(max, "max." number, suffix, type, size)                                          \
    static inline type hum_atomic_sub_##suffix(type *p, type v)                                    \
    {                                                                                              \
        return hum_atomic_add_##suffix(p, (type)(0ul - (uint64_t)v));                              \
    }                                                                                              \
    /* stores v if *p equals expected; returns what *p was */                                      \
    static inline type hum_atomic_cas_##suffix(type *p, type expected, type v)                     \
    {                                                                                              \
        type old;                                                                                  \
        hum_fence();                                                                               \
        asm volatile("atom.sys.cas." bits " %0, [%1], %2, %3;"                                     \
                     : "=" size(old)                                                               \
                     : "l"(p), size(expected), size(v)                                             \
                     : "memory");                                                                  \
        hum_fence();                                                                               \
        return old;                                                                                \
    }

HUM_ATOMIC_INT(i32, int32_t, "r", "u32", "b32", "s32")
HUM_ATOMIC_INT(u32, uint32_t, "r", "u32", "b32", "u32")
HUM_ATOMIC_INT(i64, int64_t, "l", "u64", "b64", "s64")
HUM_ATOMIC_INT(u64, uint64_t, "l", "u64", "b64", "u64")
#undef HUM_ATOMIC_INT
#undef HUM_ATOMIC_OP

/* Not atom.add.f32, which makes zero of subnormal numbers in global memory. */
#define HUM_ATOMIC_FLOAT(suffix, type, bits, as_bits)                                              \
    static inline type hum_atomic_add_##suffix(type *p, type v)                                    \
    {                                                                                              \
        union {                                                                                    \
            bits word;                                                                             \
            type number;                                                                           \
        } old, sum;                                                                                \
        bits seen = hum_atomic_load_##as_bits((const bits *)p);                                    \
        do {                                                                                       \
            old.word = seen;                                                                       \
            sum.number = old.number + v;                                                           \
            seen = hum_atomic_cas_##as_bits((bits *)p, old.word, sum.word);                        \
        } while (seen != old.word);                                                                \
        return old.number;                                                                         \
    }

HUM_ATOMIC_FLOAT(f32, float, uint32_t, u32)
HUM_ATOMIC_FLOAT(f64, double, uint64_t, u64)
#undef HUM_ATOMIC_FLOAT

#endif
#endif
