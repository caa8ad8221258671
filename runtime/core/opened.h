/* SPDX-License-Identifier: MIT */
/*
 * opened.h - which spaces this process has open, so that one that is never closed still leaves its
 * summary and a whole trace when the program exits.
 * Threads: a lock of its own, held for no call but those at exit.
 */
#ifndef HUMI_CORE_OPENED_H
#define HUMI_CORE_OPENED_H

#include <stdbool.h>

struct hum;

void humi_opened_add(struct hum *hum);

/* False: it was not there (opening failed half-way). */
bool humi_opened_remove(struct hum *hum);

#endif
