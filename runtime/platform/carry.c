/* SPDX-License-Identifier: MIT */
/* carry.c - see carry.h */
#include "platform/carry.h"

#include <pthread.h>
#include <string.h>

#include <hum/program.h>

#include "base/log.h"
#include "platform/enqueue.h"
#include "platform/platform.h"
#include "platform/usm.h"

/* A work-item has a page, or what is left of a row; LLVM makes the loop a memcpy(). */
#define PIECE ((size_t)4096)
#define PIECES(bytes) (((bytes) + PIECE - 1) / PIECE)

static const char source[] =
    "kernel void hum_copy(global uchar *restrict to, global const uchar *restrict from,\n"
    "                     ulong row, ulong to_row, ulong to_slice, ulong from_row,\n"
    "                     ulong from_slice)\n"
    "{\n"
    "    const size_t at = get_global_id(0) * 4096, j = get_global_id(1), k = get_global_id(2);\n"
    "    const size_t bytes = min((size_t)row - at, (size_t)4096);\n"
    "    to += k * to_slice + j * to_row + at;\n"
    "    from += k * from_slice + j * from_row + at;\n"
    "    for (size_t i = 0; i < bytes; i++)\n"
    "        to[i] = from[i];\n"
    "}\n"
    "kernel void hum_fill(global uchar *restrict to, ulong row, ulong16 pattern)\n"
    "{\n"
    "    const size_t at = get_global_id(0) * 4096;\n"
    "    const size_t bytes = min((size_t)row - at, (size_t)4096);\n"
    "    uchar each[128];\n"
    "    size_t i = 0;\n"
    "    to += at;\n"
    "    vstore16(pattern, 0, (private ulong *)each);\n"
    "    for (; i + 128 <= bytes; i += 128)\n"
    "        for (int v = 0; v < 8; v++)\n"
    "            vstore16(vload16(v, each), v, to + i);\n"
    "    for (; i < bytes; i++)\n"
    "        to[i] = each[i % 128];\n"
    "}\n";

/* Of one device: guarded by its lock. */
struct carrier {
    pthread_mutex_t lock;
    bool tried;                /* to make the rest */
    struct hum_stream *stream; /* NULL: it cannot */
    struct hum_program *program;
    struct hum_kernel *copy, *fill;
};

static struct carrier carriers[HUM_DEVICES_MAX] = {
    [0 ... HUM_DEVICES_MAX - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};

/* ---- where bytes lie ------------------------------------------------------------------------- */

/* Bytes of a range, by who has a copy of them. */
struct places {
    size_t device, host;
};

/* One page stands for its block, as blocks move whole, mostly. */
static bool find_places(const char *start, size_t bytes, int device, struct places *places_out)
{
    struct places places = {0, 0};

    for (size_t at = 0, next; at < bytes; at = next) {
        struct hum_page_info page;

        next = at + HUM_BLOCK_SIZE - ((uintptr_t)start + at) % HUM_BLOCK_SIZE;
        if (next > bytes)
            next = bytes;
        if (hum_query(humi_space(), start + at, 1, &page, 1) != HUM_OK)
            return false;
        places.device += page.resident & HUM_BIT(device) ? next - at : 0;
        places.host += page.resident & HUM_BIT(HUM_HOST) ? next - at : 0;
    }
    *places_out = places;
    return true;
}

/* What it reads decides; where that is on both sides alike, what it writes. */
static bool copy_is_for(cl_device_id device, const char *from, size_t from_bytes, const char *to,
                        size_t to_bytes)
{
    struct places origin, goal;

    if (from_bytes + to_bytes > device->info.memory_bytes ||
        !find_places(from, from_bytes, device->number, &origin) ||
        !find_places(to, to_bytes, device->number, &goal))
        return false;
    return origin.device == origin.host ? goal.device > goal.host : origin.device > origin.host;
}

static bool fill_is_for(cl_device_id device, const char *to, size_t bytes)
{
    struct places goal;

    return bytes <= device->info.memory_bytes && find_places(to, bytes, device->number, &goal) &&
           goal.device > goal.host;
}

/* ---- the kernels ----------------------------------------------------------------------------- */

static enum hum_status make(struct carrier *carrier, int device)
{
    struct hum *hum = humi_space();
    enum hum_status status = hum_program_create(hum, device, HUM_PROGRAM_SOURCE, source,
                                                sizeof source - 1, &carrier->program, NULL);

