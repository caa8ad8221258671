/* SPDX-License-Identifier: MIT */
/*
 * libc.h - the C library's own allocator, by names that nobody interposes, and memory for the
 * heap's bookkeeping, which lies there: whoever looks for a free block touches no managed memory.
 */
#ifndef HUMI_HEAP_LIBC_H
#define HUMI_HEAP_LIBC_H

#include <stddef.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *pointer, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *pointer);

#endif
