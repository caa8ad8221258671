/* SPDX-License-Identifier: MIT */
/*
 * modules.c - modules and kernels, by number.
 *
 * The runtime chooses the numbers and remembers what they stand for, so a new process can be given
 * the same ones.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/signals.h"
#include "base/status.h"
#include "device/emu/emu.h"

#define BUILD_PATIENCE 6 /* times the usual one: OpenCL compiles when it loads */

/* Ask the process and wait.  A process that dies or is silent over it is lost. */
static enum hum_status ask(struct humi_emu *emu, struct humi_emu_request *request,
                           const char *text, struct humi_emu_answer *answer_out)
{
    int64_t patience_ns = emu->patience_ns;
    enum hum_status status;

    if (request->kind == HUMI_EMU_LOAD)
        patience_ns *= BUILD_PATIENCE;
    request->bytes = strlen(text) + 1;
    if (request->bytes > sizeof request->text)
        return humi_fail(HUM_ERR_MODULE, "the name %s is too long", text);
    status = humi_emu_talk(emu, request, text, patience_ns, answer_out, NULL);
    if (status == HUM_ERR_DEVICE_LOST)
        return humi_fail(HUM_ERR_DEVICE_LOST, "the process of %s died over module %s",
                         emu->base.name, text);
    if (status != HUM_OK)
        return status;
    switch (answer_out->status) {
    case HUM_OK:
        return HUM_OK;
    case HUM_ERR_NOT_FOUND:
    case HUM_ERR_UNSUPPORTED:
        return humi_fail((enum hum_status)answer_out->status, "%s", answer_out->text);
    default:
        return humi_fail(HUM_ERR_MODULE, "%s", answer_out->text);
    }
}

static enum hum_status send_module(struct humi_emu *emu, unsigned id, const char *path)
{
    struct humi_emu_request request = {.kind = HUMI_EMU_LOAD, .module = id};
    struct humi_emu_answer answer;

    return ask(emu, &request, path, &answer);
}

static enum hum_status send_kernel(struct humi_emu *emu, unsigned id, unsigned module,
                                   const char *name, size_t *args_bytes_out)
{
    struct humi_emu_request request = {.kind = HUMI_EMU_KERNEL, .module = module, .kernel = id};
    struct humi_emu_answer answer;
    enum hum_status status = ask(emu, &request, name, &answer);

    if (status == HUM_OK)
        *args_bytes_out = answer.args_bytes;
    return status;
}

enum hum_status humi_emu_reload(struct humi_emu *emu)
{
    enum hum_status status = HUM_OK;

    for (unsigned i = 0; status == HUM_OK && i < emu->module_count; i++)
        status = send_module(emu, i, emu->modules[i].path);
    for (unsigned i = 0; status == HUM_OK && i < emu->kernel_count; i++) {
        const struct humi_emu_kernel *k = &emu->kernels[i];
        size_t args_bytes;
        if (k->full_name)
            continue; /* of a program */
        status = send_kernel(emu, i, k->module, k->name, &args_bytes);
        if (status == HUM_OK && args_bytes != k->args_bytes)
            status = humi_fail(HUM_ERR_MODULE,
                               "kernel %s of %s changed its arguments on disk meanwhile", k->name,
                               emu->modules[k->module].path);
    }
    return status == HUM_OK ? humi_emu_rebuild(emu) : status;
}

void humi_emu_forget_modules(struct humi_emu *emu)
{
    for (unsigned i = 0; i < emu->module_count; i++)
        free(emu->modules[i].path);
    free(emu->modules);
    for (unsigned i = 0; i < emu->kernel_count; i++)
        free(emu->kernels[i].full_name);
    free(emu->kernels);
    humi_emu_forget_programs(emu);
}

/* The module as it is loaded: with exact recording, the build that tells of its touches. */
static void choose_build(const struct humi_emu *emu, const char *path, char *out, size_t bytes)
{
    if (emu->space.exact && humi_emu_exact_path(path, out, bytes))
        return;
    snprintf(out, bytes, "%s", path);
}

