/* SPDX-License-Identifier: MIT */
/*
 * opencl.h - a kernel from text run by the machine's OpenCL in this process: the floor of `call`.
 *
 * The library is found at run time.  It is the implementation that an emulated device uses, the
 * first device of which is a processor.
 */
#ifndef HUM_FLOOR_OPENCL_H
#define HUM_FLOOR_OPENCL_H

#include <stdbool.h>
#include <stddef.h>

struct floor_opencl;

/* Could floor_opencl_open() work: built with OpenCL's headers, and the library is there? */
bool floor_opencl_is_there(void);

/* Build the program and set the kernel's one argument, a pointer to `words` ints. */
bool floor_opencl_open(const char *source, const char *kernel, size_t words, unsigned threads,
                       struct floor_opencl **out);
void floor_opencl_close(struct floor_opencl *f);

/* Enqueue `count` times over so many items in groups; wait after each, or once at the end. */
bool floor_opencl_run(struct floor_opencl *f, unsigned count, size_t items, size_t group,
                      bool wait_each);

#endif
