/* SPDX-License-Identifier: MIT */
/*
 * answer.h - answers of the clGet...Info functions.
 *
 * An answer goes where the program said, if it fits there; how long it is, is told in any case.
 * Threads: any, plain data.
 */
#ifndef HUMI_PLATFORM_ANSWER_H
#define HUMI_PLATFORM_ANSWER_H

#include <stddef.h>

#include "platform/opencl.h"

/* The program's place for an answer: its last three arguments. */
struct humi_answer {
    size_t room;
    void *value;      /* NULL: only the size is wanted */
    size_t *size_out; /* NULL: not wanted */
};

/* CL_INVALID_VALUE if it does not fit. */
cl_int humi_answer(const struct humi_answer *answer, const void *value, size_t bytes);
/* With its ending zero. */
cl_int humi_answer_text(const struct humi_answer *answer, const char *text);

/* humi_answer() of a value of a type. */
#define HUMI_ANSWER(answer, type, value) humi_answer(answer, &(const type){value}, sizeof(type))

#endif
