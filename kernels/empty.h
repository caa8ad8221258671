/* SPDX-License-Identifier: MIT */
/* empty.h - a kernel that does nothing, to measure what a launch costs. */
#ifndef HUM_KERNELS_EMPTY_H
#define HUM_KERNELS_EMPTY_H

struct empty_args {
    char unused;
};

#endif
