/* SPDX-License-Identifier: MIT */
/*
 * coherence.h - the two halves of the coherence test and what they share.
 *
 *   lockstep   one operation after the other, on either side, against a naive model of the bytes
 *   together   host threads and devices at once, against rules about single words
 */
#ifndef HUM_PROPERTY_COHERENCE_H
#define HUM_PROPERTY_COHERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hum/hum.h>

#include "property/kernels/property_args.h"
#include "support/random.h"

/* One setting to try. */
struct setting {
    const char *devices;
    const char *policy;
    const char *features;   /* NULL: all there are */
    unsigned device_count;
};

/* End the program: what is wrong, the seed and how to repeat it. */
_Noreturn void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define must(call) must_status((call), #call, __FILE__, __LINE__)
void must_status(enum hum_status status, const char *what, const char *file, int line);

struct hum *open_setting(const struct setting *setting);
struct hum_kernel *kernel_of(struct hum *hum, int device, const char *name);

/* Capacity and accounting hold at this moment; ends the program if not. */
void check_stats(struct hum *hum);
/* R1-R3 as hum_query() shows them; may_be_nowhere tells it of page i. */
void check_pages(struct hum *hum, const char *ptr, size_t bytes,
                 bool (*may_be_nowhere)(const void *context, size_t page), const void *context);

/* Run until `steps` or `seconds` is over, whichever comes first; returns the steps done. */
uint64_t lockstep_run(const struct setting *setting, uint64_t seed, uint64_t steps, double seconds);
uint64_t together_run(const struct setting *setting, uint64_t seed, uint64_t rounds,
                      double seconds);

double now_seconds(void);

#endif
