/* SPDX-License-Identifier: MIT */
/*
 * board.h - memory that other processes of the same user may read and that tells when one does.
 *
 * A memfd with a name, which others find in /proc/PID/fd.  It is sealed: its size is fixed, and
 * nobody but this mapping can ever write it, also not who opens it for writing.  The mapping stays
 * out of fork()ed children.
 * Threads: one at a time.  Ownership: whoever opens closes.
 */
#ifndef HUMI_OS_BOARD_H
#define HUMI_OS_BOARD_H

#include <hum/hum.h>

struct humi_board {
    int fd;
    int watch_fd;              /* readable once somebody has opened or read the memory */
    void *memory;              /* zero at first */
    size_t bytes;              /* whole pages */
};

/* A board of at least `bytes`. */
HUM_MUST_USE enum hum_status humi_board_open(const char *name, size_t bytes,
                                             struct humi_board *board_out);

/* Opened or read since the last call?  Never waits. */
bool humi_board_was_read(const struct humi_board *board);

void humi_board_close(struct humi_board *board);

#endif
