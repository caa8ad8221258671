/* SPDX-License-Identifier: MIT */
/*
 * module.h - kernel modules and their kernels, as handles of the public interface.
 *
 * Threads: fixed once made; the list of modules is guarded by the HUM lock, the list of a module's
 * kernels too.  Ownership: a module belongs to its space, a kernel to its module.
 */
#ifndef HUMI_CORE_MODULE_H
#define HUMI_CORE_MODULE_H

#include "core/core.h"

struct hum_module {
    struct humi_link all;      /* of hum.modules */
    struct hum *hum;
    unsigned processor;        /* number of its device */
    unsigned id;               /* at the device */
    char *path;
    struct humi_list kernels;  /* of hum_kernel.link */
};

struct hum_kernel {
    struct humi_link link;
    struct hum_module *module;
    unsigned id;               /* at the device */
    size_t args_bytes;
    struct humi_kernel_meter *meter;
    char name[64];
};

void humi_modules_close(struct hum *hum);

/* The name of a kernel by its number at the device; "" if it is not known.  Takes the HUM lock. */
void humi_kernel_name(struct hum *hum, unsigned processor, unsigned id, char *name, size_t bytes);

#endif
