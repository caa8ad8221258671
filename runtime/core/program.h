/* SPDX-License-Identifier: MIT */
/*
 * program.h - programs from text, as handles of the public interface.
 *
 * A program is a module without a file: so whatever goes through modules and their kernels finds
 * its kernels, too.
 * Threads: as modules; building and destroying are of one thread at a time, which nobody disturbs.
 */
#ifndef HUMI_CORE_PROGRAM_H
#define HUMI_CORE_PROGRAM_H

#include <hum/program.h>

#include "core/module.h"
#include "device/program.h"

struct hum_program {
    struct hum_module module;    /* first; its id is the program's number at the device */
};

/* The rest of the program of a module without path, which is in no list any more. */
void humi_program_free(struct hum_module *module);

/* Write OpenCL's error for what hum says, unless there is one; the status again. */
enum hum_status humi_program_result(enum hum_status status, int error, int *error_out);

#endif
