/* SPDX-License-Identifier: MIT */
/* tally.c - see tally.h */
#include "device/emu/process/tally.h"

#define SIXTEENTHS 16u

/* Logarithm to base 2 of the value divided by HUMI_TALLY_RUN, linear between powers, in 1/16. */
static uint32_t doublings(uint32_t touches)
{
    uint32_t whole = 0, power = HUMI_TALLY_RUN;

    while (touches / 2 >= power) {
        power *= 2;
        whole++;
    }
    return whole * SIXTEENTHS + (touches - power) / (power / SIXTEENTHS);
}

uint32_t humi_tally_damped(uint32_t touches)
{
    if (touches <= HUMI_TALLY_RUN)
        return touches;
    return HUMI_TALLY_RUN + doublings(touches) * (HUMI_TALLY_RUN / SIXTEENTHS);
}

static void tell_end(struct humi_emu_samples *samples, uint64_t block)
{
    uint64_t end = __atomic_load_n(&samples->end, __ATOMIC_RELAXED);

    while (end <= block && !__atomic_compare_exchange_n(&samples->end, &end, block + 1, true,
                                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
    }
}

/* The slot becomes free. */
static void tell(struct humi_tally *tally, struct humi_tally_chunk *slot)
{
    uint64_t block = slot->chunk / HUMI_EMU_CHUNKS;
    struct humi_emu_sampled *counts =
        &humi_emu_sampled(tally->samples, tally->bytes)[block];

    for (unsigned w = 0; w < 2; w++) {
        uint64_t count = (uint64_t)humi_tally_damped(slot->touches[w]) * tally->weight;

        if (count)
            __atomic_fetch_add(&counts->touches[w][slot->chunk % HUMI_EMU_CHUNKS],
                               count < UINT32_MAX ? (uint32_t)count : UINT32_MAX,
                               __ATOMIC_RELAXED);
        slot->touches[w] = 0;
    }
    __atomic_store_n(&tally->samples->seen[block], 1, __ATOMIC_RELEASE);
    tell_end(tally->samples, block);
}

static bool is_free(const struct humi_tally_chunk *slot)
{
    return !slot->touches[0] && !slot->touches[1];
}

void humi_tally_open(struct humi_tally *tally, uint32_t weight)
{
    for (unsigned i = 0; i < HUMI_TALLY_SLOTS && tally->touches; i++)
        tally->slots[i] = (struct humi_tally_chunk){0};
    tally->weight = weight;
    tally->touches = 0;
    tally->open = true;
}

void humi_tally_touch(struct humi_tally *tally, uintptr_t address, bool write)
{
    uint64_t offset = address - tally->start, chunk = offset / HUM_CHUNK_SIZE;
    struct humi_tally_chunk *slot = &tally->slots[chunk % HUMI_TALLY_SLOTS];

    if (offset >= tally->bytes)
        return;
    if (slot->chunk != chunk) {
        if (!is_free(slot))
            tell(tally, slot);
        slot->chunk = chunk;
    }
    slot->touches[write]++;
    tally->open = ++tally->touches < HUMI_TALLY_TOUCHES;
}

void humi_tally_close(struct humi_tally *tally)
{
    tally->open = false;
    for (unsigned i = 0; i < HUMI_TALLY_SLOTS; i++)
        if (!is_free(&tally->slots[i]))
            tell(tally, &tally->slots[i]);
    tally->touches = 0;
}
