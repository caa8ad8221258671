/* SPDX-License-Identifier: MIT */
/*
 * door.h - the replay twice: as the runtime is compiled, and once more to run alone.
 *
 *     plain   the very objects that run live
 *     alone   the same sources for one thread and a processor with AVX-512: no locks, no atomics,
 *             sets of pages in one register, all of them optimized as one program
 *             (alone/README.md)
 *
 * Both give the same results, times of the replay itself aside.  humi_model_replay() takes the
 * second where it was built and the processor can run it.
 *
 * Threads: as humi_model_replay(); nothing is shared between replays.
 */
#ifndef HUMI_MODEL_DOOR_H
#define HUMI_MODEL_DOOR_H

#include "model/replay.h"

#ifndef HUMI_DOOR
#define HUMI_DOOR /* where all else is taken to be called from within: what is not */
#endif

HUMI_DOOR
HUM_MUST_USE enum hum_status humi_model_replay_plain(struct hum_trace *trace,
                                                     const struct humi_survey *survey,
                                                     const struct humi_model_params *params,
                                                     struct humi_model_result *result_out);

/* It was built; and this processor can run it. */
bool humi_model_has_alone(void);
bool humi_model_can_alone(void);

/* Where it can run.  HUM_ERR_UNSUPPORTED: it was not built. */
HUM_MUST_USE enum hum_status humi_model_replay_alone(struct hum_trace *trace,
                                                     const struct humi_survey *survey,
                                                     const struct humi_model_params *params,
                                                     struct humi_model_result *result_out);

#endif
