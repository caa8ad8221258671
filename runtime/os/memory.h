/* SPDX-License-Identifier: MIT */
/*
 * memory.h - virtual memory: where the space lies, and mappings of frame files.
 *
 *     reserve   find a start for the space and keep it (nothing is accessible there)
 *     map       put a frame file over the whole reservation; the space is then usable
 *     unmap     the bare reservation again
 *     window    the same file a second time, anywhere, for the runtime alone
 *     lead      a range of the space to the frames of another file, or back
 *
 * The host reserves once; each device process maps at the very same start, where nothing else can
 * be because the processes are young (map_at fails if it is not so).
 * All mappings stay out of core dumps and of fork()ed children.
 * Threads: any.
 */
#ifndef HUMI_OS_MEMORY_H
#define HUMI_OS_MEMORY_H

#include <hum/hum.h>

#define HUMI_SPACE_DEFAULT ((size_t)1 << 40)
#define HUMI_SPACE_UNIT ((size_t)1 << 30)     /* start and size are multiples of it */
#define HUMI_SPACE_LEAST ((size_t)64 << 30)   /* where halving ends */
#define HUMI_SPACE_SANITIZED ((size_t)16 << 30) /* the default under the thread sanitizer */

/*
 * Reserve `bytes` (a multiple of 1 GiB, 0: the default) of addresses and write where and how much.
 * With exact it is this size or an error; otherwise the size is halved until it fits, down to
 * 64 GiB or to `bytes` if that is less.  The start is probed from a list, because sanitizers and
 * small address spaces leave only some of it; programs under the thread sanitizer start at 16 GiB.
 * HUM_ERR_INVALID: not a multiple; HUM_ERR_NO_SPACE: nothing is free, the text says what was tried.
 */
HUM_MUST_USE enum hum_status humi_space_reserve(size_t bytes, bool exact, uintptr_t *start_out,
                                                size_t *bytes_out);
void humi_space_release(uintptr_t start, size_t bytes);

/* Map `file` over the reservation [start, start + bytes). */
HUM_MUST_USE enum hum_status humi_space_map(uintptr_t start, size_t bytes, int file);
/*
 * The same where nothing was reserved: HUM_ERR_NO_SPACE if a mapping is in the way.  With
 * read_only nothing can be written there before humi_memory_allow_write().
 */
HUM_MUST_USE enum hum_status humi_space_map_at(uintptr_t start, size_t bytes, int file,
                                               bool read_only);
/* The reservation again; without memory for that the file stays mapped until the release. */
void humi_space_unmap(uintptr_t start, size_t bytes);

/* `file` anywhere, block aligned. */
HUM_MUST_USE enum hum_status humi_window_map(int file, size_t bytes, char **window_out);
void humi_window_unmap(char *window, size_t bytes);

/* Forget the calling process's mappings of the range; frames stay. */
void humi_memory_zap(uintptr_t start, size_t bytes);

enum humi_memory_right { HUMI_MEMORY_NONE, HUMI_MEMORY_READ, HUMI_MEMORY_WRITE };

/* A part of the space and the frames that it should lead to. */
struct humi_memory_lead {
    uintptr_t start;
    size_t bytes;
    int file;
    size_t offset;               /* in the file */
    enum humi_memory_right right;
    bool fill;                   /* frames that are there are mapped at once */
};

/*
 * Put a mapping in place of the one that the calling process has there: who touches it meets the
 * one or the other.  HUM_ERR_NO_MEMORY: too many mappings; there may be none at all then.
 */
HUM_MUST_USE enum hum_status humi_memory_lead(const struct humi_memory_lead *lead);

/* Let the calling process write the range, or only read it.  False: too many mappings. */
bool humi_memory_allow_write(uintptr_t start, size_t bytes, bool allow);

/* Mappings that the system allows a process (vm.max_map_count). */
size_t humi_memory_mappings_max(void);

#endif
