/* SPDX-License-Identifier: MIT */
/*
 * world.h - one processor and something that touches memory as its threads do.
 *
 * The tests play the core's part by hand: they take faults and serve them.  A touch runs on a
 * thread of the host or as a kernel of a device, and its end is waited for with a limit, so that a
 * touch that hangs fails the test and not the run.
 */
#ifndef DEVICE_WORLD_H
#define DEVICE_WORLD_H

#include "device/device.h"
#include "device/kernels.h"
#include "support/test.h"

/*
 * One way to open processors.  A device of OpenCL in this process cannot fault, and its frames are
 * reached by copies only; so is one of CUDA, which is the double of the driver: HUM_CUDA_LIBRARY
 * names that.
 * In managed mode the driver makes the space, and keeps its pages.
 */
enum world_place { ON_HOST, ON_EMU, ON_OPENCL, ON_CUDA, ON_MANAGED };
struct mode {
    const char *name;
    enum world_place device;
    bool huge, kernel_faults, shared_read;
    bool opencl;                /* the same kernels as OpenCL C; always on OpenCL */
    const char *driver;         /* on CUDA, managed: options of the double */
};

struct cuda_double;
struct touch;

struct world {
    const struct mode *mode;
    struct humi_space_params space;
    struct humi_processor *p;
    unsigned module;            /* devices: device_kernels, .so, .cl or .cubin */
    bool joined;                /* the space is another world's */
};

/* Open for a mode; fails the test if that fails. */
void world_open(struct world *w, const struct mode *mode);
/* The same with these parameters of a device. */
void world_open_device(struct world *w, const struct mode *mode,
                       const struct humi_device_params *params);
/* The same, recording touches in rings of so many records; 0: the usual number. */
void world_open_exact(struct world *w, const struct mode *mode,
                      const struct humi_device_params *params, uint32_t records);
/* One more processor in the space of `with`; closed before it. */
void world_join(struct world *w, const struct world *with, const struct mode *mode);
void world_close(struct world *w);

/* Whether this machine runs modes of OpenCL there; if not, says why. */
bool world_has_opencl(enum world_place place);
/* Begin anew with a double of the driver that has these options; returns it.  Static. */
struct cuda_double *world_driver(const char *options);
/* The file that has device_kernels in a form for this mode. */
const char *world_kernels_name(const struct mode *mode);

/* Path of device_kernels.so, beside the test; of another file there.  Static. */
const char *world_module_path(void);
const char *world_file(const char *name);
/* Kernels are those of this module from now on. */
void world_load(struct world *w, const char *name);
unsigned world_kernel(struct world *w, const char *name);

static inline uint64_t *at(const struct world *w, size_t offset)
{
    return (uint64_t *)(w->space.start + offset);
}

static inline uint64_t *frame(const struct world *w, size_t offset)
{
    return (uint64_t *)(w->p->window + offset);
}

/* Frames as far as the core gets at them, by the window or by copies. */
void world_read(struct world *w, size_t offset, void *to, size_t bytes);
void world_write(struct world *w, size_t offset, const void *from, size_t bytes);
uint64_t world_word(struct world *w, size_t offset);

/* back and map, or fail the test. */
void world_map(struct world *w, size_t offset, size_t bytes, enum humi_map_access access);

/* The next fault; fails the test if none comes within 10 s. */
struct humi_fault world_fault(struct world *w);
/* True: no fault is waiting. */
bool world_is_quiet(struct world *w);

/* Start a touch of the word at offset.  Several may run at once. */
struct touch *touch_read(struct world *w, size_t offset);
struct touch *touch_write(struct world *w, size_t offset, uint64_t value);
/* Add 1 to the word until touch_stop. */
struct touch *touch_hammer(struct world *w, size_t offset);
void touch_stop(struct touch *t);

/* Wait for its end: what was read.  Fails the test if it does not end within 10 s. */
uint64_t touch_end(struct touch *t);

/* Whether touching faults: if so, the fault is served with a mapping for writing. */
bool read_faults(struct world *w, size_t offset, uint64_t *value_out);
bool write_faults(struct world *w, size_t offset, uint64_t value);

#endif
