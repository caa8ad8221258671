/* SPDX-License-Identifier: MIT */
/*
 * stdatomic.h - atomics of a program that has one thread: plain variables.
 *
 * Found before the compiler's by the sources that are compiled for replays alone (README.md
 * beside).  A store that others are to see in order takes 20 cycles, and each access by itself
 * keeps its neighbours from being put together with it.  Types stay atomic, so structs are laid out
 * as everywhere.
 */
#ifndef HUMI_MODEL_ALONE_STDATOMIC_H
#define HUMI_MODEL_ALONE_STDATOMIC_H

#include_next <stdatomic.h>

#undef atomic_load
#undef atomic_load_explicit
#undef atomic_store
#undef atomic_store_explicit
#undef atomic_fetch_add
#undef atomic_fetch_add_explicit
#undef atomic_fetch_sub

/* The variable as one of its type without _Atomic, which a value has. */
#define HUMI_ALONE_PLAIN(at) (*(__typeof__(((void)0, *(at))) *)(void *)(at))

#define atomic_load(at) HUMI_ALONE_PLAIN(at)
#define atomic_load_explicit(at, order) HUMI_ALONE_PLAIN(at)
#define atomic_store(at, value) ((void)(HUMI_ALONE_PLAIN(at) = (value)))
#define atomic_store_explicit(at, value, order) ((void)(HUMI_ALONE_PLAIN(at) = (value)))

/* What it was before. */
#define HUMI_ALONE_CHANGE(at, operator, value)                                                     \
    __extension__({                                                                                \
        __auto_type at_ = &HUMI_ALONE_PLAIN(at);                                                   \
        __auto_type before_ = *at_;                                                                \
        *at_ = (__typeof__(*at_))(before_ operator(value));                                        \
        before_;                                                                                   \
    })
#define atomic_fetch_add(at, value) HUMI_ALONE_CHANGE(at, +, value)
#define atomic_fetch_add_explicit(at, value, order) HUMI_ALONE_CHANGE(at, +, value)
#define atomic_fetch_sub(at, value) HUMI_ALONE_CHANGE(at, -, value)

#endif
