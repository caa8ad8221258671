/* SPDX-License-Identifier: MIT */
/* world.c - opening processors for tests and touching memory on them. */
#include "device/world.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "device/keeper.h"
#include "device/registry.h"
#include "os/memory.h"
#include "support/cuda_double/open.h"

#define PATIENCE_NS (10 * (int64_t)HUMI_NS_PER_S)
#define SPACE_BYTES ((size_t)4 << 30)
#define OPENCL_SPACE_BYTES ((size_t)1 << 30) /* what most devices give in one piece */

/* Words of a touch that are not under test: the last block of the space, always mapped. */
static size_t scratch(const struct world *w)
{
    return w->space.bytes - HUM_BLOCK_SIZE;
}

#define TOUCHES 16u

struct touch {
    struct world *world;
    bool used;
    size_t result, stop;    /* offsets in the scratch block */
    struct touch_args args; /* host */
    bool hammer;
    pthread_t thread;
    bool done;              /* atomic: host */
    uint64_t ticket;        /* device */
};
static struct touch touches[TOUCHES];

/* ---- worlds ---------------------------------------------------------------------------------- */

#define must(call)                                                                                 \
    do {                                                                                           \
        enum hum_status status_ = (call);                                                          \
        if (status_ != HUM_OK)                                                                     \
            fail_msg("%s: %s (%s)", #call, hum_status_name(status_), hum_error_text());            \
    } while (0)

const char *world_file(const char *name)
{
    static char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 64);

    assert_true(length > 0);
    path[length] = '\0';
    snprintf(strrchr(path, '/') + 1, 64, "%s", name);
    return path;
}

const char *world_module_path(void)
{
    return world_file("device_kernels.so");
}

void world_load(struct world *w, const char *name)
{
    must(w->p->ops->load(w->p, world_file(name), &w->module));
}

unsigned world_kernel(struct world *w, const char *name)
{
    unsigned kernel;
    size_t args_bytes;

    must(w->p->ops->kernel(w->p, w->module, name, &kernel, &args_bytes));
    return kernel;
}

static void reserve(struct world *w, const struct mode *mode)
{
    memset(w, 0, sizeof *w);
    memset(touches, 0, sizeof touches);
    w->mode = mode;
    w->space.huge = mode->huge;
    w->space.kernel_faults = mode->kernel_faults;
    w->space.shared_read = mode->shared_read;
    if (mode->device == ON_MANAGED) { /* the driver makes the space */
        w->space.bytes = OPENCL_SPACE_BYTES;
        return;
    }
    must(humi_space_reserve(mode->device == ON_OPENCL ? OPENCL_SPACE_BYTES : SPACE_BYTES, true,
                            &w->space.start, &w->space.bytes));
}

struct cuda_double *world_driver(const char *options)
{
    static struct cuda_double driver;

    cuda_double_open(&driver, options);
    return &driver;
}

const char *world_kernels_name(const struct mode *mode)
{
    if (mode->device == ON_CUDA || mode->device == ON_MANAGED)
        return "double/device_kernels.cubin";
    return mode->opencl ? "device_kernels.cl" : "device_kernels.so";
}

static void open_reserved_device(struct world *w, const struct humi_device_params *params)
{
    must(humi_device_open(&w->space, params, &w->p));
    if (w->mode->device == ON_MANAGED) {
        w->space.start = w->p->home;
        w->space.bytes = w->p->home_bytes;
    }
    world_load(w, world_kernels_name(w->mode));
    world_map(w, scratch(w), HUM_BLOCK_SIZE, HUMI_MAP_OWN);
}

void world_open_device(struct world *w, const struct mode *mode,
                       const struct humi_device_params *params)
{
    reserve(w, mode);
    open_reserved_device(w, params);
}

void world_open_exact(struct world *w, const struct mode *mode,
                      const struct humi_device_params *params, uint32_t records)
{
    reserve(w, mode);
    w->space.exact = true;
    w->space.exact_records = records;
    open_reserved_device(w, params);
}

static void open_reserved(struct world *w)
{
    static const char *const kinds[] = {
        [ON_EMU] = "emu", [ON_OPENCL] = "opencl", [ON_CUDA] = "cuda", [ON_MANAGED] = "cuda"};
    struct humi_device_params params = {.index = w->joined,
                                        .memory_bytes = SPACE_BYTES,
                                        .workers = 4,
                                        .unit = -1,
                                        .memory_is_usual = true};

    if (w->mode->device == ON_MANAGED)
        params.mode = HUMI_MODE_MANAGED;
    if (w->mode->driver && !w->joined)
        (void)world_driver(w->mode->driver);
    if (w->mode->device) {
        snprintf(params.kind, sizeof params.kind, "%s", kinds[w->mode->device]);
        open_reserved_device(w, &params);
        return;
    }
    must(humi_host_open(&w->space, 0, &w->p));
    world_map(w, scratch(w), HUM_BLOCK_SIZE, HUMI_MAP_OWN);
}

