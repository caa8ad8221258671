/* SPDX-License-Identifier: MIT */
/*
 * selftest.h - one device tried out: figures, checks, and what came of each.
 *
 * A trial is one function.  It gets an open space, allocates what it needs, frees it, and says
 * TRIAL_PASS, TRIAL_SKIP or TRIAL_FAIL with a sentence.  All run on the calling thread, one
 * after the other; one that fails does not keep the next from running.
 */
#ifndef HUM_SELFTEST_H
#define HUM_SELFTEST_H

#include <stdbool.h>
#include <stdio.h>

#include <hum/hum.h>

#include "command/system.h"
#include "marks/series.h"

enum trial_result { TRIAL_PASS, TRIAL_SKIP, TRIAL_FAIL };

struct trial {
    const char *name;
    enum trial_result result;
    char text[400];       /* what was found, why it was skipped, or what failed */
    const char *unit;     /* NULL: no figure */
    double median, other; /* other: the best rate, or the 99th per cent of a time */
    bool rate;            /* more is better, and other is the best */
};

#define SELFTEST_TRIALS_MAX 32

struct selftest {
    const char *devices;  /* as in HUM_DEVICES */
    struct hum *hum;      /* NULL: could not be opened, error says why */
    struct hum_system_info system;
    struct hum_device_info device;
    struct system_facts facts;
    char reduced[1024];   /* what this system lacks, a line each */
    char error[600];
    struct trial trial[SELFTEST_TRIALS_MAX];
    unsigned trials;
};

/* "~" for the home folder, whose name is a user's. */
void selftest_redact(char *text);

/* A new trial; its name is static. */
struct trial *selftest_trial(struct selftest *t, const char *name);

/* The three ends of a trial: fail takes hum's own sentence along unless status is HUM_OK. */
void trial_pass(struct trial *trial, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void trial_skip(struct trial *trial, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* False, so that `ok(...) && ok(...)` ends at the first that fails. */
bool trial_ok(struct trial *trial, enum hum_status status, const char *what);
bool trial_true(struct trial *trial, bool is, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Median and best or 99th per cent; frees the series. */
void trial_figure(struct trial *trial, struct series *s, const char *unit, bool rate);

/* A kernel of a module beside the command. */
bool selftest_kernel(struct selftest *t, struct trial *trial, const char *module, const char *name,
                     struct hum_kernel **kernel_out);
/* Launch on device 0's default stream and wait. */
bool selftest_run(struct selftest *t, struct trial *trial, struct hum_kernel *kernel, size_t count,
                  const void *args, size_t args_bytes);

void selftest_figures(struct selftest *t); /* figures.c */
void selftest_checks(struct selftest *t);  /* checks.c */
void selftest_wild(struct selftest *t);    /* checks.c; may cost the device, so it comes last */
void selftest_samples(struct selftest *t); /* samples.c; the space is closed */

unsigned selftest_count(const struct selftest *t, enum trial_result result);

void selftest_print(const struct selftest *t, FILE *out);            /* output.c */
/* False: could not be written. */
bool selftest_json(const struct selftest *t, FILE *out);

#endif
