/* SPDX-License-Identifier: MIT */
/*
 * report.h - what `hum run` says about a program that has ended: tables for people, or one line of
 * JSON.  hum.1 documents both.
 */
#ifndef HUM_COMMAND_REPORT_H
#define HUM_COMMAND_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "command/child.h"
#include "command/summary_file.h"

struct report {
    char *const *argv; /* of the program, NULL at its end */
    const struct child_result *child;
    const struct summary_file *summary;
    json_t *findings; /* of --check opencl, an array; not the report's */
};

/* False: not all of it could be written. */
bool report_text(const struct report *report, FILE *out);
bool report_json(const struct report *report, FILE *out);

#endif
