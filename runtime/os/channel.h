/* SPDX-License-Identifier: MIT */
/*
 * channel.h - a pair of sockets between two processes that keeps messages and their descriptors
 * together.
 *
 * A message is up to 64 KiB of plain data with up to 5 descriptors.  Both ends are closed on exec;
 * who spawns a process says which end it gets.
 * Threads: one sender and one receiver at a time an end; the caller sees to it.
 */
#ifndef HUMI_OS_CHANNEL_H
#define HUMI_OS_CHANNEL_H

#include <hum/hum.h>

#define HUMI_CHANNEL_FDS 5

HUM_MUST_USE enum hum_status humi_channel_open(int ends_out[2]);

/* HUM_ERR_DEVICE_LOST: the other end is closed. */
HUM_MUST_USE enum hum_status humi_channel_send(int end, const void *data, size_t bytes,
                                               const int *fds, unsigned fd_count);

/*
 * Wait up to timeout_ns (< 0: for ever) for a message of exactly `bytes` with `fd_count`
 * descriptors, or with none (fds_out are -1 then); any other message is HUM_ERR_SYSTEM and its
 * descriptors are closed.
 * HUM_ERR_TIMEOUT; HUM_ERR_DEVICE_LOST: the other end is closed.
 */
HUM_MUST_USE enum hum_status humi_channel_receive(int end, void *data_out, size_t bytes,
                                                  int *fds_out, unsigned fd_count,
                                                  int64_t timeout_ns);

#endif
