/* SPDX-License-Identifier: MIT */
/*
 * map.c - clEnqueueMapBuffer and clEnqueueUnmapMemObject.
 *
 * The pointer leads into the region, where the host sees what is current without being given it:
 * a mark in the queue is all there is to do.  Only with the program's own memory in use bytes are
 * copied, out of the region by the map and back by the unmap.
 */
#include <stdlib.h>
#include <string.h>

#include "platform/enqueue.h"
#include "platform/entries.h"
#include "platform/error.h"
#include "platform/map.h"
#include "platform/misuse.h"

struct map {
    struct _cl_event event;
    cl_mem mem; /* held */
    char *to;   /* NULL: there is one copy of the bytes */
    const char *from;
    struct humi_box box; /* on both sides */
    size_t size[3];
    const char *pointer; /* as given out, where misuse is sought */
    bool copies;
};

static cl_int run_copy(struct _cl_event *event)
{
    struct map *map = (struct map *)event;

    humi_misuse_begin(map->mem->start);
    humi_box_copy(map->to, &map->box, map->from, &map->box, map->size);
    humi_misuse_end(map->mem->start);
    return CL_COMPLETE;
}

/* A map, where misuse is sought: the program may touch it from here on. */
static cl_int run_sought(struct _cl_event *event)
{
    struct map *map = (struct map *)event;

    if (map->copies)
        (void)run_copy(event);
    humi_misuse_mapped(map->mem->start, map->pointer);
    return CL_COMPLETE;
}

static void release(struct _cl_event *event)
{
    humi_drop(&((struct map *)event)->mem->object);
}

static const struct humi_command_ops mark_ops = {.release = release};
static const struct humi_command_ops copy_ops = {.run = run_copy, .release = release};
static const struct humi_command_ops sought_ops = {.run = run_sought, .release = release};

/* ---- the list of mappings -------------------------------------------------------------------- */

void humi_mapping_add(cl_mem mem, struct humi_mapping *mapping)
{
    pthread_mutex_lock(&mem->lock);
    humi_list_push_front(&mem->mappings, &mapping->link);
    mem->map_count++;
    pthread_mutex_unlock(&mem->lock);
}

struct humi_mapping *humi_mapping_remove(cl_mem mem, const void *pointer)
{
    struct humi_mapping *found = NULL;

    pthread_mutex_lock(&mem->lock);
    humi_list_each (link, &mem->mappings) {
        found = humi_container_of(link, struct humi_mapping, link);
        if (found->pointer == pointer)
            break;
        found = NULL;
    }
    if (found) {
        humi_list_remove(&found->link);
        mem->map_count--;
    }
    pthread_mutex_unlock(&mem->lock);
    return found;
}

bool humi_map_flags_are_valid(cl_map_flags flags)
{
    const cl_map_flags known = CL_MAP_READ | CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION;

    return !(flags & ~known) &&
           !((flags & CL_MAP_WRITE_INVALIDATE_REGION) && (flags & (CL_MAP_READ | CL_MAP_WRITE)));
}

cl_int humi_map_check_host(cl_mem mem, cl_map_flags flags)
{
    cl_int error = CL_SUCCESS;

    if (flags & CL_MAP_READ)
        error = humi_enqueue_check_host(mem, false);
    if (error == CL_SUCCESS && (flags & (CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION)))
        error = humi_enqueue_check_host(mem, true);
    return error;
}

/* ---- commands -------------------------------------------------------------------------------- */

char *humi_map_pointer(cl_mem mem, const struct humi_box *box)
{
    return (mem->uses_host_ptr ? (char *)mem->host_ptr : mem->start) + humi_box_start(box);
}

static bool copies(cl_mem mem, const struct humi_mapping *mapping, bool is_map)
{
    bool writes = mapping->flags & (CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION);

    if (!mem->uses_host_ptr)
        return false;
    return is_map ? !(mapping->flags & CL_MAP_WRITE_INVALIDATE_REGION) : writes;
}

static void tell_misuse(cl_mem mem, const struct humi_mapping *mapping, cl_command_type type)
{
    if (type == CL_COMMAND_UNMAP_MEM_OBJECT)
        humi_misuse_unmap(type, mem->start, mapping->pointer);
    else
        humi_misuse_map(
            &(struct humi_use){.call = humi_misuse_call(type),
                               .start = mem->start,
                               .box = mapping->box,
                               .size = {mapping->size[0], mapping->size[1], mapping->size[2]},
                               .reads = mapping->flags == CL_MAP_READ,
                               .writes = mapping->flags & ~(cl_map_flags)CL_MAP_READ},
            mapping->pointer);
}

