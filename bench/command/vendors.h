/* SPDX-License-Identifier: MIT */
/*
 * vendors.h - `hum run --opencl`: a folder of the loader's vendors in which hum is one, or the only
 * one, for a program that is about to be run; and what is preloaded into that.
 */
#ifndef HUM_COMMAND_VENDORS_H
#define HUM_COMMAND_VENDORS_H

#include <stdbool.h>
#include <stddef.h>

#define VENDORS_PLATFORM "libhum_icd.so"

/* Where the loader looks: a folder, or one file. */
const char *vendors_place(void);
/* A name of a file that it reads there. */
bool vendors_is_icd(const char *name);

/*
 * A library beside this program, with links followed, into PATH_MAX bytes.  0, or an errno: ENOENT
 * is that this hum was built without it.
 */
int vendors_find_library(const char *name, char *path_out);

/*
 * Make the folder and name it in OCL_ICD_VENDORS, and in HUM_ICD_VENDORS what the processes of
 * devices take instead: what was there before.  Without `only` the other vendors are in it, too.
 * 0, or an errno: ENOENT is that this hum was built without the platform.  path_out has the
 * folder's name, for remove().
 */
int vendors_create(bool only, char *path_out, size_t room);

/*
 * Name libhum_heap.so in LD_PRELOAD, before what is there: blocks of the program of at least
 * `least`, as in HUM_SYSTEM_SVM_MIN (NULL: all), come from hum's space.  0, or an errno: ENOENT
 * is that this hum has none, EINVAL that its path has a blank or a colon.
 */
int vendors_preload_heap(const char *least);

/* Delete the folder and what create() put there; nothing if path is "". */
void vendors_remove(const char *path);

#endif
