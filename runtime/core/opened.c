/* SPDX-License-Identifier: MIT */
/* opened.c - the open spaces of this process. */
#include "core/opened.h"

#include <pthread.h>
#include <stddef.h>

#include "core/core.h"
#include "core/summary.h"

static pthread_mutex_t opened_lock = PTHREAD_MUTEX_INITIALIZER;
static struct hum *opened; /* linked by hum.next_opened, guarded by opened_lock */

void humi_opened_add(struct hum *hum)
{
    pthread_mutex_lock(&opened_lock);
    hum->next_opened = opened;
    opened = hum;
    pthread_mutex_unlock(&opened_lock);
}

bool humi_opened_remove(struct hum *hum)
{
    bool found = false;
    pthread_mutex_lock(&opened_lock);
    for (struct hum **at = &opened; *at && !found; at = &(*at)->next_opened) {
        if (*at != hum)
            continue;
        *at = hum->next_opened;
        found = true;
        break;
    }
    pthread_mutex_unlock(&opened_lock);
    return found;
}

/* The program ends without hum_close(): what it did is still told. */
__attribute__((destructor)) static void at_exit(void)
{
    if (!humi_summary_path())
        return;
    pthread_mutex_lock(&opened_lock);
    for (struct hum *hum = opened; hum; hum = hum->next_opened)
        humi_summary_write(hum, humi_summary_path());
    opened = NULL;
    pthread_mutex_unlock(&opened_lock);
}
