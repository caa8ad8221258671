/* SPDX-License-Identifier: MIT */
/*
 * malloc.c - what libhum_heap.so puts in the place of the C library's: malloc and its like, and
 * pthread_create, by which the runtime's threads are known.
 */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "heap/block.h"
#include "heap/caller.h"
#include "heap/libc.h"
#include "heap/start.h"

#define EXPORT __attribute__((visibility("default")))
#define CALLER __builtin_return_address(0)
#define ALIGNMENT ((size_t)16) /* of all blocks, as the C library has it */
#define PAGE ((size_t)4096)

/* What is wanted, and by whom. */
struct wish {
    size_t bytes, alignment;
    bool zero;
    const void *caller;
};

static bool is_for_heap(const struct wish *wish)
{
    return atomic_load_explicit(&humi_heap_on, memory_order_acquire) &&
           wish->bytes >= humi_heap_least && !humi_caller_stays_out(wish->caller);
}

static void *allocate(const struct wish *wish)
{
    void *block;

    if (!is_for_heap(wish))
        return wish->alignment > ALIGNMENT ? __libc_memalign(wish->alignment, wish->bytes)
               : wish->zero                ? __libc_calloc(1, wish->bytes)
                                           : __libc_malloc(wish->bytes);
    block = humi_block_take(wish->bytes, wish->alignment, wish->zero);
    if (!block)
        errno = ENOMEM;
    return block;
}

/* The piece of a block of the heap: anything else in its space is none of anybody's. */
static struct humi_piece *piece_of(const void *pointer, const char *function)
{
    struct humi_piece *piece = humi_piece_of(pointer);

    if (piece && humi_piece_has_block(piece, pointer))
        return piece;
    humi_log_write(HUMI_LOG_WARN, "%s: %p is not a block that malloc gave", function, pointer);
    abort();
}

static size_t size_of(const void *pointer, const char *function)
{
    static size_t (*theirs)(void *);

    if (humi_pieces_hold(pointer))
        return piece_of(pointer, function)->block_bytes;
    if (!theirs)
        *(void **)&theirs = dlsym(RTLD_NEXT, "malloc_usable_size");
    return theirs((void *)(uintptr_t)pointer);
}

static void release(void *pointer)
{
    int before = errno;

    if (!humi_pieces_hold(pointer))
        __libc_free(pointer);
    else
        humi_block_give(piece_of(pointer, "free"), pointer);
    errno = before;
}

/* ---- the C library's functions --------------------------------------------------------------- */

EXPORT void *malloc(size_t bytes)
{
    return allocate(&(struct wish){bytes, ALIGNMENT, false, CALLER});
}

EXPORT void *calloc(size_t count, size_t bytes)
{
    size_t all;

    if (__builtin_mul_overflow(count, bytes, &all)) {
        errno = ENOMEM;
        return NULL;
    }
    return allocate(&(struct wish){all, ALIGNMENT, true, CALLER});
}

EXPORT void free(void *pointer)
{
    if (pointer)
        release(pointer);
}

/* Where it lies now is right for that size, too. */
static bool may_stay(const void *pointer, size_t usable, const struct wish *wish)
{
    if (!is_for_heap(wish))
        return false;
    return humi_pieces_hold(pointer) && wish->bytes <= usable && wish->bytes >= usable / 2;
}

static void *reallocate(void *pointer, const struct wish *wish)
{
    size_t usable;
    void *block;

    if (!humi_pieces_hold(pointer) && !is_for_heap(wish))
        return __libc_realloc(pointer, wish->bytes);
    usable = size_of(pointer, "realloc");
    if (may_stay(pointer, usable, wish))
        return pointer;
    block = allocate(wish);
    if (!block)
        return NULL;
    memcpy(block, pointer, usable < wish->bytes ? usable : wish->bytes);
    release(pointer);
    return block;
}

EXPORT void *realloc(void *pointer, size_t bytes)
{
    const struct wish wish = {bytes, ALIGNMENT, false, CALLER};

    if (!pointer)
        return allocate(&wish);
    if (bytes)
        return reallocate(pointer, &wish);
    release(pointer);
    return NULL;
}

EXPORT void *reallocarray(void *pointer, size_t count, size_t bytes)
{
    struct wish wish = {0, ALIGNMENT, false, CALLER};

    if (__builtin_mul_overflow(count, bytes, &wish.bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    if (pointer && wish.bytes)
        return reallocate(pointer, &wish);
    free(pointer);
    return pointer ? NULL : allocate(&wish);
}

/* What is no power of two is rounded up to one, as the C library does. */
static void *allocate_aligned(size_t alignment, size_t bytes, const void *caller)
{
    size_t power = ALIGNMENT;

    while (power < alignment && power <= PTRDIFF_MAX / 2)
        power *= 2;
    if (power < alignment) {
        errno = EINVAL;
        return NULL;
    }
    return allocate(&(struct wish){bytes, power, false, caller});
}

EXPORT void *memalign(size_t alignment, size_t bytes)
{
    return allocate_aligned(alignment, bytes, CALLER);
}

EXPORT void *aligned_alloc(size_t alignment, size_t bytes)
{
    return allocate_aligned(alignment, bytes, CALLER);
}

EXPORT int posix_memalign(void **pointer_out, size_t alignment, size_t bytes)
{
    int before = errno;
    void *block;

    if (alignment % sizeof(void *) || !alignment || (alignment & (alignment - 1)))
        return EINVAL;
    block = allocate_aligned(alignment, bytes, CALLER);
    errno = before;
    if (!block)
        return ENOMEM;
    *pointer_out = block;
    return 0;
}

EXPORT void *valloc(size_t bytes)
{
    return allocate_aligned(PAGE, bytes, CALLER);
}

EXPORT void *pvalloc(size_t bytes)
{
    return allocate_aligned(
        PAGE, bytes <= SIZE_MAX - PAGE ? (bytes + PAGE - 1) / PAGE * PAGE : bytes, CALLER);
}

EXPORT size_t malloc_usable_size(void *pointer)
{
    return pointer ? size_of(pointer, "malloc_usable_size") : 0;
}

/* Strings are the program's, though the C library copies them. */
EXPORT char *strndup(const char *text, size_t most)
{
    size_t length = strnlen(text, most);
    char *copy = allocate(&(struct wish){length + 1, ALIGNMENT, false, CALLER});

    if (!copy)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

EXPORT char *strdup(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = allocate(&(struct wish){bytes, ALIGNMENT, false, CALLER});

    return copy ? memcpy(copy, text, bytes) : NULL;
}

/* ---- threads --------------------------------------------------------------------------------- */

struct beginning {
    void *(*run)(void *);
    void *argument;
};

static void *run_inside(void *data)
{
    const struct beginning beginning = *(struct beginning *)data;

    __libc_free(data);
    humi_caller_enter();
    return beginning.run(beginning.argument);
}

/* All that a thread of the runtime allocates is the runtime's. */
EXPORT int pthread_create(pthread_t *thread_out, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *argument)
{
    static int (*theirs)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    struct beginning *beginning;
    int error;

    if (!theirs)
        *(void **)&theirs = dlsym(RTLD_NEXT, "pthread_create");
    if (!humi_caller_is_runtime(CALLER))
        return theirs(thread_out, attributes, run, argument);
    beginning = __libc_malloc(sizeof *beginning);
    if (!beginning)
        return EAGAIN;
    *beginning = (struct beginning){run, argument};
    error = theirs(thread_out, attributes, run_inside, beginning);
    if (error)
        __libc_free(beginning);
    return error;
}
