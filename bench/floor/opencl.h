/* SPDX-License-Identifier: MIT */
/*
 * opencl.h - a kernel from text run by an OpenCL implementation in this process: by the machine's,
 * the floor of `call` and `platform-...`, or by one whose library is named, hum's platform.
 *
 * The machine's is found at run time.  It is the implementation that an emulated device uses, the
 * first device of which is a processor.
 */
#ifndef HUM_FLOOR_OPENCL_H
#define HUM_FLOOR_OPENCL_H

#include <stdbool.h>
#include <stddef.h>

struct floor_opencl;

/* What to open. */
struct floor_opencl_params {
    const char *library; /* of an implementation, as vendors' files name it; NULL: the machine's */
    const char *source;  /* a program that has the kernel, which takes words, and perhaps an int */
    const char *kernel;
    size_t words;        /* ints in its first argument, 0 at first */
    unsigned threads;    /* of the machine's, if this process has not used it yet; 0: as it likes */
    bool unordered;      /* the queue is out of order */
};

/* How to launch. */
struct floor_opencl_launches {
    unsigned count;
    size_t items, group; /* work-items of each, and of its groups */
    bool wait_each;      /* for the end of each, else of all */
    bool events;         /* each gives an event; they are released at the end */
    bool args;           /* the second argument, an int, is set to 1 before each */
};

/* Could floor_opencl_open() work: built with OpenCL's headers, and the library is there? */
bool floor_opencl_is_there(void);

bool floor_opencl_open(const struct floor_opencl_params *params, struct floor_opencl **out);
void floor_opencl_close(struct floor_opencl *f);

/* How many processors its device has. */
unsigned floor_opencl_units(const struct floor_opencl *f);

/* Launch so, and wait for the end. */
bool floor_opencl_run(struct floor_opencl *f, const struct floor_opencl_launches *launches);

/* Whether all words have this value. */
bool floor_opencl_holds(struct floor_opencl *f, int value);

#endif
