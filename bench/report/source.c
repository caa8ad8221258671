/* SPDX-License-Identifier: MIT */
/* source.c - see source.h */
#include "report/source.h"

static enum hum_status trace_next(void *of, struct hum_trace_record *record_out)
{
    return hum_trace_next(of, record_out);
}

static enum hum_status trace_rewind(void *of)
{
    return hum_trace_rewind(of);
}

struct report_source report_source_trace(struct hum_trace *trace)
{
    return (struct report_source){trace, trace_next, trace_rewind};
}

static enum hum_status array_next(void *of, struct hum_trace_record *record_out)
{
    struct report_array *array = of;

    if (array->at == array->count)
        return HUM_ERR_NOT_FOUND;
    *record_out = array->record[array->at++];
    return HUM_OK;
}

static enum hum_status array_rewind(void *of)
{
    struct report_array *array = of;

    array->at = 0;
    return HUM_OK;
}

struct report_source report_source_array(struct report_array *array)
{
    return (struct report_source){array, array_next, array_rewind};
}
