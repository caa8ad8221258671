/* SPDX-License-Identifier: MIT */
/*
 * fake_space.h - a space made of numbers: the public functions that the summary's writer uses, for
 * a test that links the writer without the runtime.
 */
#ifndef HUM_TESTS_BENCH_FAKE_SPACE_H
#define HUM_TESTS_BENCH_FAKE_SPACE_H

#include <hum/hum.h>

struct hum {
    struct hum_stats stats;
    struct hum_region_info *region; /* sorted by ptr */
    size_t regions;
};

#endif
