/* SPDX-License-Identifier: MIT */
/*
 * cache.h - folders for what can be made again: HUM_CACHE_DIR, else hum's in the user's cache.
 * Threads: any.
 */
#ifndef HUMI_DEVICE_OPENCL_CACHE_H
#define HUMI_DEVICE_OPENCL_CACHE_H

#include <stdbool.h>
#include <stddef.h>

/* A folder below hum's cache, made if need be.  False: there is none. */
bool humi_cl_cache_folder(const char *name, char *path_out, size_t bytes);

#endif
