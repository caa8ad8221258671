/* SPDX-License-Identifier: MIT */
/*
 * sample.h - the frame of every sample: options, runs, verification, table.
 *
 * A sample prepares a problem and the answer of a CPU reference, and solves the problem in a
 * unified version and, if it has one, in a version with explicit copies.  One run of a version is
 * what a program does again and again:
 *
 *   the host writes the input - the device computes - the host reads the result
 *
 * and all of it is metered.  Buffers are made before the first run and kept, and the first run is
 * not counted, so that versions are measured when they are warm.
 */
#ifndef SAMPLES_SAMPLE_H
#define SAMPLES_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "context.h"

/* What prepare() tells about its problem. */
struct sample_facts {
    size_t footprint_bytes;     /* of everything the device touches */
    uint64_t cpu_ns;            /* time of the reference, one thread */
    char text[160];             /* the problem in words */
};

/* One version of a sample. */
struct sample_version {
    /* Buffers for the problem; NULL: the device's memory is too small for this version. */
    void *(*open)(struct context *context, const void *problem);
    void (*run)(void *state);
    /* Does the result of the last run agree with the reference?  Not metered. */
    bool (*verify)(const void *state);
    void (*close)(void *state);
};

struct sample {
    struct sample_usage usage;
    const char *module;             /* its kernels; NULL: called like the sample */
    /* The input and the reference's answer; NULL after a message on standard error. */
    void *(*prepare)(const struct sample_options *options, struct sample_facts *facts_out);
    void (*discard)(void *problem);
    struct sample_version unified;
    struct sample_version copies;   /* all NULL: the sample has no such version */
};

/* The whole program; returns its exit status. */
int sample_main(const struct sample *sample, int argc, char **argv);

#endif
