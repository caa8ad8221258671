/* SPDX-License-Identifier: MIT */
/*
 * transfer.h - boxes of bytes moved between memory objects, by the host or the device that has them
 * (carry.h), and between them and the program's memory, by the host.
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
