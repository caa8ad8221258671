/* SPDX-License-Identifier: MIT */
/*
 * world.h - an open space with one device, kernels to run there, and a crew of host threads that
 * runs the very same machine code.
 *
 * Every function leaves its reason in the result's note when it returns false.
 */
#ifndef HUM_MARKS_WORLD_H
#define HUM_MARKS_WORLD_H

#include <hum/hum.h>
#include <hum/kernel.h>

#include "marks/mark.h"

/* ---- the same code in this process ---------------------------------------------------------- */

/* Threads that are started once and run a kernel together, each its part. */
struct crew;

struct crew *crew_create(unsigned threads);
void crew_destroy(struct crew *crew);
/* Run as `threads` parts; returns when all are done. */
void crew_run(struct crew *crew, const struct hum_kernel_entry *kernel, const void *args);

/* A module's kernel in this process.  NULL if there is none.  Stays loaded. */
const struct hum_kernel_entry *native_kernel(const char *module, const char *kernel);

/* ---- the same code on the device ------------------------------------------------------------ */

struct world_params {
    const char *policy;  /* NULL: environment, then default */
    size_t memory_bytes; /* of the device */
    unsigned workers;    /* 0: one for each CPU */
    const char *trace;   /* file; NULL: environment */
    const char *accesses; /* HUM_ACCESSES; NULL: environment */
    const char *sample;  /* HUM_SAMPLE; NULL: environment */
};

struct world {
    struct hum *hum;
    struct hum_stream *stream;
    struct hum_device_info device;
    struct hum_system_info system;
    struct mark_result *result;
};

/* On failure nothing is left open. */
bool world_open(struct world *w, const struct world_params *params, struct mark_result *result);
void world_close(struct world *w);

/* True for HUM_OK; else notes what failed and hum's own sentence. */
bool world_ok(struct world *w, enum hum_status status, const char *what);

bool world_alloc(struct world *w, size_t bytes, const char *name, void *ptr_out);
bool world_kernel(struct world *w, const char *module, const char *name,
                  struct hum_kernel **kernel_out);
/* Launch and wait. */
bool world_run(struct world *w, struct hum_kernel *kernel, size_t count, const void *args,
               size_t args_bytes);

unsigned world_cpus(void);

/* Seconds of CPU time that this process and the device's have had, by their own clocks. */
bool world_cpu(struct world *w, double *seconds_out);

#endif