    if (status == HUM_OK)
        status = hum_program_build(carrier->program, "-cl-std=CL1.2", NULL);
    if (status == HUM_OK)
        status = hum_program_kernel(carrier->program, "hum_copy", &carrier->copy, NULL);
    if (status == HUM_OK)
        status = hum_program_kernel(carrier->program, "hum_fill", &carrier->fill, NULL);
    return status == HUM_OK ? hum_stream_create(hum, device, &carrier->stream) : status;
}

/* It has its kernels; else that was said once. */
static bool can_carry(struct carrier *carrier, cl_device_id device)
{
    if (!carrier->tried && make(carrier, device->number) != HUM_OK) {
        humi_warn("%s cannot copy, the host does: %s", device->info.name, hum_error_text());
        hum_program_destroy(carrier->program);
        carrier->program = NULL;
    }
    carrier->tried = true;
    return carrier->stream != NULL;
}

/* A device that cannot fault is told what is touched. */
static bool declare(struct carrier *carrier, cl_device_id device, const void *start, size_t bytes,
                    unsigned access)
{
    return device->info.faults || hum_use(carrier->stream, start, bytes, access) == HUM_OK;
}

/* To its end. */
static bool launch(struct carrier *carrier, struct hum_kernel *kernel, const size_t items[3],
                   const struct hum_cl_arg *args, unsigned count)
{
    const struct hum_cl_range range = {
        .dimensions = 3, .global = {items[0], items[1], items[2]}, .local = {1, 1, 1}};

    return hum_launch_cl(carrier->stream, kernel, &range, args, count, NULL) == HUM_OK &&
           hum_stream_wait(carrier->stream) == HUM_OK;
}

static struct hum_cl_arg pointer_arg(const void *pointer)
{
    return (struct hum_cl_arg){.kind = HUM_CL_POINTER, .u.pointer = pointer};
}

static struct hum_cl_arg value_arg(const void *value, size_t bytes)
{
    return (struct hum_cl_arg){.kind = HUM_CL_VALUE, .bytes = bytes, .u.value = value};
}

/* ---- copies and fills ------------------------------------------------------------------------ */

/* One slice, or row, if there are no gaps between them: work-items are of one row each. */
static void join(const struct humi_transfer *what, size_t size_out[3])
{
    memcpy(size_out, what->size, sizeof what->size);
    if (what->to_box.row_pitch != size_out[0] || what->from_box.row_pitch != size_out[0])
        return;
    size_out[0] *= size_out[1];
    size_out[1] = 1;
    if (what->to_box.slice_pitch != size_out[0] || what->from_box.slice_pitch != size_out[0])
        return;
    size_out[0] *= size_out[2];
    size_out[2] = 1;
}

bool humi_carry_copy(const struct _cl_event *command, const struct humi_transfer *what)
{
    const cl_device_id device = command->queue->device;
    struct carrier *carrier = &carriers[device->number];
    const size_t to_start = humi_box_start(&what->to_box);
    const size_t from_start = humi_box_start(&what->from_box);
    const size_t to_bytes = humi_box_end(&what->to_box, what->size) - to_start;
    const size_t from_bytes = humi_box_end(&what->from_box, what->size) - from_start;
    const size_t bytes = what->size[0] * what->size[1] * what->size[2];
    char *to = what->to + to_start;
    const char *from = what->from + from_start;
    size_t size[3];
    bool done;

    if (bytes < HUMI_CARRY_LEAST || !copy_is_for(device, from, from_bytes, to, to_bytes))
        return false;
    join(what, size);
    const cl_ulong pitches[5] = {size[0], what->to_box.row_pitch, what->to_box.slice_pitch,
                                 what->from_box.row_pitch, what->from_box.slice_pitch};
    struct hum_cl_arg args[7] = {pointer_arg(to), pointer_arg(from)};
    for (unsigned i = 0; i < 5; i++)
        args[2 + i] = value_arg(&pitches[i], sizeof pitches[i]);
    pthread_mutex_lock(&carrier->lock);
    done = can_carry(carrier, device);
    if (done && to_bytes == bytes && what->to_mem)
        humi_enqueue_overwrite(to, bytes, device->number);
    else if (done && to_bytes == bytes)
        humi_usm_overwrite(command->context, to, bytes, device->number);
    done = done && declare(carrier, device, to, to_bytes, HUM_READ | HUM_WRITE) &&
           declare(carrier, device, from, from_bytes, HUM_READ) &&
           launch(carrier, carrier->copy, (const size_t[3]){PIECES(size[0]), size[1], size[2]},
                  args, 7);
    pthread_mutex_unlock(&carrier->lock);
    return done;
}

bool humi_carry_fill(const struct _cl_event *command, const struct humi_fill *what)
{
    const cl_device_id device = command->queue->device;
    struct carrier *carrier = &carriers[device->number];
    const cl_ulong bytes = what->bytes;
    char pattern[HUMI_PATTERN_MAX];
    bool done;

    if (bytes < HUMI_CARRY_LEAST || !fill_is_for(device, what->to, what->bytes))
        return false;
    humi_pattern_fill(pattern, sizeof pattern, what->pattern, what->pattern_bytes);
    const struct hum_cl_arg args[3] = {pointer_arg(what->to), value_arg(&bytes, sizeof bytes),
                                       value_arg(pattern, sizeof pattern)};
    pthread_mutex_lock(&carrier->lock);
    done = can_carry(carrier, device) &&
           declare(carrier, device, what->to, what->bytes, HUM_READ | HUM_WRITE) &&
           launch(carrier, carrier->fill, (const size_t[3]){PIECES(what->bytes), 1, 1}, args, 3);
    pthread_mutex_unlock(&carrier->lock);
    return done;
}
