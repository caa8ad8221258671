/* SPDX-License-Identifier: MIT */
/*
 * agents.h - who faulted on a block lately: the last 16 faults, and how many agents made them.
 *
 * An agent is a thread or worker of one processor, known by 16 bits, so two may rarely pass for
 * one.
 * Threads: guarded by the block's lock.
 */
#ifndef HUMI_CORE_AGENTS_H
#define HUMI_CORE_AGENTS_H

#include <stdint.h>

#define HUMI_AGENTS_MAX 16u

struct humi_agents {
    uint16_t last[HUMI_AGENTS_MAX];
    uint8_t count, next;         /* of last: how many are there, and where the next goes */
};

static inline void humi_agents_note(struct humi_agents *agents, unsigned processor, int thread)
{
    uint32_t who = (uint32_t)thread * 0x9e3779b1u + processor * 0x85ebca6bu;
    agents->last[agents->next] = (uint16_t)(who >> 16);
    agents->next = (uint8_t)((agents->next + 1u) % HUMI_AGENTS_MAX);
    if (agents->count < HUMI_AGENTS_MAX)
        agents->count++;
}

/* How many different ones. */
static inline unsigned humi_agents_distinct(const struct humi_agents *agents)
{
    unsigned distinct = 0;
    for (unsigned i = 0; i < agents->count; i++) {
        unsigned k = 0;
        while (k < i && agents->last[k] != agents->last[i])
            k++;
        distinct += k == i;
    }
    return distinct;
}

#endif
