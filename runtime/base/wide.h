/* SPDX-License-Identifier: MIT */
/*
 * wide.h - functions made for processors with wider vectors, too.
 *
 * A set of 512 pages is eight words: one register of AVX-512, two of AVX2, four of what every
 * x86-64 has.  Functions that go over several sets in one pass are compiled for each, and the
 * dynamic loader picks, once.  Elsewhere, under sanitizers, which run too late for that, and where
 * all is compiled for the widest, they are as they are written.  Only for static functions:
 * compilers export the others.
 *
 * What one of them stores in wide registers is read in wide registers at once, but what was stored
 * in pieces is not: sets that it reads should not have been put together just before.
 */
#ifndef HUMI_BASE_WIDE_H
#define HUMI_BASE_WIDE_H

#include <features.h>

#if defined(__x86_64__) && !defined(__AVX512BW__) && defined(__GLIBC__) && defined(__GNUC__) && \
    !defined(__clang__) && __GNUC__ >= 12 && defined(NDEBUG) &&                                    \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define HUMI_WIDE __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define HUMI_WIDE
#endif

/* A part of such a function, which is made as the whole is. */
#define HUMI_WIDE_PART static inline __attribute__((always_inline))

#endif
