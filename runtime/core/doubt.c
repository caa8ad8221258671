/* SPDX-License-Identifier: MIT */
/* doubt.c - faults that cannot be served, until they are seen a second time. */
#include "core/doubt.h"

static bool is_of_thread(const struct humi_doubts *doubts, unsigned i, unsigned processor,
                         const struct humi_fault *fault)
{
    return doubts->entries[i].ns && doubts->entries[i].thread == fault->thread &&
           doubts->entries[i].processor == processor;
}

static void drop(struct humi_doubts *doubts, unsigned i)
{
    doubts->entries[i].ns = 0;
    doubts->count--;
}

void humi_doubts_note(struct humi_doubts *doubts, unsigned processor,
                      const struct humi_fault *fault, bool served)
{
    for (unsigned i = 0; doubts->count && i < HUMI_DOUBTS; i++)
        if (is_of_thread(doubts, i, processor, fault) &&
            (served || doubts->entries[i].address != fault->address))
            drop(doubts, i);
}

static void remember(struct humi_doubts *doubts, unsigned processor,
                     const struct humi_fault *fault, uint64_t now_ns)
{
    unsigned i = doubts->next;

    doubts->next = (i + 1) % HUMI_DOUBTS;
    if (!doubts->entries[i].ns)
        doubts->count++;
    doubts->entries[i].address = fault->address;
    doubts->entries[i].thread = fault->thread;
    doubts->entries[i].processor = processor;
    doubts->entries[i].ns = now_ns;
}

bool humi_doubts_confirm(struct humi_doubts *doubts, unsigned processor,
                         const struct humi_fault *fault, uint64_t now_ns)
{
    for (unsigned i = 0; doubts->count && i < HUMI_DOUBTS; i++) {
        if (!is_of_thread(doubts, i, processor, fault) ||
            doubts->entries[i].address != fault->address)
            continue;
        bool fresh = now_ns - doubts->entries[i].ns <= HUMI_DOUBT_NS;
        drop(doubts, i);
        if (fresh)
            return true;
    }
    remember(doubts, processor, fault, now_ns);
    return false;
}
