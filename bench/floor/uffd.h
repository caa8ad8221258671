/* SPDX-License-Identifier: MIT */
/*
 * uffd.h - the userfaultfd calls of the bare loops and of `hum info`.
 *
 * Not the runtime's own wrapper: a floor must not share code with what it is the floor of.
 */
#ifndef HUM_FLOOR_UFFD_H
#define HUM_FLOOR_UFFD_H

#include <linux/userfaultfd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Newer than the headers of Debian 12. */
#ifndef UFFDIO_CONTINUE_MODE_WP
#define UFFDIO_CONTINUE_MODE_WP ((__u64)1 << 1)
#endif

/* How a descriptor was obtained. */
enum uffd_source { UFFD_SYSCALL, UFFD_DEVICE, UFFD_USER_ONLY };

/* A descriptor (non-blocking, close on exec) by one way; negative errno. */
int uffd_open(enum uffd_source source);
/* By the first way that works. */
int uffd_open_any(enum uffd_source *source_out);

/* Handshake with these features; 0 or an errno.  Features 0 asks what there is. */
int uffd_handshake(int fd, uint64_t features, uint64_t *features_out);

int uffd_register(int fd, const void *start, size_t bytes, uint64_t mode);
int uffd_continue(int fd, const void *start, size_t bytes, uint64_t mode);
int uffd_protect(int fd, const void *start, size_t bytes, bool protect);

#endif
