/* SPDX-License-Identifier: MIT */
/* options.h - the command line that all samples share. */
#ifndef SAMPLES_OPTIONS_H
#define SAMPLES_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Options that only some samples have. */
enum sample_accepts {
    SAMPLE_ACCEPTS_TOUCH = 1u << 0,
    SAMPLE_ACCEPTS_GRAPH = 1u << 1,
    SAMPLE_ACCEPTS_STEPS = 1u << 2,
    SAMPLE_ACCEPTS_OPS = 1u << 3,
    SAMPLE_ACCEPTS_KEYS = 1u << 4, /* and how they are drawn */
    SAMPLE_ACCEPTS_THREADS = 1u << 5,
};

struct sample_options {
    size_t size;             /* what it counts is up to the sample */
    unsigned runs;           /* metered runs, after one that is not */
    unsigned steps;          /* iterations */
    bool unified, copies;    /* which versions run */
    bool own_blocks;         /* each array has blocks of its own */
    bool json;
    double touch;            /* (0, 1]: part of the data that the device needs */
    const char *graph;       /* see graph_input.h, NULL: generate one */
    size_t ops;              /* what the device does so often: updates, walks, queries */
    const char *keys;        /* file of words, NULL: keys are numbers */
    double zipf;             /* [0, 2): exponent of the law that keys are drawn by, 0: evenly */
    unsigned host_threads;   /* that work beside the device */
    size_t device_bytes;     /* memory of the device, 0: see below */
    unsigned device_percent; /* the same as a part of the footprint, 0: as HUM_DEVICES says */
};

/* What a sample tells about its options. */
struct sample_usage {
    const char *name, *summary, *size_text;
    size_t size_max;         /* the largest --size, 0: whatever memory holds */
    const char *ops_text;    /* NULL without SAMPLE_ACCEPTS_OPS */
    unsigned accepts;        /* enum sample_accepts */
    unsigned host_threads_max; /* 0 without SAMPLE_ACCEPTS_THREADS */
    struct sample_options defaults;
};

/*
 * Parse argv over the defaults.  has_copies: the sample has a version with explicit copies; without
 * one, options_out->copies is false.  Returns -1 to go on; else the program's exit status: 0 after
 * --help, 2 after a mistake, which is explained on standard error.
 */
int sample_options_parse(const struct sample_usage *usage, bool has_copies, int argc, char **argv,
                         struct sample_options *options_out);

/* "64M" and the like to a number (K, M, G are powers of 1024); false if it is not one. */
bool sample_size_parse(const char *text, size_t *size_out);

#endif
