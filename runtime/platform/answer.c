/* SPDX-License-Identifier: MIT */
/* answer.c - see answer.h */
#include "platform/answer.h"

#include <string.h>

cl_int humi_answer(const struct humi_answer *answer, const void *value, size_t bytes)
{
    if (answer->value && answer->room < bytes)
        return CL_INVALID_VALUE;
    if (answer->value && bytes)
        memcpy(answer->value, value, bytes);
    if (answer->size_out)
        *answer->size_out = bytes;
    return CL_SUCCESS;
}

cl_int humi_answer_text(const struct humi_answer *answer, const char *text)
{
    return humi_answer(answer, text, strlen(text) + 1);
}
