/* SPDX-License-Identifier: MIT */
/*
 * fail_memory.c - the functions that allocate; forwarded by the names that the C library keeps for
 * that, because looking them up would allocate.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "support/fail_call_order.h"

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *old, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);
extern void __libc_free(void *memory);

static atomic_long pieces;

long fail_call_pieces(void)
{
    return atomic_load(&pieces);
}

static bool fails(const void *caller)
{
    if (!fail_now(FAIL_ALLOC, caller))
        return false;
    errno = ENOMEM;
    return true;
}

static void *counted(void *memory, const void *caller)
{
    if (memory && fail_is_ours(caller))
        atomic_fetch_add(&pieces, 1);
    return memory;
}

void *malloc(size_t bytes)
{
    return fails(FAIL_CALLER) ? NULL : counted(__libc_malloc(bytes), FAIL_CALLER);
}

void *calloc(size_t count, size_t bytes)
{
    return fails(FAIL_CALLER) ? NULL : counted(__libc_calloc(count, bytes), FAIL_CALLER);
}

void *realloc(void *old, size_t bytes)
{
    if (fails(FAIL_CALLER))
        return NULL;
    return old ? __libc_realloc(old, bytes) : counted(__libc_malloc(bytes), FAIL_CALLER);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return fails(FAIL_CALLER) ? NULL : counted(__libc_memalign(alignment, bytes), FAIL_CALLER);
}

static char *copy_text(const char *text, size_t length, const void *caller)
{
    char *copy = fails(caller) ? NULL : counted(__libc_malloc(length + 1), caller);

    if (!copy)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *strdup(const char *text)
{
    return copy_text(text, strlen(text), FAIL_CALLER);
}

char *strndup(const char *text, size_t most)
{
    return copy_text(text, strnlen(text, most), FAIL_CALLER);
}

void free(void *memory)
{
    if (memory && fail_is_ours(FAIL_CALLER))
        atomic_fetch_sub(&pieces, 1);
    __libc_free(memory);
}
