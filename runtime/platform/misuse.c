/* SPDX-License-Identifier: MIT */
/* misuse.c - see misuse.h; memory, its mappings, and who may touch it. */
#include "platform/misuse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "platform/finding.h"
#include "platform/platform.h"
#include "platform/written.h"

/* As enqueued, until the unmap is. */
struct mapped {
    struct humi_link link;
    const char *pointer;
    struct humi_box box; /* from the memory's start */
    size_t size[3];
    bool writes;
    bool done; /* the program may touch it */
};

struct memory {
    struct humi_link link;
    unsigned number; /* since the start, never used again */
    char *start;
    size_t bytes;
    char name[64];
    cl_context context; /* only compared */
    bool is_fine;       /* and needs no mapping */
    struct humi_written written;
    struct humi_list mapped;
    unsigned users;    /* mappings that are done, and commands at work: while 0, it is released */
    const char *ended; /* the call that ended the last mapping; NULL: none was */
};

bool humi_misuse_on;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static struct humi_list memories;
static unsigned memory_count;
static size_t told; /* of what the runtime noted */
static pid_t process;

/* ---- finding memory -------------------------------------------------------------------------- */

static struct memory *find(const void *pointer)
{
    const char *at = pointer;

    humi_list_each (link, &memories) {
        struct memory *memory = humi_container_of(link, struct memory, link);

        if (at >= memory->start && at < memory->start + memory->bytes)
            return memory;
    }
    return NULL;
}

/* A finding about the bytes [first, first + bytes) of a piece of memory. */
static struct humi_finding finding_in(const struct memory *memory, enum humi_misuse misuse,
                                      const char *call, size_t first, size_t bytes)
{
    return (struct humi_finding){.misuse = misuse,
                                 .call = call,
                                 .memory = memory->number,
                                 .name = memory->name,
                                 .memory_bytes = memory->bytes,
                                 .address = (uintptr_t)memory->start + first,
                                 .bytes = bytes};
}

/* ---- what the program touched ---------------------------------------------------------------- */

static void tell_touch(const struct hum_violation *violation)
{
    const struct memory *memory = find((const void *)violation->address);
    struct humi_finding finding;
    size_t byte;

    if (violation->kind != HUM_VIOLATION_HOST_AFTER_RELEASE || !memory)
        return;
    byte = (size_t)(violation->address - (uintptr_t)memory->start);
    finding = finding_in(memory, HUMI_MISUSE_UNMAPPED, violation->write ? "a store" : "a load",
                         byte, 0);
    humi_finding_tell(&finding,
                      "the program %s byte %zu of %s (%#lx), which is not mapped (%s%s): map it "
                      "first",
                      violation->write ? "wrote" : "read", byte, memory->name,
                      (unsigned long)violation->address, memory->ended ? "since " : "it never was",
                      memory->ended ? memory->ended : "");
}

/* Tell what the runtime noted since the last time. */
static void tell_touches(void)
{
    size_t known = hum_violations(humi_space(), NULL, 0);
    struct hum_violation *violations;

    if (known <= told)
        return;
    violations = calloc(known, sizeof *violations);
    if (!violations)
        return;
    (void)hum_violations(humi_space(), violations, known);
    for (; told < known; told++)
        tell_touch(&violations[told]);
    free(violations);
}

/* ---- who may touch --------------------------------------------------------------------------- */

/* Asking for one byte is enough: what the runtime keeps is kept for the whole. */
static void add_user(struct memory *memory)
{
    if (memory->users++ == 0 && !memory->is_fine)
        (void)!hum_acquire(humi_space(), memory->start, 1, HUM_READ);
}

static void remove_user(struct memory *memory)
{
    if (--memory->users == 0 && !memory->is_fine)
        (void)!hum_release(humi_space(), memory->start);
}

static struct memory *enter(const void *start)
{
    pthread_mutex_lock(&lock);
    tell_touches();
    return find(start);
}

static void leave(void)
{
    pthread_mutex_unlock(&lock);
}

void humi_misuse_enter(const void *start)
{
    struct memory *memory = enter(start);

    if (memory)
        add_user(memory);
    leave();
}

void humi_misuse_leave(const void *start)
{
    struct memory *memory = enter(start);

    if (memory)
        remove_user(memory);
    leave();
}

/* ---- memory that comes and goes -------------------------------------------------------------- */

void humi_misuse_made(cl_context context, const void *start, size_t bytes, bool written,
                      cl_svm_mem_flags flags)
{
    struct memory *memory = calloc(1, sizeof *memory);
    struct hum_region_info region;

    if (!memory || hum_region_info(humi_space(), start, &region) != HUM_OK) {
        free(memory); /* then nothing is said about it */
        return;
    }
    memory->start = region.ptr;
    memory->bytes = bytes;
    memory->context = context;
    memory->is_fine = flags & CL_MEM_SVM_FINE_GRAIN_BUFFER;
    memory->written.all = memory->is_fine;
    memcpy(memory->name, region.name, sizeof memory->name);
    humi_list_init(&memory->mapped);
    humi_written_add(&memory->written, 0, written ? bytes : 0);
    pthread_mutex_lock(&lock);
    memory->number = memory_count++;
    humi_list_push_back(&memories, &memory->link);
    if (!memory->is_fine)
        (void)!hum_release(humi_space(), memory->start);
    pthread_mutex_unlock(&lock);
}