static void warn_if_silent(const struct humi_emu *emu, const char *path)
{
    const char *dot = strrchr(path, '.');
    char exact[PATH_MAX];

    if (emu->space.exact && dot && strcmp(dot, ".so") != 0)
        humi_warn("OpenCL runs the kernels of %s, so what they touch is not recorded", path);
    else if (emu->space.exact && !humi_emu_exact_path(path, exact, sizeof exact))
        humi_warn("%s has no .exact.so beside it, so what its kernels touch is not recorded; "
                  "hum_add_kernels() builds it, without NO_EXACT",
                  path);
}

static enum hum_status add_module(struct humi_emu *emu, const char *path, unsigned *module_out)
{
    struct humi_emu_module *grown;
    enum hum_status status;
    char *copy;

    if (emu->module_count == HUMI_EMU_MODULES_MAX)
        return humi_fail(HUM_ERR_MODULE, "more than %u modules on one device",
                         HUMI_EMU_MODULES_MAX);
    grown = realloc(emu->modules, (emu->module_count + 1) * sizeof *grown);
    if (!grown)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for module %s", path);
    emu->modules = grown;
    copy = strdup(path);
    if (!copy)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for module %s", path);
    status = send_module(emu, emu->module_count, path);
    if (status != HUM_OK) {
        free(copy);
        return status;
    }
    warn_if_silent(emu, path);
    emu->modules[emu->module_count].path = copy;
    *module_out = emu->module_count++;
    return HUM_OK;
}

static enum hum_status load_locked(struct humi_emu *emu, const char *path, unsigned *module_out)
{
    enum hum_status status = humi_emu_revive(emu);

    if (status != HUM_OK)
        return status;
    for (unsigned i = 0; i < emu->module_count; i++) {
        if (strcmp(emu->modules[i].path, path) == 0) {
            *module_out = i;
            return HUM_OK;
        }
    }
    return add_module(emu, path, module_out);
}

enum hum_status humi_emu_load(struct humi_processor *p, const char *path, unsigned *module_out)
{
    struct humi_emu *emu = humi_emu_of(p);
    char build[PATH_MAX], real[PATH_MAX];
    enum hum_status status;

    choose_build(emu, path, build, sizeof build);
    if (!realpath(build, real))
        return humi_fail(HUM_ERR_NOT_FOUND, "no kernel module at %s", path);
    humi_signals_hold();
    pthread_mutex_lock(&emu->command);
    status = load_locked(emu, real, module_out);
    pthread_mutex_unlock(&emu->command);
    humi_signals_release();
    return status;
}

static enum hum_status kernel_locked(struct humi_emu *emu, unsigned module, const char *name,
                                     unsigned *kernel_out)
{
    unsigned id = emu->kernel_count;
    struct humi_emu_kernel *k = &emu->kernels[id];
    enum hum_status status;

    if (module >= emu->module_count)
        return humi_fail(HUM_ERR_INVALID, "no module has this number");
    for (unsigned i = 0; i < id; i++) {
        if (!emu->kernels[i].full_name && emu->kernels[i].module == module &&
            strcmp(emu->kernels[i].name, name) == 0) {
            *kernel_out = i;
            return HUM_OK;
        }
    }
    if (id == HUMI_EMU_KERNELS_MAX)
        return humi_fail(HUM_ERR_MODULE, "more than %u kernels on one device",
                         HUMI_EMU_KERNELS_MAX);
    status = humi_emu_revive(emu);
    if (status == HUM_OK)
        status = send_kernel(emu, id, module, name, &k->args_bytes);
    if (status != HUM_OK)
        return status;
    k->module = module;
    snprintf(k->name, sizeof k->name, "%s", name);
    __atomic_store_n(&emu->kernel_count, id + 1, __ATOMIC_RELEASE);
    *kernel_out = id;
    return HUM_OK;
}

enum hum_status humi_emu_kernel(struct humi_processor *p, unsigned module, const char *name,
                                unsigned *kernel_out, size_t *args_bytes_out)
{
    struct humi_emu *emu = humi_emu_of(p);
    enum hum_status status;

    if (strlen(name) >= sizeof emu->kernels[0].name)
        return humi_fail(HUM_ERR_NOT_FOUND, "the name of kernel %s is too long", name);
    humi_signals_hold();
    pthread_mutex_lock(&emu->command);
    status = kernel_locked(emu, module, name, kernel_out);
    if (status == HUM_OK)
        *args_bytes_out = emu->kernels[*kernel_out].args_bytes;
    pthread_mutex_unlock(&emu->command);
    humi_signals_release();
    return status;
}
