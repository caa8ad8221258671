/* SPDX-License-Identifier: MIT */
/*
 * closed.h - the closed loop: what a trace's agents do takes time, and faults make them wait.
 *
 * A discrete-event simulation over a world.  Every worker of a device has its own sequence of
 * accesses within a launch (script.h), the program has one of its own.
 *
 *     touch that hits     touch_ns each
 *     touch that faults   its agent waits for the end of the batch that answers it
 *     batch               begins when the service is free and a fault waits; takes all that wait of
 *                         one processor, at most 256; served by the core in one call; what it
 *                         takes, and when what it brings ahead comes, says charge.h
 *     touch of a page     that is still on its way ahead: its agent waits for the rest
 *     throttled fault     its agent waits as long as thrashing control says, behind the batch
 *     launch              begins when the one before it in its stream has ended
 *     call of the program on a stream: the same, and the stream goes on when its copies have come;
 *                         else the program does
 *     program             goes on after a launch, waits where it waited
 *
 * Hits change nothing, so an agent may run on by itself for QUANTUM_NS before the others catch up:
 * what it hits there could in fact have been evicted a moment before.
 * All times are *modelled*.  The same trace and parameters give the same result everywhere.
 */
#ifndef HUMI_MODEL_CLOSED_H
#define HUMI_MODEL_CLOSED_H

#include "model/player.h"
#include "model/script.h"

/* Runs to the end; times go to the result, everything else is the player's world's. */
HUM_MUST_USE enum hum_status humi_closed_run(struct humi_player *player,
                                             const struct humi_script *script,
                                             const struct humi_model_params *params,
                                             struct humi_model_result *result);

#endif
