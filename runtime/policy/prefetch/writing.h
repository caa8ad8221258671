/* SPDX-License-Identifier: MIT */
/*
 * writing.h - a stream of writes: will the block that it reads now be written, too?
 *
 * A stream that wrote the block before will write this one.  A read takes it for writing at once
 * then and saves a second fault.  Every HUMI_GUESSES_MAX blocks the guess must prove itself again.
 *
 * Source: hum's own; `intent.h` asks the same of a block's own past.
 */
#ifndef HUMI_POLICY_WRITING_H
#define HUMI_POLICY_WRITING_H

#include <hum/policy.h>

#define HUMI_NEIGHBOUR_FULL (HUM_PAGES_PER_BLOCK * 3 / 4)
#define HUMI_GUESSES_MAX 8u      /* blocks taken for writing unproved */

/* The read of this fault should take its pages as a write would; pure. */
bool humi_writing_stream(const struct hum_view *view);

#endif
