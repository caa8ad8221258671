/* SPDX-License-Identifier: MIT */
/* ledger.c - a mask of held pages a block, and their sum. */
#include "device/host/ledger.h"

#include <sys/mman.h>

#include "base/mask.h"
#include "base/range.h"
#include "base/status.h"

static size_t map_bytes(const struct humi_ledger *ledger)
{
    return ledger->space_bytes / HUM_BLOCK_SIZE * sizeof ledger->blocks[0];
}

enum hum_status humi_ledger_init(struct humi_ledger *ledger, size_t space_bytes, size_t limit,
                                 bool huge)
{
    *ledger = (struct humi_ledger){.limit = limit, .space_bytes = space_bytes, .huge = huge};
    if (limit == 0)
        return HUM_OK;
    ledger->blocks = mmap(NULL, map_bytes(ledger), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (ledger->blocks != MAP_FAILED)
        return HUM_OK;
    ledger->blocks = NULL;
    return humi_fail(HUM_ERR_NO_MEMORY, "no memory to count the host's frames");
}

void humi_ledger_fini(struct humi_ledger *ledger)
{
    if (ledger->blocks)
        munmap(ledger->blocks, map_bytes(ledger));
    ledger->blocks = NULL;
}

static size_t cost(const struct humi_ledger *ledger, const struct hum_pages *pages)
{
    if (ledger->huge)
        return humi_mask_empty(pages) ? 0 : HUM_BLOCK_SIZE;
    return humi_mask_count(pages) * HUM_PAGE_SIZE;
}

static bool reserve(struct humi_ledger *ledger, size_t bytes)
{
    size_t held = atomic_load(&ledger->held);

    do {
        if (bytes > ledger->limit - held)
            return false;
    } while (!atomic_compare_exchange_weak(&ledger->held, &held, held + bytes));
    return true;
}

enum hum_status humi_ledger_take(struct humi_ledger *ledger, size_t offset, size_t bytes,
                                 struct hum_pages *added_out)
{
    struct humi_range range = {offset, offset + bytes};
    struct humi_piece piece = humi_range_piece(&range);
    struct hum_pages wanted, both;

    *added_out = humi_mask_none();
    if (!ledger->blocks)
        return HUM_OK;
    wanted = humi_mask_range(piece.first, piece.end);
    both = humi_mask_or(&wanted, &ledger->blocks[piece.block]);
    if (!reserve(ledger, cost(ledger, &both) - cost(ledger, &ledger->blocks[piece.block])))
        return humi_fail(HUM_ERR_NO_MEMORY, "the host holds its limit of %zu MiB (HUM_HOST_MEM)",
                         ledger->limit >> 20);
    *added_out = humi_mask_minus(&wanted, &ledger->blocks[piece.block]);
    ledger->blocks[piece.block] = both;
    return HUM_OK;
}

static void remove_pages(struct humi_ledger *ledger, size_t block, const struct hum_pages *pages)
{
    size_t before;

    if (!humi_mask_meets(&ledger->blocks[block], pages))
        return; /* also keeps untouched parts of the map untouched */
    before = cost(ledger, &ledger->blocks[block]);
    humi_mask_remove(&ledger->blocks[block], pages);
    atomic_fetch_sub(&ledger->held, before - cost(ledger, &ledger->blocks[block]));
}

void humi_ledger_return_pages(struct humi_ledger *ledger, size_t offset,
                              const struct hum_pages *pages)
{
    if (ledger->blocks)
        remove_pages(ledger, humi_block_index(offset), pages);
}

void humi_ledger_return(struct humi_ledger *ledger, size_t offset, size_t bytes)
{
    struct humi_range range = {offset, offset + bytes};

    if (!ledger->blocks)
        return;
    humi_for_each_block (piece, &range) {
        struct hum_pages pages = humi_mask_range(piece.first, piece.end);
        remove_pages(ledger, piece.block, &pages);
    }
}
