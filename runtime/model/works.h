/* SPDX-License-Identifier: MIT */
/*
 * works.h - what streams do in order: launches, and calls that the program put on them.
 *
 * Threads and ownership: as simulation.h.
 */
#ifndef HUMI_MODEL_WORKS_H
#define HUMI_MODEL_WORKS_H

#include "model/simulation.h"

/* The agent puts a launch, or a call with its last record, on its stream; begins what may begin. */
void humi_works_queue_launch(struct humi_simulation *sim, struct humi_agent *agent,
                             uint64_t number);
void humi_works_queue_call(struct humi_simulation *sim, struct humi_agent *agent, size_t record);

/* The launch's last agent has ended. */
void humi_works_end_launch(struct humi_simulation *sim, struct humi_work_item *launch, double ns);

/* What is behind works that have ended in their streams begins. */
void humi_works_begin(struct humi_simulation *sim);

/* Records of the script as the program gave them; when what they ask for is done. */
double humi_works_replay(struct humi_simulation *sim, size_t first, size_t last, double ns);

#endif
