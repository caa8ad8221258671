/* SPDX-License-Identifier: MIT */
/* stdbool.h - for OpenCL C, which has bool, true and false by itself. */
