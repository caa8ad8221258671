/* SPDX-License-Identifier: MIT */
/* processor.c - members that have nothing to do. */
#include "model/processor.h"

#include <stdio.h>

static enum hum_status model_back(struct humi_processor *p, size_t offset, size_t bytes)
{
    (void)p;
    (void)offset;
    (void)bytes;
    return HUM_OK;
}

static enum hum_status model_map(struct humi_processor *p, size_t offset, size_t bytes,
                                 enum humi_map_access access, bool *own_out)
{
    (void)p;
    (void)offset;
    (void)bytes;
    *own_out = access == HUMI_MAP_OWN;
    return HUM_OK;
}

/* drop, protect, unmap and resume */
static void model_do_nothing(struct humi_processor *p, size_t offset, size_t bytes)
{
    (void)p;
    (void)offset;
    (void)bytes;
}

static unsigned model_faults(struct humi_processor *p, struct humi_fault *faults_out, unsigned max)
{
    (void)p;
    (void)faults_out;
    (void)max;
    return 0;
}

static void model_fail(struct humi_processor *p, const struct humi_fault *fault,
                       enum hum_status status)
{
    (void)fault;
    ((struct humi_model_processor *)(void *)p)->failed = status;
}

static void model_close(struct humi_processor *p)
{
    (void)p;
}

static const struct humi_processor_ops model_ops = {
    .kind = "model",
    .close = model_close,
    .back = model_back,
    .drop = model_do_nothing,
    .map = model_map,
    .protect = model_do_nothing,
    .unmap = model_do_nothing,
    .faults = model_faults,
    .resume = model_do_nothing,
    .fail = model_fail,
};

void humi_model_processor_init(struct humi_model_processor *processor, unsigned number,
                               const struct humi_model_traits *traits)
{
    struct humi_processor *base = &processor->base;

    *processor = (struct humi_model_processor){
        .base = {.ops = &model_ops,
                 .memory_bytes = traits->capacity_bytes / HUM_BLOCK_SIZE * HUM_BLOCK_SIZE,
                 .workers = traits->workers,
                 .fault_fd = -1,
                 .life_fd = -1,
                 .huge = traits->huge,
                 .shared_read = traits->shared_read,
                 .opens_reads = traits->opens_reads,
                 .kernel_faults = true}};
    if (traits->name[0])
        snprintf(base->name, sizeof base->name, "%s", traits->name);
    else if (number)
        snprintf(base->name, sizeof base->name, "model%u", number - 1);
    else
        snprintf(base->name, sizeof base->name, "host");
    snprintf(base->kind, sizeof base->kind, "%s", traits->kind[0] ? traits->kind : "model");
}
