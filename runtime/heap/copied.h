/* SPDX-License-Identifier: MIT */
/*
 * copied.h - the heap in a child of fork(): copies of its blocks, at their addresses.
 *
 * A space is not inherited, but a child expects its heap.  So before the fork all blocks are
 * written to a file in memory, which the child maps in their place.  That costs the time to copy
 * them; posix_spawn(), system() and popen() do not come here.  In the child malloc() is the C
 * library's, and there is no space.
 */
#ifndef HUMI_HEAP_COPIED_H
#define HUMI_HEAP_COPIED_H

#include <stdbool.h>

/* From now on.  False: no memory. */
bool humi_copied_prepare(void);

#endif
