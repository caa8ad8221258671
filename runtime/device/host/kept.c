/* SPDX-License-Identifier: MIT */
/*
 * kept.c - the host where a driver keeps the space (device/keeper.h): it has no frames of its own,
 * and the driver answers what it touches, system calls included.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/status.h"
#include "device/keeper.h"

static void kept_close(struct humi_processor *p)
{
    free(p);
}

static enum hum_status kept_back(struct humi_processor *p, size_t offset, size_t bytes)
{
    (void)p;
    (void)offset;
    (void)bytes;
    return HUM_OK;
}

static void kept_nothing(struct humi_processor *p, size_t offset, size_t bytes)
{
    (void)p;
    (void)offset;
    (void)bytes;
}

static enum hum_status kept_map(struct humi_processor *p, size_t offset, size_t bytes,
                                enum humi_map_access access, bool *own_out)
{
    (void)p;
    (void)offset;
    (void)bytes;
    *own_out = access == HUMI_MAP_OWN;
    return HUM_OK;
}

static unsigned kept_faults(struct humi_processor *p, struct humi_fault *faults_out, unsigned max)
{
    (void)p;
    (void)faults_out;
    (void)max;
    return 0;
}

static void kept_fail(struct humi_processor *p, const struct humi_fault *fault,
                      enum hum_status status)
{
    (void)p;
    (void)fault;
    (void)status;
}

static const struct humi_processor_ops kept_ops = {
    .kind = "host",
    .close = kept_close,
    .back = kept_back,
    .drop = kept_nothing,
    .map = kept_map,
    .protect = kept_nothing,
    .unmap = kept_nothing,
    .watch = kept_nothing,
    .forget = kept_nothing,
    .faults = kept_faults,
    .resume = kept_nothing,
    .fail = kept_fail,
};

enum hum_status humi_kept_host_open(const struct humi_space_params *space,
                                    struct humi_processor **out)
{
    struct humi_processor *p = calloc(1, sizeof *p);

    (void)space;
    if (!p)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for the host's side of a space");
    *p = (struct humi_processor){.ops = &kept_ops,
                                 .kind = "host",
                                 .fault_fd = -1,
                                 .frames_fd = -1,
                                 .life_fd = -1,
                                 .pid = getpid(),
                                 .shared_read = true,
                                 .kernel_faults = true,
                                 .huge = true,
                                 .unit = HUMI_KEEPER_HOST};
    snprintf(p->name, sizeof p->name, "host");
    *out = p;
    return HUM_OK;
}