static void end_mapped(struct memory *memory, struct mapped *mapped)
{
    humi_list_remove(&mapped->link);
    if (mapped->done)
        remove_user(memory);
    free(mapped);
}

static void tell_mapped(const char *call, struct memory *memory, struct mapped *mapped)
{
    const size_t start = humi_box_start(&mapped->box);
    const struct humi_finding finding =
        finding_in(memory, HUMI_MISUSE_NOT_ENDED, call, start,
                   humi_box_end(&mapped->box, mapped->size) - start);

    humi_finding_tell(&finding,
                      "%s: %s is still mapped for %s from byte %zu on (%p), and was never unmapped",
                      call, memory->name, mapped->writes ? "writing" : "reading", start,
                      (const void *)mapped->pointer);
    end_mapped(memory, mapped);
}

static void tell_all_mapped(const char *call, struct memory *memory)
{
    humi_list_each_safe (link, &memory->mapped)
        tell_mapped(call, memory, humi_container_of(link, struct mapped, link));
}

void humi_misuse_gone(const char *call, const void *start)
{
    struct memory *memory = enter(start);

    if (memory) {
        tell_all_mapped(call, memory);
        humi_list_remove(&memory->link);
        humi_written_fini(&memory->written);
        free(memory);
    }
    leave();
}

void humi_misuse_context_gone(cl_context context)
{
    (void)enter(NULL);
    humi_list_each (link, &memories) {
        struct memory *memory = humi_container_of(link, struct memory, link);

        if (memory->context == context)
            tell_all_mapped("clReleaseContext", memory);
    }
    leave();
}

/* ---- mappings -------------------------------------------------------------------------------- */

static struct mapped *find_mapped(const struct memory *memory, const void *pointer)
{
    humi_list_each (link, &memory->mapped) {
        struct mapped *mapped = humi_container_of(link, struct mapped, link);

        if (mapped->pointer == pointer)
            return mapped;
    }
    return NULL;
}

void humi_misuse_mem_gone(struct _cl_mem *mem)
{
    struct memory *memory = enter(mem->start);

    humi_list_each (link, &mem->mappings) {
        const struct humi_mapping *mapping = humi_container_of(link, struct humi_mapping, link);
        struct mapped *mapped = memory ? find_mapped(memory, mapping->pointer) : NULL;

        if (mapped)
            tell_mapped("clReleaseMemObject", memory, mapped);
    }
    leave();
    if (mem->region)
        humi_misuse_gone("clReleaseMemObject", mem->region);
}

/* The use, from the memory's start. */
static struct humi_box box_in(const struct memory *memory, const struct humi_use *use)
{
    struct humi_box box = use->box;

    box.origin[0] += (size_t)(use->start - memory->start);
    return box;
}

void humi_misuse_map(const struct humi_use *use, const void *pointer)
{
    struct mapped *mapped = calloc(1, sizeof *mapped);
    struct memory *memory;

    humi_misuse_use(use);
    memory = enter(use->start);
    if (memory && mapped) {
        mapped->pointer = pointer;
        mapped->box = box_in(memory, use);
        memcpy(mapped->size, use->size, sizeof mapped->size);
        mapped->writes = use->writes;
        humi_list_push_front(&memory->mapped, &mapped->link);
        mapped = NULL;
    }
    leave();
    free(mapped);
}

void humi_misuse_mapped(const void *start, const void *pointer)
{
    struct memory *memory = enter(start);
    struct mapped *mapped = memory ? find_mapped(memory, pointer) : NULL;

    /* The program's own memory is no part of this one. */
    if (mapped && find(pointer) == memory && !mapped->done) {
        mapped->done = true;
        add_user(memory);
    }
    leave();
}

void humi_misuse_unmap(cl_command_type type, const void *start, const void *pointer)
{
    const char *call = humi_misuse_call(type);
    struct memory *memory = enter(start);
    struct mapped *mapped = memory ? find_mapped(memory, pointer) : NULL;

    if (mapped) {
        memory->ended = call;
        end_mapped(memory, mapped);
    } else if (memory) {
        struct humi_finding finding = finding_in(memory, HUMI_MISUSE_UNMAPPED, call, 0, 0);

        finding.address = (uintptr_t)pointer;
        humi_finding_tell(&finding, "%s: %s is not mapped at %p", call, memory->name, pointer);
    }
    leave();
}

/* ---- uses by commands ------------------------------------------------------------------------ */

