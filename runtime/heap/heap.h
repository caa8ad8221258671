/* SPDX-License-Identifier: MIT */
/*
 * heap.h - what libhum_heap.so, which is preloaded into a program, has for hum's platform of
 * OpenCL.
 *
 * All are NULL where it is not preloaded: they are weak.
 */
#ifndef HUMI_HEAP_HEAP_H
#define HUMI_HEAP_HEAP_H

#include <stdbool.h>
#include <stddef.h>

#define HUMI_WEAK __attribute__((weak, visibility("default")))

struct hum;

/* The space that the heap opened when the program started; NULL: none, or in a child of fork(). */
HUMI_WEAK struct hum *hum_heap_space(void);

/*
 * From here on the program's blocks come from this space, which stays open to the end of the
 * process.  True: they do, or did before.  False: they cannot, and the reason was told, once.
 * What the calling library allocates stays with the C library.
 */
HUMI_WEAK bool hum_heap_start(struct hum *hum);

/* The block that holds the pointer, with all that may be used of it; false: it is in none. */
HUMI_WEAK bool hum_heap_find(const void *pointer, char **start_out, size_t *bytes_out);

#endif
