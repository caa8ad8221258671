/* SPDX-License-Identifier: MIT */
/*
 * map.h - mappings of memory objects, see mem.h.
 * Threads: any; the object's lock is taken inside.
 */
#ifndef HUMI_PLATFORM_MAP_H
#define HUMI_PLATFORM_MAP_H

#include "platform/box.h"
#include "platform/graph.h"
#include "platform/mem.h"

/* The list owns it; remove() gives it back, NULL: nothing is mapped there. */
void humi_mapping_add(cl_mem mem, struct humi_mapping *mapping);
struct humi_mapping *humi_mapping_remove(cl_mem mem, const void *pointer);

bool humi_map_flags_are_valid(cl_map_flags flags);
/* The host may do that: else CL_INVALID_OPERATION. */
cl_int humi_map_check_host(cl_mem mem, cl_map_flags flags);

/* The pointer for a box of the object: into the program's memory where that is used. */
char *humi_map_pointer(cl_mem mem, const struct humi_box *box);

/*
 * Enqueue a map, an entry of the list from here, or an unmap, which frees it.  With the program's
 * memory in use it copies the box there, or back.
 */
cl_int humi_map_submit(cl_command_queue queue, cl_mem mem, struct humi_mapping *mapping,
                       cl_command_type type, const struct humi_submit *how);

#endif
