/* SPDX-License-Identifier: MIT */
/* catalog.c - loaded modules and the kernels found in them, by the runtime's numbers. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "device/emu/process/process.h"

static void *modules[HUMI_EMU_MODULES_MAX];
static const struct hum_kernel_entry *kernels[HUMI_EMU_KERNELS_MAX];
/* Builds of the same for exact recording, where touches are sampled; else NULL. */
static void *telling_modules[HUMI_EMU_MODULES_MAX];
static const struct hum_kernel_entry *telling[HUMI_EMU_KERNELS_MAX];

/* "a.exact.so" beside "a.so"; without it nothing of the module is sampled. */
static void load_telling(unsigned module, const char *path)
{
    char exact[4096];
    size_t length = strlen(path), stem = length > 3 ? length - 3 : 0;

    if (strcmp(path + stem, ".so") == 0 &&
        (size_t)snprintf(exact, sizeof exact, "%.*s.exact.so", (int)stem, path) < sizeof exact)
        telling_modules[module] = dlopen(exact, RTLD_NOW | RTLD_LOCAL);
}

/* The same kernel in the other build: of the same header, with the same arguments. */
static const struct hum_kernel_entry *find_telling(unsigned module, const char *symbol,
                                                   const struct hum_kernel_entry *entry)
{
    const struct hum_kernel_entry *found =
        telling_modules[module] ? dlsym(telling_modules[module], symbol) : NULL;

    return found && found->abi == entry->abi && found->args_bytes == entry->args_bytes ? found
                                                                                       : NULL;
}

enum hum_status humi_catalog_load(unsigned module, const char *path)
{
    void *handle;

    if (module >= HUMI_EMU_MODULES_MAX)
        return humi_fail(HUM_ERR_INVALID, "too many modules");
    handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return humi_fail(HUM_ERR_MODULE, "%s", dlerror());
    modules[module] = handle;
    if (humi_device.samples)
        load_telling(module, path);
    return HUM_OK;
}

enum hum_status humi_catalog_find(unsigned module, unsigned kernel, const char *name,
                                  size_t *args_bytes_out)
{
    const struct hum_kernel_entry *entry;
    char symbol[128];

    if (module >= HUMI_EMU_MODULES_MAX || !modules[module] || kernel >= HUMI_EMU_KERNELS_MAX)
        return humi_fail(HUM_ERR_INVALID, "no such module");
    snprintf(symbol, sizeof symbol, "hum_kernel_%s", name);
    entry = dlsym(modules[module], symbol);
    if (!entry)
        return humi_fail(HUM_ERR_NOT_FOUND, "the module has no kernel \"%s\"", name);
    if (entry->abi != HUM_KERNEL_ABI)
        return humi_fail(HUM_ERR_MODULE,
                         "kernel \"%s\" was built with version %u of hum/kernel.h, this is "
                         "version %u: build it again",
                         name, entry->abi, HUM_KERNEL_ABI);
    if (entry->args_bytes > HUM_ARGS_MAX || !entry->run)
        return humi_fail(HUM_ERR_MODULE, "kernel \"%s\" takes %u bytes of arguments, at most %zu "
                                         "are possible",
                         name, entry->args_bytes, HUM_ARGS_MAX);
    *args_bytes_out = entry->args_bytes;
    __atomic_store_n(&telling[kernel], find_telling(module, symbol, entry), __ATOMIC_RELEASE);
    __atomic_store_n(&kernels[kernel], entry, __ATOMIC_RELEASE);
    return HUM_OK;
}

const struct hum_kernel_entry *humi_catalog_entry(unsigned kernel)
{
    return kernel < HUMI_EMU_KERNELS_MAX ? __atomic_load_n(&kernels[kernel], __ATOMIC_ACQUIRE)
                                         : NULL;
}

const struct hum_kernel_entry *humi_catalog_telling(unsigned kernel)
{
    return kernel < HUMI_EMU_KERNELS_MAX ? __atomic_load_n(&telling[kernel], __ATOMIC_ACQUIRE)
                                         : NULL;
}
