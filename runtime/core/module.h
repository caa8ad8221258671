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
    char *path;                /* NULL: it is the part of a program that has its kernels */
    struct humi_list kernels;  /* of hum_kernel.link */
};

struct humi_signature;

struct hum_kernel {
    struct humi_link link;
    struct hum_module *module;
    unsigned id;               /* at the device */
    size_t args_bytes;
    struct humi_kernel_meter *meter;
    struct humi_signature *signature; /* of a program's kernel (program.h); NULL: of a module's */
    char name[64];
};

void humi_modules_close(struct hum *hum);

/* Free the module's kernels. */
void humi_module_clear(struct hum_module *module);

/* The name of a kernel by its number at the device; "" if nobody ever got it. */
void humi_kernel_name(struct hum *hum, unsigned processor, unsigned id, char *name, size_t bytes);

#endif
