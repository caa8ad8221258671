/* SPDX-License-Identifier: MIT */
/*
 * store.h - whether a signal handler was called for a store.
 *
 * Threads: pure; may be called from signal handlers.
 */
#ifndef HUMI_OS_STORE_H
#define HUMI_OS_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#if defined(__x86_64__)

/* The context of a SIGSEGV: a store (not a load, not an instruction fetch) was refused. */
static inline bool humi_store_faulted(const ucontext_t *context)
{
    return (uint64_t)context->uc_mcontext.gregs[REG_ERR] & 2; /* the page fault's error code */
}

#elif defined(__aarch64__)

#include <asm/sigcontext.h>

/* The kernel appends records; the one of the exception holds the syndrome, whose WnR is a store. */
static inline bool humi_store_faulted(const ucontext_t *context)
{
    const unsigned char *at = context->uc_mcontext.__reserved;
    const unsigned char *end = at + sizeof context->uc_mcontext.__reserved;

    while (at + sizeof(struct _aarch64_ctx) <= end) {
        const struct _aarch64_ctx *record = (const struct _aarch64_ctx *)(const void *)at;
        if (record->magic == ESR_MAGIC) {
            uint64_t syndrome = ((const struct esr_context *)(const void *)record)->esr;
            return syndrome >> 26 == 0x24 && (syndrome >> 6 & 1); /* a data abort */
        }
        if (record->magic == 0 || record->size < sizeof *record)
            break;
        at += record->size;
    }
    return false;
}

#else
#error "add how this processor tells a store from a load"
#endif

#endif
