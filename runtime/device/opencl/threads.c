/* SPDX-License-Identifier: MIT */
/* threads.c - see threads.h */
#include "device/opencl/threads.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* a leaf */
static struct humi_opencl_threads known;

static bool has(const struct humi_opencl_threads *threads, int tid)
{
    for (unsigned i = 0; i < threads->count; i++)
        if (threads->tid[i] == tid)
            return true;
    return false;
}

static void add(struct humi_opencl_threads *threads, int tid)
{
    if (threads->count < HUMI_OPENCL_THREADS_MAX && !has(threads, tid))
        threads->tid[threads->count++] = tid;
}

void humi_opencl_threads_list(struct humi_opencl_threads *out)
{
    DIR *folder = opendir("/proc/self/task");
    const struct dirent *entry;

    out->count = 0;
    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            add(out, atoi(entry->d_name));
    if (folder)
        closedir(folder);
}

void humi_opencl_threads_learn(const struct humi_opencl_threads *before)
{
    struct humi_opencl_threads now;

    humi_opencl_threads_list(&now);
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < now.count; i++)
        if (!has(before, now.tid[i]))
            add(&known, now.tid[i]);
    pthread_mutex_unlock(&lock);
}

bool humi_opencl_threads_has(int tid)
{
    pthread_mutex_lock(&lock);
    bool found = has(&known, tid);
    pthread_mutex_unlock(&lock);
    return found;
}
