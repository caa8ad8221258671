/* SPDX-License-Identifier: MIT */
/*
 * crew.c - kernels in the host process: the same shared object, the same number of threads.
 *
 * The threads are there before the clock starts and sleep on a futex between runs, as the workers
 * of a device do.
 */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "marks/folder.h"
#include "marks/world.h"

struct crew {
    pthread_mutex_t lock;
    pthread_cond_t start, done;
    unsigned threads; /* fixed once created */
    unsigned running;
    unsigned long run; /* number of the run at hand; guarded by lock, as all below */
    bool leave;
    const struct hum_kernel_entry *kernel;
    const void *args;
    struct member {
        struct crew *crew;
        unsigned part;
        pthread_t thread;
    } member[];
};

static void *member_main(void *arg)
{
    struct member *m = arg;
    struct crew *crew = m->crew;
    unsigned long seen = 0;

    pthread_mutex_lock(&crew->lock);
    for (;;) {
        struct hum_place place = {.part = m->part};

        while (crew->run == seen && !crew->leave)
            pthread_cond_wait(&crew->start, &crew->lock);
        if (crew->leave)
            break;
        seen = crew->run;
        place.parts = crew->threads;
        pthread_mutex_unlock(&crew->lock);
        crew->kernel->run(crew->args, &place);
        pthread_mutex_lock(&crew->lock);
        if (--crew->running == 0)
            pthread_cond_signal(&crew->done);
    }
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

struct crew *crew_create(unsigned threads)
{
    struct crew *crew = calloc(1, sizeof(*crew) + threads * sizeof(crew->member[0]));

    if (!crew)
        return NULL;
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->start, NULL);
    pthread_cond_init(&crew->done, NULL);
    for (; crew->threads < threads; crew->threads++) {
        struct member *m = &crew->member[crew->threads];

        m->crew = crew;
        m->part = crew->threads;
        if (pthread_create(&m->thread, NULL, member_main, m) != 0) {
            crew_destroy(crew);
            return NULL;
        }
    }
    return crew;
}

void crew_destroy(struct crew *crew)
{
    if (!crew)
        return;
    pthread_mutex_lock(&crew->lock);
    crew->leave = true;
    pthread_cond_broadcast(&crew->start);
    pthread_mutex_unlock(&crew->lock);
    for (unsigned i = 0; i < crew->threads; i++)
        pthread_join(crew->member[i].thread, NULL);
    pthread_cond_destroy(&crew->done);
    pthread_cond_destroy(&crew->start);
    pthread_mutex_destroy(&crew->lock);
    free(crew);
}

void crew_run(struct crew *crew, const struct hum_kernel_entry *kernel, const void *args)
{
    pthread_mutex_lock(&crew->lock);
    crew->kernel = kernel;
    crew->args = args;
    crew->running = crew->threads;
    crew->run++;
    pthread_cond_broadcast(&crew->start);
    while (crew->running > 0)
        pthread_cond_wait(&crew->done, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
}

const struct hum_kernel_entry *native_kernel(const char *module, const char *kernel)
{
    char path[PATH_MAX], symbol[128];
    void *handle;

    if (!folder_of_module(module, path, sizeof(path)))
        return NULL;
    handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return NULL;
    snprintf(symbol, sizeof(symbol), "hum_kernel_%s", kernel);
    return dlsym(handle, symbol);
}
