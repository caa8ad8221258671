/* SPDX-License-Identifier: MIT */
/* door.c - which of the two replays answers. */
#include "model/door.h"

enum hum_status humi_model_replay(struct hum_trace *trace, const struct humi_survey *survey,
                                  const struct humi_model_params *params,
                                  struct humi_model_result *result_out)
{
    if (humi_model_can_alone())
        return humi_model_replay_alone(trace, survey, params, result_out);
    return humi_model_replay_plain(trace, survey, params, result_out);
}
