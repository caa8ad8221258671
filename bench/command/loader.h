/* SPDX-License-Identifier: MIT */
/*
 * loader.h - what a program of OpenCL finds on this machine: the loader, its platforms, and whether
 * hum's is one of them.
 *
 * The loader is asked in a process of its own: it loads every vendor's library, and one that
 * crashes or hangs takes nothing with it.  No space is opened.
 */
#ifndef HUM_COMMAND_LOADER_H
#define HUM_COMMAND_LOADER_H

#include <limits.h>
#include <stdbool.h>

#define LOADER_PLATFORMS_MAX 16u

struct loader_platform {
    char name[128], version[192];
};

struct loader_facts {
    char library[PATH_MAX]; /* hum's platform beside this command; "": it was built without */
    char icd[PATH_MAX];     /* the file that names such a library to the loader; "": none */
    bool is_there;          /* libOpenCL.so.1 is, and answered */
    struct loader_platform platform[LOADER_PLATFORMS_MAX];
    unsigned platforms;
};

void loader_find(struct loader_facts *facts_out);

/* The platform hum, or PoCL, which compiles kernels for emulated devices; NULL: it is not found. */
const struct loader_platform *loader_hum(const struct loader_facts *facts);
const struct loader_platform *loader_pocl(const struct loader_facts *facts);

#endif
