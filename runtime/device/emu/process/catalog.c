/* SPDX-License-Identifier: MIT */
/* catalog.c - loaded modules and the kernels found in them, by the runtime's numbers. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "device/emu/process/opencl/opencl.h"
#include "device/emu/process/process.h"

/* One of the two, or nothing. */
static struct module {
    void *native;
    void *telling;              /* its build for exact recording, where touches are sampled */
    struct humi_cl_module *cl;
} modules[HUMI_EMU_MODULES_MAX];

static struct humi_kernel kernels[HUMI_EMU_KERNELS_MAX];
static bool found[HUMI_EMU_KERNELS_MAX]; /* atomic; then it does not change unless taken out */

/* "a.exact.so" beside "a.so"; NULL: there is none, and nothing of the module is sampled. */
static void *load_telling(const char *path)
{
    char exact[4096];
    size_t length = strlen(path), stem = length > 3 ? length - 3 : 0;

    if (strcmp(path + stem, ".so") != 0 ||
        (size_t)snprintf(exact, sizeof exact, "%.*s.exact.so", (int)stem, path) >= sizeof exact)
        return NULL;
    return dlopen(exact, RTLD_NOW | RTLD_LOCAL);
}

enum hum_status humi_catalog_load(unsigned module, const char *path)
{
    void *handle;

    if (module >= HUMI_EMU_MODULES_MAX)
        return humi_fail(HUM_ERR_INVALID, "too many modules");
    if (humi_cl_is_module(path))
        return humi_cl_load(path, &modules[module].cl);
    handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return humi_fail(HUM_ERR_MODULE, "%s", dlerror());
    modules[module].native = handle;
    if (humi_device.samples)
        modules[module].telling = load_telling(path);
    return HUM_OK;
}

/* The same kernel in the other build, of the same header and with the same arguments; or NULL. */
static const struct hum_kernel_entry *find_telling(void *telling, const char *symbol,
                                                   const struct hum_kernel_entry *entry)
{
    const struct hum_kernel_entry *same = telling ? dlsym(telling, symbol) : NULL;

    return same && same->abi == entry->abi && same->args_bytes == entry->args_bytes ? same : NULL;
}

static enum hum_status find_native(const struct module *module, const char *name,
                                   struct humi_kernel *kernel_out, size_t *args_bytes_out)
{
    const struct hum_kernel_entry *entry;
    char symbol[128];

    snprintf(symbol, sizeof symbol, "hum_kernel_%s", name);
    entry = dlsym(module->native, symbol);
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
    kernel_out->native = entry;
    kernel_out->telling = find_telling(module->telling, symbol, entry);
    return HUM_OK;
}

enum hum_status humi_catalog_find(unsigned module, unsigned kernel, const char *name,
                                  size_t *args_bytes_out)
{
    const struct module *in;
    enum hum_status status;

    if (module >= HUMI_EMU_MODULES_MAX || kernel >= HUMI_EMU_KERNELS_MAX)
        return humi_fail(HUM_ERR_INVALID, "no such module");
    in = &modules[module];
    if (in->cl)
        status = humi_cl_find(in->cl, name, &kernels[kernel].cl, args_bytes_out);
    else if (in->native)
        status = find_native(in, name, &kernels[kernel], args_bytes_out);
    else
        return humi_fail(HUM_ERR_INVALID, "no such module");
    if (status == HUM_OK)
        __atomic_store_n(&found[kernel], true, __ATOMIC_RELEASE);
    return status;
}

const struct humi_kernel *humi_catalog_kernel(unsigned kernel)
{
    return kernel < HUMI_EMU_KERNELS_MAX && __atomic_load_n(&found[kernel], __ATOMIC_ACQUIRE)
               ? &kernels[kernel]
               : NULL;
}

bool humi_catalog_put(unsigned kernel, struct humi_cl_kernel *cl)
{
    if (kernel >= HUMI_EMU_KERNELS_MAX || humi_catalog_kernel(kernel))
        return false;
    kernels[kernel] = (struct humi_kernel){.cl = cl};
    __atomic_store_n(&found[kernel], true, __ATOMIC_RELEASE);
    return true;
}

struct humi_cl_kernel *humi_catalog_take(unsigned kernel)
{
    if (!humi_catalog_kernel(kernel))
        return NULL;
    __atomic_store_n(&found[kernel], false, __ATOMIC_RELEASE);
    return kernels[kernel].cl;
}
