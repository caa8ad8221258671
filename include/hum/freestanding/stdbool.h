/* SPDX-License-Identifier: MIT */
/* stdbool.h - for OpenCL C and CUDA C++, which have bool, true and false by themselves. */
