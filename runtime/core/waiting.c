/* SPDX-License-Identifier: MIT */
/* waiting.c - faults that a policy lets wait. */
#include "core/waiting.h"

static void drop(struct humi_waiting *waiting, unsigned i)
{
    waiting->item[i] = waiting->item[--waiting->count];
}

bool humi_waiting_add(struct humi_waiting *waiting, unsigned processor,
                      const struct humi_fault *faults, unsigned count, uint64_t due_ns)
{
    if (count > HUMI_WAITING_MAX - waiting->count)
        return false;
    for (unsigned i = 0; i < count; i++) {
        unsigned at = waiting->count++;
        waiting->item[at].processor = processor;
        waiting->item[at].due_ns = due_ns;
        waiting->item[at].fault = faults[i];
    }
    return true;
}

uint64_t humi_waiting_due_ns(const struct humi_waiting *waiting)
{
    uint64_t due = UINT64_MAX;
    for (unsigned i = 0; i < waiting->count; i++)
        if (waiting->item[i].due_ns < due)
            due = waiting->item[i].due_ns;
    return due;
}

unsigned humi_waiting_take(struct humi_waiting *waiting, uint64_t now_ns, unsigned *processor_out,
                           struct humi_fault *faults_out, unsigned most)
{
    unsigned taken = 0;
    for (unsigned i = 0; i < waiting->count && taken < most;) {
        bool due = waiting->item[i].due_ns <= now_ns;
        if (!due || (taken && waiting->item[i].processor != *processor_out)) {
            i++;
            continue;
        }
        *processor_out = waiting->item[i].processor;
        faults_out[taken++] = waiting->item[i].fault;
        drop(waiting, i);
    }
    return taken;
}

void humi_waiting_hurry(struct humi_waiting *waiting)
{
    for (unsigned i = 0; i < waiting->count; i++)
        if (waiting->item[i].due_ns == UINT64_MAX)
            waiting->item[i].due_ns = 0;
}

void humi_waiting_forget(struct humi_waiting *waiting, unsigned processor)
{
    for (unsigned i = 0; i < waiting->count;) {
        if (waiting->item[i].processor == processor)
            drop(waiting, i);
        else
            i++;
    }
}
