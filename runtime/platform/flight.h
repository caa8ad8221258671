/* SPDX-License-Identifier: MIT */
/*
 * flight.h - commands on the stream of a queue, from there to their outcome.
 *
 * A mark behind a command on the stream (an event of hum) tells when all up to there has ended.
 * Not each has one, for it costs as much as a launch: those do whose event the program has, and
 * every 16th; whoever waits for another puts one at the end of the stream.
 *
 *     stream   launch  launch  launch  mark  launch  launch
 *              '------ end with it ------'   '- a mark comes when somebody waits
 *
 * Threads: the lock of the context is held; collect() lets it go while it waits.
 */
#ifndef HUMI_PLATFORM_FLIGHT_H
#define HUMI_PLATFORM_FLIGHT_H

#include "platform/queue.h"

/* Put it on the stream; if that is refused it ends with the error. */
void humi_flight_issue(struct _cl_event *command);

/* What has ended on the device is ended here, without waiting. */
void humi_flight_harvest(struct _cl_command_queue *queue);

/* Wait for one of the flight; false: there is none, or somebody else waits. */
bool humi_flight_collect(struct _cl_command_queue *queue, struct _cl_event *wanted);

#endif
