/* SPDX-License-Identifier: MIT */
/*
 * svm.h - shared virtual memory: a region each, known to its context.
 *
 * All kinds of SVM are the same here: every byte of the space is at one address everywhere, and
 * coherent.  What the specification lets a program do with each kind is checked all the same, and
 * of a device that cannot fault only what such a device can do is told (humi_device_svm()).
 * There may be more of it than a device has memory, as of buffers, but for a strict device.
 *
 * Threads: any; the list of a context has a lock of its own.
 */
#ifndef HUMI_PLATFORM_SVM_H
#define HUMI_PLATFORM_SVM_H

#include "platform/graph.h"

struct humi_svm {
    struct humi_link link; /* of context->svm */
    char *start;
    size_t bytes;
    cl_svm_mem_flags flags;
};

/* A copy of the allocation that holds [pointer, pointer + bytes), or of one that is made of the
 * program's own block, where its heap is shared; false: there is none. */
bool humi_svm_find(cl_context context, const void *pointer, size_t bytes, struct humi_svm *svm_out);

/* Forget and free the allocation that starts there; nothing if there is none. */
void humi_svm_free(cl_context context, void *pointer);
/* What is left when its context ends. */
void humi_svm_free_all(cl_context context);

/* From anywhere to anywhere, as the program gave it. */
struct humi_svm_copy {
    void *to;
    const void *from;
    size_t bytes;
};

/* Check everything, and enqueue the copy. */
cl_int humi_svm_copy(cl_command_queue queue, cl_command_type type, const struct humi_svm_copy *what,
                     struct humi_submit how);

#endif
