/* SPDX-License-Identifier: MIT */
/* foreseen.c - how many devices a space would have, told without opening it. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/options.h"
#include "core/core.h"
#include "device/registry.h"
#include "os/process.h"
#include "os/userfault.h"

static bool all_are_emulated(const struct humi_device_params *params, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(params[i].kind, "emu") != 0)
            return false;
    return true;
}

static bool can_start(void)
{
    char path[PATH_MAX];
    bool kernel_faults;
    int fd;
    if (humi_process_find_emu(path, sizeof path) != HUM_OK ||
        humi_userfault_open(true, &fd, &kernel_faults) != HUM_OK)
        return false;
    close(fd);
    return true;
}

unsigned hum_devices_foreseen(const char *devices)
{
    struct humi_device_params params[HUM_DEVICES_MAX];
    struct humi_option option = humi_option_find("HUM_DEVICES", devices);
    char *text = option.value.text ? strndup(option.value.text, option.value.bytes) : NULL;
    unsigned count = 0;
    if (!option.value.text || text) {
        if (humi_devices_parse(text, 0, params, &count) != HUM_OK ||
            !all_are_emulated(params, count) || !can_start())
            count = 0;
    }
    free(text);
    return count;
}
