/* SPDX-License-Identifier: MIT */
/* kernels.c - meters of kernels, in arrays of 64, 128, 256, ... that never move. */
#include "core/kernels.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/status.h"

#define FIRST 64u /* room of the first array */

typedef _Atomic(struct humi_kernel_meter *) slot;

static unsigned array_of(unsigned id)
{
    return 31u - (unsigned)__builtin_clz(id / FIRST + 1);
}

static unsigned first_of(unsigned array)
{
    return FIRST * ((1u << array) - 1);
}

static slot *slot_find(struct hum *hum, unsigned processor, unsigned id)
{
    unsigned array = array_of(id);
    if (array >= HUMI_KERNEL_ARRAYS)
        return NULL;
    slot *slots = atomic_load(&hum->kernel_meters[processor].array[array]);
    return slots ? &slots[id - first_of(array)] : NULL;
}

struct humi_kernel_meter *humi_kernels_find(struct hum *hum, unsigned processor, unsigned id)
{
    slot *at = slot_find(hum, processor, id);
    return at ? atomic_load(at) : NULL;
}

static slot *slot_make(struct hum *hum, unsigned processor, unsigned id)
{
    unsigned array = array_of(id);
    if (array < HUMI_KERNEL_ARRAYS && !slot_find(hum, processor, id))
        atomic_store(&hum->kernel_meters[processor].array[array],
                     calloc((size_t)FIRST << array, sizeof(slot)));
    return slot_find(hum, processor, id);
}

enum hum_status humi_kernels_make(struct hum *hum, unsigned processor, unsigned id,
                                  const char *name, struct humi_kernel_meter **meter_out)
{
    slot *at = slot_make(hum, processor, id);
    struct humi_kernel_meter *meter = at ? atomic_load(at) : NULL;
    if (at && !meter) {
        meter = calloc(1, sizeof *meter);
        if (meter) {
            meter->processor = processor;
            meter->id = id;
            snprintf(meter->name, sizeof meter->name, "%s", name);
            atomic_store(at, meter);
        }
    }
    if (!meter)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for the counters of kernel '%s'", name);
    *meter_out = meter;
    return HUM_OK;
}

struct humi_kernel_meter *humi_kernels_next(struct hum *hum, unsigned processor, unsigned *id)
{
    for (unsigned a = array_of(*id); a < HUMI_KERNEL_ARRAYS; a++) {
        unsigned end = first_of(a + 1);
        if (!atomic_load(&hum->kernel_meters[processor].array[a]))
            *id = end;
        for (; *id < end; ++*id) {
            struct humi_kernel_meter *meter = humi_kernels_find(hum, processor, *id);
            if (meter)
                return meter;
        }
    }
    return NULL;
}

void humi_kernels_close(struct hum *hum)
{
    for (unsigned p = 0; p < HUM_PROCESSORS_MAX; p++) {
        unsigned id = 0;
        struct humi_kernel_meter *meter;
        while ((meter = humi_kernels_next(hum, p, &id))) {
            atomic_store(slot_find(hum, p, id), NULL);
            free(meter);
        }
        for (unsigned a = 0; a < HUMI_KERNEL_ARRAYS; a++)
            free(atomic_exchange(&hum->kernel_meters[p].array[a], NULL));
    }
}
