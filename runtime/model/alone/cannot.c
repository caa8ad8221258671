/* SPDX-License-Identifier: MIT */
/* cannot.c - no replay that runs alone: another compiler or machine, or a build with checks. */
#include "base/status.h"
#include "model/door.h"

bool humi_model_has_alone(void)
{
    return false;
}

bool humi_model_can_alone(void)
{
    return false;
}

enum hum_status humi_model_replay_alone(struct hum_trace *trace, const struct humi_survey *survey,
                                        const struct humi_model_params *params,
                                        struct humi_model_result *result_out)
{
    (void)trace;
    (void)survey;
    (void)params;
    (void)result_out;
    return humi_fail(HUM_ERR_UNSUPPORTED, "this build has no replay that runs alone");
}