/* "clEnqueueReadBuffer" or "kernel 'add'". */
static void name_user(const struct humi_use *use, char *name, size_t room)
{
    if (use->kernel)
        snprintf(name, room, "kernel '%.60s'", use->kernel);
    else
        snprintf(name, room, "%s", use->call);
}

static struct humi_finding finding_of_use(const struct memory *memory, enum humi_misuse misuse,
                                          const struct humi_use *use, const struct humi_box *box)
{
    const size_t start = humi_box_start(box);
    struct humi_finding finding =
        finding_in(memory, misuse, use->call, start, humi_box_end(box, use->size) - start);

    finding.kernel = use->kernel;
    return finding;
}

static void check_mapped(const struct memory *memory, const struct humi_use *use,
                         const struct humi_box *box)
{
    struct humi_finding finding = finding_of_use(memory, HUMI_MISUSE_MAPPED, use, box);
    char user[80];

    humi_list_each (link, &memory->mapped) {
        const struct mapped *mapped = humi_container_of(link, struct mapped, link);

        if (!(use->writes || (use->reads && mapped->writes)) ||
            !humi_boxes_meet(box, use->size, &mapped->box, mapped->size))
            continue;
        name_user(use, user, sizeof user);
        humi_finding_tell(
            &finding,
            "%s %s bytes %zu to %zu of %s, of which bytes %zu to %zu are mapped for %s (%p): "
            "unmap them first",
            user, use->writes ? "may write" : "may read", humi_box_start(box),
            humi_box_end(box, use->size) - 1, memory->name, humi_box_start(&mapped->box),
            humi_box_end(&mapped->box, mapped->size) - 1, mapped->writes ? "writing" : "reading",
            (const void *)mapped->pointer);
    }
}

/* The first byte of a box that no one wrote; its end: there is none. */
static size_t first_gap(const struct memory *memory, const struct humi_box *box,
                        const size_t size[3])
{
    size_t start = humi_box_start(box);

    for (size_t k = 0; k < size[2]; k++)
        for (size_t j = 0; j < size[1]; j++) {
            size_t row = start + k * box->slice_pitch + j * box->row_pitch;
            size_t gap = humi_written_gap(&memory->written, row, row + size[0]);

            if (gap < row + size[0])
                return gap;
        }
    return humi_box_end(box, size);
}

static void check_written(const struct memory *memory, const struct humi_use *use,
                          const struct humi_box *box)
{
    size_t start = humi_box_start(box), end = humi_box_end(box, use->size);
    bool any = humi_written_any(&memory->written, start, end);
    size_t gap = use->in_part && any ? end : first_gap(memory, box, use->size);
    struct humi_finding finding = finding_of_use(memory, HUMI_MISUSE_UNWRITTEN, use, box);
    char user[80], which[32] = "any of them";

    if (gap >= end)
        return;
    if (any)
        snprintf(which, sizeof which, "byte %zu", gap);
    name_user(use, user, sizeof user);
    humi_finding_tell(
        &finding,
        "%s reads bytes %zu to %zu of %s, but no one has written %s", user, start, end - 1,
        memory->name, which);
}

static void mark_written(struct memory *memory, const struct humi_box *box, const size_t size[3])
{
    size_t start = humi_box_start(box);

    if (humi_box_end(box, size) - start == size[0] * size[1] * size[2]) {
        humi_written_add(&memory->written, start, humi_box_end(box, size));
        return;
    }
    for (size_t k = 0; k < size[2]; k++)
        for (size_t j = 0; j < size[1]; j++) {
            size_t row = start + k * box->slice_pitch + j * box->row_pitch;

            humi_written_add(&memory->written, row, row + size[0]);
        }
}

void humi_misuse_use(const struct humi_use *use)
{
    struct memory *memory = enter(use->start);

    if (memory && !memory->is_fine) {
        struct humi_box box = box_in(memory, use);

        check_mapped(memory, use, &box);
        if (use->reads && !use->writes)
            check_written(memory, use, &box);
        if (use->writes)
            mark_written(memory, &box, use->size);
    }
    leave();
}

/* ---- from the start to the end --------------------------------------------------------------- */

static void at_exit(void)
{
    if (getpid() != process)
        return;
    (void)enter(NULL);
    humi_list_each (link, &memories)
        tell_all_mapped("at the end", humi_container_of(link, struct memory, link));
    humi_findings_sum();
    leave();
}

enum hum_status humi_misuse_open(struct hum_options *options, struct hum **hum_out)
{
    const char *check = getenv("HUM_CL_CHECK");
    enum hum_status status;

    if (!check || !*check || strcmp(check, "0") == 0)
        return hum_open(options, hum_out);
    if (!getenv("HUM_CHECK"))
        options->check = "released";
    status = hum_open(options, hum_out);
    humi_list_init(&memories);
    process = getpid();
    humi_misuse_on = status == HUM_OK && atexit(at_exit) == 0;
    return status;
}
