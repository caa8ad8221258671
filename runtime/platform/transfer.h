/* SPDX-License-Identifier: MIT */
/*
 * transfer.h - boxes of bytes moved by the host: between memory objects, and the program's memory.
 */
#ifndef HUMI_PLATFORM_TRANSFER_H
#define HUMI_PLATFORM_TRANSFER_H

#include "platform/box.h"
#include "platform/graph.h"
#include "platform/mem.h"

struct humi_transfer {
    cl_mem to_mem, from_mem; /* held meanwhile; NULL: the program's memory */
    char *to;
    const char *from;
    struct humi_box to_box, from_box; /* complete */
    size_t size[3];                   /* bytes, rows, slices */
};

/* Everything was checked. */
cl_int humi_transfer_submit(cl_command_queue queue, cl_command_type type,
                            const struct humi_transfer *transfer, const struct humi_submit *how);

#endif
