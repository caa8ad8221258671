/* SPDX-License-Identifier: MIT */
/*
 * folder.h - where the kernel modules of the benchmarks lie: beside the command in a build tree,
 * in lib/hum once installed.
 */
#ifndef HUM_MARKS_FOLDER_H
#define HUM_MARKS_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/* The path of module.so; false if it is in neither place. */
bool folder_of_module(const char *module, char *path_out, size_t room);

#endif
