/* SPDX-License-Identifier: MIT */
/*
 * migrate.h - commands that bring memory where it is going to be used.
 * Threads: any.
 */
#ifndef HUMI_PLATFORM_MIGRATE_H
#define HUMI_PLATFORM_MIGRATE_H

#include "platform/graph.h"

/*
 * Bring one range to the queue's device, or as the flags say: a command of this type.  The queue
 * and the wait list were checked.  NULL: nothing is brought.  CL_INVALID_VALUE: there is no such
 * flag.
 */
cl_int humi_migrate_range(cl_command_queue queue, cl_command_type type,
                          const struct hum_range *range, cl_mem_migration_flags flags,
                          const struct humi_submit *how);

#endif
