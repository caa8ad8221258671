/* SPDX-License-Identifier: MIT */
/*
 * written.h - which bytes of a piece of memory somebody has written: pieces without gaps between
 * them, in order, none touching the next.
 *
 * Without memory to remember a piece all counts as written: nothing wrong is said.
 *
 * Threads: plain data.
 */
#ifndef HUMI_PLATFORM_WRITTEN_H
#define HUMI_PLATFORM_WRITTEN_H

#include <stdbool.h>
#include <stddef.h>

struct humi_piece {
    size_t start, end;
};

struct humi_written {
    struct humi_piece *pieces;
    size_t count, room;
    bool all;
};

/* Zeros are none written. */
void humi_written_fini(struct humi_written *written);
void humi_written_add(struct humi_written *written, size_t start, size_t end);

/* The first byte of [start, end) that was not; `end`: they all were. */
size_t humi_written_gap(const struct humi_written *written, size_t start, size_t end);
/* One of [start, end) was. */
bool humi_written_any(const struct humi_written *written, size_t start, size_t end);

#endif
