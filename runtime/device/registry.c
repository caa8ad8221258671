/* SPDX-License-Identifier: MIT */
/* registry.c - the table of device kinds and the reader of HUM_DEVICES. */
#include "device/registry.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/options.h"
#include "base/range.h"
#include "base/status.h"
#include "os/topology.h"

#define MEMORY_DEFAULT_MAX ((size_t)4 << 30)
#define UNIT_MAX 63u

/* One more back end is one more line. */
static const struct kind {
    const char *name;
    enum hum_status (*open)(const struct humi_space_params *space,
                            const struct humi_device_params *params, struct humi_processor **out);
} kinds[] = {
    {"emu", humi_emu_open},
    {"opencl", humi_opencl_open},
    {"cuda", humi_cuda_device_open},
};
#define KINDS_TEXT "emu, opencl, cuda"
#define SETTINGS_TEXT "mem, workers, watchdog, faults, kernels, arena, svm, mode, cupti"

static const struct kind *find_kind(const struct humi_slice *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (humi_slice_is(name, kinds[i].name))
            return &kinds[i];
    return NULL;
}

static enum hum_status set_memory(struct humi_device_params *params,
                                  const struct humi_option *option)
{
    size_t bytes;
    enum hum_status status = humi_option_size(option, &bytes);

    if (status != HUM_OK)
        return status;
    if (bytes < HUM_BLOCK_SIZE)
        return humi_fail(HUM_ERR_INVALID, "HUM_DEVICES: mem=%.*s is too little, at least 2M is "
                                          "needed",
                         (int)option->value.bytes, option->value.text);
    params->memory_bytes = humi_round_down(bytes, HUM_BLOCK_SIZE);
    params->memory_is_usual = false;
    return HUM_OK;
}

static enum hum_status set_arena(struct humi_device_params *params,
                                 const struct humi_option *option)
{
    size_t bytes;
    enum hum_status status = humi_option_size(option, &bytes);

    if (status == HUM_OK && bytes < HUM_BLOCK_SIZE)
        return humi_fail(HUM_ERR_INVALID, "HUM_DEVICES: arena=%.*s is too little, at least 2M is "
                                          "needed",
                         (int)option->value.bytes, option->value.text);
    if (status == HUM_OK)
        params->arena_bytes = humi_round_down(bytes, HUM_BLOCK_SIZE);
    return status;
}

static enum hum_status set_svm(struct humi_device_params *params,
                               const struct humi_option *option)
{
    bool svm = true;
    enum hum_status status = humi_option_switch(option, &svm);

    params->without_svm = !svm;
    return status;
}

static enum hum_status set_workers(struct humi_device_params *params,
                                   const struct humi_option *option)
{
    uint64_t number;
    enum hum_status status = humi_option_number(option, HUMI_WORKERS_MAX, &number);

    if (status != HUM_OK)
        return status;
    if (number == 0)
        return humi_fail(HUM_ERR_INVALID, "HUM_DEVICES: workers=0, a device needs at least one");
    params->workers = (unsigned)number;
    return HUM_OK;
}

static enum hum_status set_watchdog(struct humi_device_params *params,
                                    const struct humi_option *option)
{
    uint64_t ns;
    enum hum_status status = humi_option_duration(option, &ns);

    if (status != HUM_OK)
        return status;
    ns = (ns + HUMI_NS_PER_MS - 1) / HUMI_NS_PER_MS;
    if (ns > UINT32_MAX)
        return humi_fail(HUM_ERR_INVALID, "HUM_DEVICES: watchdog=%.*s is too long",
                         (int)option->value.bytes, option->value.text);
    params->watchdog_ms = (unsigned)ns;
    return HUM_OK;
}

static enum hum_status set_faults(struct humi_device_params *params,
                                  const struct humi_option *option)
{
    bool faults = true;
    enum hum_status status = humi_option_switch(option, &faults);

    params->cannot_fault = !faults;
    return status;
}

static enum hum_status set_kernels(struct humi_device_params *params,
                                   const struct humi_option *option)
{
    params->opencl = humi_slice_is(&option->value, "opencl");
    if (params->opencl || humi_slice_is(&option->value, "native"))
        return HUM_OK;
    return humi_fail(HUM_ERR_INVALID,
                     "HUM_DEVICES: kernels=%.*s is unknown; it is native or opencl",
                     (int)option->value.bytes, option->value.text);
}

static enum hum_status set_mode(struct humi_device_params *params,
                                const struct humi_option *option)
{
    static const char *const names[] = {"declared", "managed", "auto"};

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!humi_slice_is(&option->value, names[i]))
            continue;
        params->mode = (enum humi_device_mode)i;
        return HUM_OK;
    }
    return humi_fail(HUM_ERR_INVALID,
                     "HUM_DEVICES: mode=%.*s is unknown; it is declared, managed or auto",
                     (int)option->value.bytes, option->value.text);
}

static enum hum_status set_cupti(struct humi_device_params *params,
                                 const struct humi_option *option)
{
    bool cupti = true;
    enum hum_status status = humi_option_switch(option, &cupti);

    params->without_cupti = !cupti;
    return status;
}

