/* SPDX-License-Identifier: MIT */
/*
 * setup.h - the world that a trace ran in, with what is to be different.
 * Threads: pure functions on values.
 */
#ifndef HUMI_MODEL_SETUP_H
#define HUMI_MODEL_SETUP_H

#include "model/replay.h"
#include "model/world.h"

/* HUM_ERR_INVALID: there is no such policy or link, or nothing to replay; the text says which. */
HUM_MUST_USE enum hum_status humi_model_setup(const struct humi_survey *survey,
                                              const struct humi_model_params *params,
                                              struct humi_world_params *world_out);

#endif
