/* SPDX-License-Identifier: MIT */
/* samples.c - taking the touches that the workers of the device sampled (samples.h). */
#include "device/emu/samples.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/status.h"
#include "device/emu/emu.h"

enum hum_status humi_emu_open_samples(struct humi_emu *emu)
{
    size_t bytes = humi_emu_samples_bytes(emu->space.bytes);
    void *memory;

    if (!emu->space.sample_ppm || emu->space.exact)
        return HUM_OK;
    if (ftruncate(emu->touches_fd, (off_t)bytes) != 0)
        return humi_fail_errno("memory for sampled touches");
    memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, emu->touches_fd, 0);
    if (memory == MAP_FAILED)
        return humi_fail_errno("memory for sampled touches");
    (void)madvise(memory, bytes, MADV_DONTFORK);
    emu->samples = memory;
    return HUM_OK;
}

void humi_emu_close_samples(struct humi_emu *emu)
{
    if (emu->samples)
        munmap(emu->samples, humi_emu_samples_bytes(emu->space.bytes));
}

void humi_emu_sampled_begin(struct humi_processor *p)
{
    struct humi_emu *emu = humi_emu_of(p);

    if (emu->samples)
        __atomic_store_n(&emu->samples->wanted, 1, __ATOMIC_RELAXED);
}

/* The first block of [block, end) of which something was seen, or end.  Eight at a time. */
static uint64_t find_seen(const struct humi_emu_samples *samples, uint64_t block, uint64_t end)
{
    while (block < end) {
        const unsigned char *seen = &samples->seen[block];

        if (block % 8 == 0 && !__atomic_load_n((const uint64_t *)(const void *)seen,
                                               __ATOMIC_RELAXED))
            block += 8;
        else if (__atomic_load_n(seen, __ATOMIC_RELAXED))
            return block;
        else
            block++;
    }
    return end;
}

bool humi_emu_sampled_next(struct humi_processor *p, uint32_t *cursor,
                           struct humi_sampled *sampled_out)
{
    struct humi_emu *emu = humi_emu_of(p);
    uint64_t blocks = emu->space.bytes / HUM_BLOCK_SIZE, end, block;
    struct humi_emu_sampled *counts;

    if (!emu->samples)
        return false;
    end = __atomic_load_n(&emu->samples->end, __ATOMIC_ACQUIRE);
    end = end < blocks ? end : blocks;
    block = find_seen(emu->samples, *cursor, end);
    if (block >= end)
        return false;
    __atomic_store_n(&emu->samples->seen[block], 0, __ATOMIC_SEQ_CST);
    counts = &humi_emu_sampled(emu->samples, emu->space.bytes)[block];
    *cursor = (uint32_t)block + 1;
    sampled_out->block = (uint32_t)block;
    for (unsigned w = 0; w < 2; w++)
        for (unsigned c = 0; c < HUMI_EMU_CHUNKS; c++)
            sampled_out->touches[w][c] =
                __atomic_exchange_n(&counts->touches[w][c], 0, __ATOMIC_SEQ_CST);
    return true;
}

struct humi_sampled_cost humi_emu_sampled_cost(struct humi_processor *p)
{
    const struct humi_emu *emu = humi_emu_of(p);

    if (!emu->samples)
        return (struct humi_sampled_cost){0};
    return (struct humi_sampled_cost){
        .ns = __atomic_load_n(&emu->samples->spent_ns, __ATOMIC_RELAXED) / emu->params.workers,
        .slices = __atomic_load_n(&emu->samples->slices, __ATOMIC_RELAXED)};
}
