/* SPDX-License-Identifier: MIT */
/* opened.c - the open spaces of this process. */
#include "core/opened.h"

#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

#include "core/accesses.h"
#include "core/core.h"
#include "core/record.h"
#include "core/summary.h"

static pthread_mutex_t opened_lock = PTHREAD_MUTEX_INITIALIZER;
static struct hum *opened; /* linked by hum.next_opened, guarded by opened_lock */
static pid_t opened_by;    /* the process that opened the last of them; guarded by opened_lock */

void humi_opened_add(struct hum *hum)
{
    pthread_mutex_lock(&opened_lock);
    hum->next_opened = opened;
    opened = hum;
    opened_by = getpid();
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

static void tell_all(struct hum *hum)
{
    if (humi_summary_path())
        humi_summary_write(hum, humi_summary_path());
    if (!hum->recorder.file)
        return;
    humi_accesses_exit(hum->accesses);
    humi_record_end(hum);
}

/*
 * The program ends without hum_close(): what it did is still told, and its trace is complete.  A
 * child that fork() made has the list, but neither the threads nor a share in the files.
 */
__attribute__((destructor)) static void at_exit(void)
{
    if (opened_by != getpid())
        return;
    pthread_mutex_lock(&opened_lock);
    for (struct hum *hum = opened; hum; hum = hum->next_opened)
        tell_all(hum);
    opened = NULL;
    pthread_mutex_unlock(&opened_lock);
}