cl_int humi_map_submit(cl_command_queue queue, cl_mem mem, struct humi_mapping *mapping,
                       cl_command_type type, const struct humi_submit *how)
{
    bool is_map = type != CL_COMMAND_UNMAP_MEM_OBJECT, sought = humi_misuse_is_sought();
    bool copy = copies(mem, mapping, is_map);
    const struct humi_command_ops *ops = copy ? &copy_ops : &mark_ops;
    struct map *map =
        humi_command_create(queue, sizeof *map, type, sought && is_map ? &sought_ops : ops);

    if (map) {
        humi_hold(&mem->object);
        map->mem = mem;
        map->to = is_map ? mem->host_ptr : mem->start;
        map->from = is_map ? mem->start : mem->host_ptr;
        map->box = mapping->box;
        memcpy(map->size, mapping->size, sizeof map->size);
        map->pointer = mapping->pointer;
        map->copies = copy;
    }
    if (sought)
        tell_misuse(mem, mapping, type);
    if (is_map)
        humi_mapping_add(mem, mapping);
    else
        free(mapping);
    return map ? humi_graph_submit(&map->event, how) : CL_OUT_OF_HOST_MEMORY;
}

static cl_int check_map(cl_command_queue queue, cl_mem mem, cl_map_flags flags, size_t offset,
                        size_t bytes, const struct humi_wait *wait)
{
    cl_int error = humi_enqueue_check(queue, wait);

    if (error == CL_SUCCESS)
        error = humi_enqueue_check_buffer(queue, mem);
    if (error != CL_SUCCESS)
        return error;
    if (!bytes || offset > mem->bytes || bytes > mem->bytes - offset ||
        !humi_map_flags_are_valid(flags))
        return CL_INVALID_VALUE;
    return humi_map_check_host(mem, flags);
}

void *CL_API_CALL humi_clEnqueueMapBuffer(cl_command_queue queue, cl_mem mem, cl_bool blocking,
                                          cl_map_flags flags, size_t offset, size_t bytes,
                                          cl_uint count, const cl_event *events,
                                          cl_event *event_out, cl_int *error_out)
{
    const struct humi_submit how = {
        .wait = {count, events}, .blocking = blocking, .event_out = event_out};
    struct humi_mapping *mapping = NULL;
    char *pointer = NULL;
    cl_int error = check_map(queue, mem, flags, offset, bytes, &how.wait);

    if (error == CL_SUCCESS && !(mapping = calloc(1, sizeof *mapping)))
        error = CL_OUT_OF_HOST_MEMORY;
    if (mapping) {
        mapping->flags = flags;
        mapping->box = (struct humi_box){{offset, 0, 0}, bytes, bytes};
        memcpy(mapping->size, (const size_t[3]){bytes, 1, 1}, sizeof mapping->size);
        mapping->pointer = pointer = humi_map_pointer(mem, &mapping->box);
        error = humi_map_submit(queue, mem, mapping, CL_COMMAND_MAP_BUFFER, &how);
        if (error != CL_SUCCESS)
            free(humi_mapping_remove(mem, pointer));
    }
    humi_error_tell(error_out, error);
    return error == CL_SUCCESS ? pointer : NULL;
}

cl_int CL_API_CALL humi_clEnqueueUnmapMemObject(cl_command_queue queue, cl_mem mem, void *pointer,
                                                cl_uint count, const cl_event *events,
                                                cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};
    struct humi_mapping *mapping;
    cl_int error = humi_enqueue_check(queue, &how.wait);

    if (error == CL_SUCCESS && !humi_is(mem, HUMI_KIND_MEM))
        error = CL_INVALID_MEM_OBJECT;
    if (error == CL_SUCCESS && mem->context != queue->context)
        error = CL_INVALID_CONTEXT;
    if (error != CL_SUCCESS)
        return error;
    mapping = humi_mapping_remove(mem, pointer);
    return mapping ? humi_map_submit(queue, mem, mapping, CL_COMMAND_UNMAP_MEM_OBJECT, &how)
                   : CL_INVALID_VALUE;
}
