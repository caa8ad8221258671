/* SPDX-License-Identifier: MIT */
/* cost.c - what faults, copies and remote accesses cost, as a model. */
#include "replay/cost.h"

uint64_t humi_cost_batch_ns(const struct humi_cost_model *model,
                            const struct humi_cost_batch *batch)
{
    uint64_t link = humi_link_ns(&model->link, batch->bytes_in, batch->copies_in) +
                    humi_link_ns(&model->link, batch->bytes_out, batch->copies_out);

    if (model->serial)
        return HUMI_COST_SERIAL_FAULT_NS * batch->faults + link;
    return HUMI_COST_BATCH_NS + HUMI_COST_DUPLICATE_NS * batch->duplicates +
           HUMI_COST_BLOCK_NS * batch->blocks + HUMI_COST_TAKEN_NS * batch->blocks_taken +
           HUMI_COST_EVICTION_NS * batch->evictions + link;
}

uint64_t humi_cost_remote_ns(const struct humi_cost_model *model, uint64_t groups,
                             uint64_t accesses)
{
    double link_ns = (double)accesses * HUMI_COST_REMOTE_BYTES * model->link.ns_per_byte;

    return HUMI_COST_REMOTE_NS * groups + (uint64_t)(link_ns + 0.5);
}
