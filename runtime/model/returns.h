/* SPDX-License-Identifier: MIT */
/*
 * returns.h - thrashed pages of a replay: those that come back to a device that they left for want
 * of room (trace/returns.h), counted as they are told.
 *
 * Threads: one at a time.
 */
#ifndef HUMI_MODEL_RETURNS_H
#define HUMI_MODEL_RETURNS_H

#include "core/meter.h"
#include "model/processor.h"
#include "trace/returns.h"

/* How many pages the event brings back.  Processors are by number, so many. */
unsigned humi_model_returns(struct humi_model_processor *processors, unsigned count, uint32_t block,
                            const struct humi_event *event);

#endif