void world_open(struct world *w, const struct mode *mode)
{
    reserve(w, mode);
    open_reserved(w);
}

bool world_has_opencl(enum world_place place)
{
    static const struct mode mode = {"emu", ON_EMU, true, true, true, false, NULL};
    const struct humi_device_params params = {.kind = "opencl", .unit = -1,
                                              .memory_bytes = SPACE_BYTES};
    struct humi_processor *p = NULL;
    struct world w;
    unsigned module;
    enum hum_status status;

    world_open(&w, &mode);
    if (place == ON_OPENCL)
        status = humi_opencl_open(&w.space, &params, &p);
    else
        status = w.p->ops->load(w.p, world_file("device_kernels.cl"), &module);
    if (status != HUM_OK)
        printf("%s: %s\n", status == HUM_ERR_UNSUPPORTED ? "skipped" : "failed", hum_error_text());
    if (p)
        p->ops->close(p);
    world_close(&w);
    return status != HUM_ERR_UNSUPPORTED;
}

void world_join(struct world *w, const struct world *with, const struct mode *mode)
{
    *w = (struct world){.mode = mode, .space = with->space, .joined = true};
    w->space.huge = mode->huge;
    w->space.kernel_faults = mode->kernel_faults;
    w->space.shared_read = mode->shared_read;
    open_reserved(w);
}

void world_close(struct world *w)
{
    if (w->p)
        w->p->ops->close(w->p);
    if (!w->joined && !(w->mode && w->mode->device == ON_MANAGED))
        humi_space_release(w->space.start, w->space.bytes);
    memset(w, 0, sizeof *w);
}

void world_map(struct world *w, size_t offset, size_t bytes, enum humi_map_access access)
{
    bool own = false;

    for (size_t o = offset; o < offset + bytes;) {
        size_t end = (o / HUM_BLOCK_SIZE + 1) * HUM_BLOCK_SIZE;
        end = end < offset + bytes ? end : offset + bytes;
        must(w->p->ops->back(w->p, o, end - o));
        o = end;
    }
    must(w->p->ops->map(w->p, offset, bytes, access, &own));
    assert_int_equal(own, access == HUMI_MAP_OWN);
}

/* Copies are of whole pages of one block; what is around the bytes stays. */
static void copy_pages(struct world *w, size_t offset, size_t bytes, char *to, const char *from)
{
    static char stage[HUM_BLOCK_SIZE];

    while (bytes > 0) {
        size_t start = offset / HUM_PAGE_SIZE * HUM_PAGE_SIZE, in = offset - start;
        size_t left = (offset / HUM_BLOCK_SIZE + 1) * HUM_BLOCK_SIZE - offset;
        size_t part = left < bytes ? left : bytes;
        size_t whole = (in + part + HUM_PAGE_SIZE - 1) / HUM_PAGE_SIZE * HUM_PAGE_SIZE;
        w->p->ops->get(w->p, start, whole, stage);
        w->p->ops->fence(w->p);
        if (to) {
            memcpy(to, stage + in, part);
            to += part;
        } else {
            memcpy(stage + in, from, part);
            from += part;
            w->p->ops->put(w->p, start, whole, stage);
            w->p->ops->fence(w->p);
        }
        offset += part;
        bytes -= part;
    }
}

/* Where this process sees the bytes, NULL: by copies only. */
static char *seen(struct world *w, size_t offset)
{
    if (w->p->keeper) {
        w->p->keeper->idle(w->p);
        return (char *)at(w, offset);
    }
    return w->p->window ? w->p->window + offset : NULL;
}

void world_read(struct world *w, size_t offset, void *to, size_t bytes)
{
    const char *from = seen(w, offset);

    if (from)
        memcpy(to, from, bytes);
    else
        copy_pages(w, offset, bytes, to, NULL);
}

void world_write(struct world *w, size_t offset, const void *from, size_t bytes)
{
    char *to = seen(w, offset);

    if (to)
        memcpy(to, from, bytes);
    else
        copy_pages(w, offset, bytes, NULL, from);
}

uint64_t world_word(struct world *w, size_t offset)
{
    uint64_t word;

    world_read(w, offset, &word, sizeof word);
    return word;
}

static bool next_fault(struct world *w, int timeout_ms, struct humi_fault *fault_out)
{
    struct pollfd p = {w->p->fault_fd, POLLIN, 0};

    return poll(&p, 1, timeout_ms) > 0 && w->p->ops->faults(w->p, fault_out, 1) == 1;
}

struct humi_fault world_fault(struct world *w)
{
    struct humi_fault fault;

    if (!next_fault(w, 10000, &fault))
        fail_msg("no fault came");
    return fault;
}

