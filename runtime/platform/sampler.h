/* SPDX-License-Identifier: MIT */
/*
 * sampler.h - samplers: three words that a launch takes along.
 * Threads: all is fixed.
 */
#ifndef HUMI_PLATFORM_SAMPLER_H
#define HUMI_PLATFORM_SAMPLER_H

#include <hum/program.h>

#include "platform/context.h"

struct _cl_sampler {
    struct humi_object object;
    cl_context context; /* held */
    struct hum_cl_sampler mode;
    cl_sampler_properties given[7]; /* with the ending 0 */
    size_t given_count;
};

#endif
