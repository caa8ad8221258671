/* SPDX-License-Identifier: MIT */
/* module.c - find, load and name kernel modules. */
#include "core/module.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/options.h"
#include "base/status.h"
#include "core/kernels.h"
#include "core/program.h"
#include "core/record.h"
#include "core/service.h"

/* ---- finding --------------------------------------------------------------------------------- */

/* The folder of the running program, without the last '/'; "" if it cannot be told. */
static void program_folder(char *folder_out, size_t bytes)
{
    ssize_t n = readlink("/proc/self/exe", folder_out, bytes - 1);
    folder_out[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(folder_out, '/');
    if (slash)
        *slash = '\0';
}

/* A module's file: what its name is without, and behind, the dot. */
struct file_name {
    const char *name, *form;
};

static bool try_folder(const char *folder, size_t folder_bytes, const struct file_name *file,
                       char *path_out)
{
    int n = snprintf(path_out, PATH_MAX, "%.*s/%s%s", (int)folder_bytes, folder, file->name,
                     file->form);
    return n > 0 && n < PATH_MAX && access(path_out, R_OK) == 0;
}

/* Beside the program, then in the folders of HUM_KERNEL_PATH. */
static bool try_folders(const char *beside, const char *folders, const struct file_name *file,
                        char *path_out)
{
    if (try_folder(beside, strlen(beside), file, path_out))
        return true;
    struct humi_slice rest = humi_slice_of(folders), folder;
    while (humi_slice_next(&rest, ':', &folder))
        if (folder.bytes && try_folder(folder.text, folder.bytes, file, path_out))
            return true;
    return false;
}

/* The forms that a device takes, best first. */
static const char *const native_forms[] = {".so", ".cl", ".spv", NULL};
static const char *const opencl_forms[] = {".cl", ".spv", ".so", NULL};
static const char *const cuda_forms[] = {".cubin", ".fatbin", ".ptx", ".cu", NULL};

static const char *const *forms_of(const struct humi_processor *processor)
{
    if (processor->prefers_cuda)
        return cuda_forms;
    return processor->prefers_opencl ? opencl_forms : native_forms;
}

static bool has_form(const char *name, const char *const *forms)
{
    const char *dot = strrchr(name, '.');
    for (; dot && *forms; forms++)
        if (strcmp(dot, *forms) == 0)
            return true;
    return false;
}

static enum hum_status find(const struct hum *hum, const char *name, const char *const *forms,
                            char *path_out)
{
    char beside[PATH_MAX];
    if (strchr(name, '/')) {
        if (!realpath(name, path_out))
            return humi_fail(HUM_ERR_NOT_FOUND, "no module at '%s': %s", name, strerror(errno));
        return HUM_OK;
    }
    program_folder(beside, sizeof beside);
    const char *folders = hum->kernel_path ? hum->kernel_path : "";
    bool named = has_form(name, forms);
    if (named && try_folders(beside, folders, &(struct file_name){name, ""}, path_out))
        return HUM_OK;
    for (const char *const *form = forms; !named && *form; form++)
        if (try_folders(beside, folders, &(struct file_name){name, *form}, path_out))
            return HUM_OK;
    return humi_fail(HUM_ERR_NOT_FOUND,
                     "no module '%s%s' beside the program (%s) or in HUM_KERNEL_PATH (%s); build "
                     "it with hum_add_kernels() or give a path with a '/'",
                     name, named ? "" : forms == cuda_forms ? ".ptx" : ".so", beside,
                     *folders ? folders : "not set");
}

/* ---- modules and kernels --------------------------------------------------------------------- */

static struct hum_module *module_create(struct hum *hum, unsigned processor, const char *path)
{
    struct hum_module *module = calloc(1, sizeof *module);
    if (!module)
        return NULL;
    module->hum = hum;
    module->processor = processor;
    module->path = strdup(path);
    humi_list_init(&module->kernels);
    if (!module->path) {
        free(module);
        return NULL;
    }
    return module;
}

void humi_module_clear(struct hum_module *module)
{
    struct humi_link *link;
    while ((link = humi_list_pop_front(&module->kernels))) {
        struct hum_kernel *kernel = humi_container_of(link, struct hum_kernel, link);
        free(kernel->signature);
        free(kernel);
    }
}

static void module_destroy(struct hum_module *module)
{
    humi_module_clear(module);
    free(module->path);
    free(module);
}

void humi_modules_close(struct hum *hum)
{
    struct humi_link *link;
    while ((link = humi_list_pop_front(&hum->modules))) {
        struct hum_module *module = humi_container_of(link, struct hum_module, all);
        if (module->path)
            module_destroy(module);
        else
            humi_program_free(module);
    }
}

enum hum_status hum_module_load(struct hum *hum, int device, const char *name,
                                struct hum_module **module_out)
{
    char path[PATH_MAX];
    if (!hum || !name || !*name || !module_out)
        return humi_fail(HUM_ERR_INVALID, "hum_module_load needs a space, a name and an output");
    if (!humi_is_device(hum, device))
        return humi_fail(HUM_ERR_INVALID, "there is no device %d", device);
    struct humi_processor *processor = hum->processor[humi_number(device)];
    enum hum_status status = find(hum, name, forms_of(processor), path);
    if (status != HUM_OK)
        return status;
    struct hum_module *module = module_create(hum, humi_number(device), path);
    if (!module)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a module");
    humi_service_await(hum, module->processor);
    status = processor->ops->load(processor, path, &module->id);
    if (status != HUM_OK) {
        module_destroy(module);
        return status;
    }
    humi_lock(&hum->lock);
    humi_list_push_back(&hum->modules, &module->all);
    humi_unlock(&hum->lock);
    *module_out = module;
    return HUM_OK;
}

static struct hum_kernel *kernel_known(struct hum_module *module, const char *name)
{
    humi_list_each (link, &module->kernels) {
        struct hum_kernel *kernel = humi_container_of(link, struct hum_kernel, link);
        if (strcmp(kernel->name, name) == 0)
            return kernel;
    }
    return NULL;
}

/* HUM lock held. */
static enum hum_status kernel_make(struct hum_module *module, const char *name,
                                   struct hum_kernel **kernel_out)
{
    struct humi_processor *processor = module->hum->processor[module->processor];
    struct hum_kernel *kernel = calloc(1, sizeof *kernel);
    if (!kernel)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a kernel");
    kernel->module = module;
    snprintf(kernel->name, sizeof kernel->name, "%s", name);
    enum hum_status status =
        processor->ops->kernel(processor, module->id, name, &kernel->id, &kernel->args_bytes);
    if (status == HUM_OK)
        status = humi_kernels_make(module->hum, module->processor, kernel->id, name,
                                   &kernel->meter);
    if (status != HUM_OK) {
        free(kernel);
        return status;
    }
    humi_list_push_back(&module->kernels, &kernel->link);
    humi_record_kernel(module->hum, kernel);
    *kernel_out = kernel;
    return HUM_OK;
}

enum hum_status hum_kernel_get(struct hum_module *module, const char *name,
                               struct hum_kernel **kernel_out)
{
    if (!module || !name || !*name || !kernel_out)
        return humi_fail(HUM_ERR_INVALID, "hum_kernel_get needs a module, a name and an output");
    humi_lock(&module->hum->lock);
    struct hum_kernel *kernel = kernel_known(module, name);
    enum hum_status status = HUM_OK;
    if (kernel)
        *kernel_out = kernel;
    else
        status = kernel_make(module, name, kernel_out);
    humi_unlock(&module->hum->lock);
    return status;
}

void humi_kernel_name(struct hum *hum, unsigned processor, unsigned id, char *name, size_t bytes)
{
    const struct humi_kernel_meter *meter = humi_kernels_find(hum, processor, id);
    snprintf(name, bytes, "%s", meter ? meter->name : "");
}