bool world_is_quiet(struct world *w)
{
    struct humi_fault fault;

    return !next_fault(w, 0, &fault);
}

/* ---- touches --------------------------------------------------------------------------------- */

static void *touch_on_host(void *arg)
{
    struct touch *t = arg;

    if (t->hammer)
        while (!__atomic_load_n(t->args.result, __ATOMIC_SEQ_CST))
            (void)__atomic_add_fetch(t->args.at, 1, __ATOMIC_SEQ_CST);
    else if (t->args.write)
        *(volatile uint64_t *)t->args.at = t->args.value;
    else
        *t->args.result = *(volatile uint64_t *)t->args.at;
    __atomic_store_n(&t->done, true, __ATOMIC_SEQ_CST);
    return NULL;
}

static void start_on_device(struct touch *t)
{
    struct humi_processor *p = t->world->p;
    struct hammer_args hammer = {t->args.at, t->args.result};
    struct humi_launch launch = {.queue = (unsigned)(t - touches), .count = 1};

    launch.kernel = world_kernel(t->world, t->hammer ? "hammer" : "touch");
    launch.args = t->hammer ? (const void *)&hammer : &t->args;
    launch.args_bytes = t->hammer ? sizeof hammer : sizeof t->args;
    must(p->ops->submit(p, &launch, &t->ticket));
}

static struct touch *start(struct world *w, struct touch_args args, bool hammer)
{
    struct touch *t = touches;

    while (t->used)
        t++;
    assert_true(t < touches + TOUCHES);
    *t = (struct touch){.world = w, .used = true, .args = args, .hammer = hammer};
    t->result = scratch(w) + (size_t)(t - touches) * 64;
    t->args.result = at(w, t->result);
    world_write(w, t->result, &(uint64_t){0}, sizeof(uint64_t));
    if (w->mode->device)
        start_on_device(t);
    else
        assert_int_equal(pthread_create(&t->thread, NULL, touch_on_host, t), 0);
    return t;
}

struct touch *touch_read(struct world *w, size_t offset)
{
    return start(w, (struct touch_args){.at = at(w, offset)}, false);
}

struct touch *touch_write(struct world *w, size_t offset, uint64_t value)
{
    return start(w, (struct touch_args){.at = at(w, offset), .value = value, .write = 1}, false);
}

struct touch *touch_hammer(struct world *w, size_t offset)
{
    return start(w, (struct touch_args){.at = at(w, offset)}, true);
}

void touch_stop(struct touch *t)
{
    __atomic_store_n(frame(t->world, t->result), 1, __ATOMIC_SEQ_CST);
}

/* False: not within the time. */
static bool ended(struct touch *t, int64_t timeout_ns)
{
    uint64_t start_ns = humi_clock_ns();
    struct humi_outcome outcome;

    if (t->world->mode->device) {
        enum hum_status status =
            t->world->p->ops->wait(t->world->p, t->ticket, timeout_ns, &outcome);
        if (status == HUM_NOT_READY)
            return false;
        must(status);
        assert_string_equal(hum_status_name(outcome.status), "HUM_OK");
        return true;
    }
    while (!__atomic_load_n(&t->done, __ATOMIC_SEQ_CST)) {
        if ((int64_t)(humi_clock_ns() - start_ns) >= timeout_ns)
            return false;
        sched_yield();
    }
    pthread_join(t->thread, NULL);
    return true;
}

uint64_t touch_end(struct touch *t)
{
    if (!ended(t, PATIENCE_NS))
        fail_msg("a touch does not end");
    t->used = false;
    return world_word(t->world, t->result);
}

/* Either the touch ends or a fault comes; the fault is served. */
static bool ends_with_fault(struct touch *t, size_t offset)
{
    struct world *w = t->world;
    struct humi_fault fault;
    uint64_t start_ns = humi_clock_ns();

    while ((int64_t)(humi_clock_ns() - start_ns) < PATIENCE_NS) {
        if (ended(t, 0)) {
            t->used = false;
            return false;
        }
        if (!next_fault(w, 0, &fault))
            continue;
        assert_int_equal(fault.address & ~(uintptr_t)7, (uintptr_t)at(w, offset));
        world_map(w, offset / HUM_PAGE_SIZE * HUM_PAGE_SIZE, HUM_PAGE_SIZE, HUMI_MAP_WRITE);
        touch_end(t);
        return true;
    }
    fail_msg("a touch neither ends nor faults");
    return true;
}

bool read_faults(struct world *w, size_t offset, uint64_t *value_out)
{
    struct touch *t = touch_read(w, offset);
    bool faulted = ends_with_fault(t, offset);

    if (value_out)
        *value_out = *frame(w, t->result);
    return faulted;
}

bool write_faults(struct world *w, size_t offset, uint64_t value)
{
    return ends_with_fault(touch_write(w, offset, value), offset);
}