static const struct setting {
    const char *name;
    const char *kind;   /* that has it; NULL: all */
    const char *option; /* as error texts call it */
    enum hum_status (*set)(struct humi_device_params *params, const struct humi_option *option);
} settings[] = {
    {"mem", NULL, "HUM_DEVICES: mem", set_memory},
    {"workers", "emu", "HUM_DEVICES: workers", set_workers},
    {"watchdog", NULL, "HUM_DEVICES: watchdog", set_watchdog},
    {"faults", "emu", "HUM_DEVICES: faults", set_faults},
    {"kernels", "emu", "HUM_DEVICES: kernels", set_kernels},
    {"arena", "opencl", "HUM_DEVICES: arena", set_arena},
    {"svm", "opencl", "HUM_DEVICES: svm", set_svm},
    {"mode", "cuda", "HUM_DEVICES: mode", set_mode},
    {"cupti", "cuda", "HUM_DEVICES: cupti", set_cupti},
};

/* opencl:1 or cuda:1, the second one of the machine. */
static bool read_unit(struct humi_device_params *params, const struct humi_slice *item)
{
    struct humi_option option = {"HUM_DEVICES", *item};
    uint64_t unit;

    if (strcmp(params->kind, "emu") == 0 ||
        humi_option_number(&option, UNIT_MAX, &unit) != HUM_OK)
        return false;
    params->unit = (int)unit;
    return true;
}

static enum hum_status read_setting(struct humi_device_params *params,
                                    const struct humi_slice *item)
{
    struct humi_slice name, value = {NULL, 0};

    if (!humi_slice_cut(item, '=', &name, &value) && read_unit(params, item))
        return HUM_OK;
    if (!value.text)
        return humi_fail(HUM_ERR_INVALID,
                         "HUM_DEVICES: \"%.*s\" is not name=value; the names are " SETTINGS_TEXT,
                         (int)item->bytes, item->text);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        struct humi_option option = {settings[i].option, value};
        if (!humi_slice_is(&name, settings[i].name))
            continue;
        if (settings[i].kind && strcmp(settings[i].kind, params->kind) != 0)
            return humi_fail(HUM_ERR_INVALID, "HUM_DEVICES: a device of kind %s has no %s=",
                             params->kind, settings[i].name);
        return settings[i].set(params, &option);
    }
    return humi_fail(HUM_ERR_INVALID,
                     "HUM_DEVICES: unknown setting \"%.*s\"; the known ones are " SETTINGS_TEXT,
                     (int)name.bytes, name.text);
}

static enum hum_status read_device(struct humi_device_params *params, const struct humi_slice *item)
{
    struct humi_slice kind = *item, rest = {NULL, 0}, setting;
    const struct kind *found;

    (void)humi_slice_cut(item, ':', &kind, &rest);
    found = find_kind(&kind);
    if (!found)
        return humi_fail(HUM_ERR_INVALID,
                         "HUM_DEVICES: unknown kind of device \"%.*s\"; the known ones are "
                         KINDS_TEXT,
                         (int)kind.bytes, kind.text);
    snprintf(params->kind, sizeof params->kind, "%s", found->name);
    while (rest.text && humi_slice_next(&rest, ',', &setting)) {
        enum hum_status status = read_setting(params, &setting);
        if (status != HUM_OK)
            return status;
    }
    return HUM_OK;
}

static struct humi_device_params defaults(unsigned watchdog_ms)
{
    struct humi_device_params params = {
        .watchdog_ms = watchdog_ms, .unit = -1, .memory_is_usual = true};
    struct humi_topology machine;
    size_t memory;

    humi_topology_get(&machine);
    memory = machine.memory_bytes / 4;
    if (memory > MEMORY_DEFAULT_MAX)
        memory = MEMORY_DEFAULT_MAX;
    if (memory < HUM_BLOCK_SIZE)
        memory = HUM_BLOCK_SIZE;
    params.memory_bytes = humi_round_down(memory, HUM_BLOCK_SIZE);
    params.workers = machine.cores < HUMI_WORKERS_MAX ? machine.cores : HUMI_WORKERS_MAX;
    return params;
}

enum hum_status humi_devices_parse(const char *text, unsigned watchdog_ms,
                                   struct humi_device_params params_out[HUM_DEVICES_MAX],
                                   unsigned *count_out)
{
    struct humi_device_params params[HUM_DEVICES_MAX], usual = defaults(watchdog_ms);
    struct humi_slice rest = humi_slice_of(text && *text ? text : "emu"), item;
    unsigned count = 0;

    while (humi_slice_next(&rest, ';', &item)) {
        enum hum_status status;
        if (count == HUM_DEVICES_MAX)
            return humi_fail(HUM_ERR_INVALID, "HUM_DEVICES: more than %d devices",
                             HUM_DEVICES_MAX);
        params[count] = usual;
        params[count].index = (int)count;
        status = read_device(&params[count], &item);
        if (status != HUM_OK)
            return status;
        count++;
    }
    memcpy(params_out, params, count * sizeof params[0]);
    *count_out = count;
    return HUM_OK;
}

enum hum_status humi_device_open(const struct humi_space_params *space,
                                 const struct humi_device_params *params,
                                 struct humi_processor **out)
{
    struct humi_slice name = humi_slice_of(params->kind);
    const struct kind *kind = find_kind(&name);

    if (!kind)
        return humi_fail(HUM_ERR_INVALID, "unknown kind of device \"%s\"", params->kind);
    return kind->open(space, params, out);
}
