/* SPDX-License-Identifier: MIT */
/* svm.c - see svm.h */
#include "platform/svm.h"

#include <stdio.h>
#include <stdlib.h>

#include "heap/heap.h"
#include "platform/device.h"
#include "platform/entries.h"
#include "platform/misuse.h"
#include "platform/platform.h"

/* Fine-grained system SVM. */
static bool find_in_heap(const char *pointer, size_t bytes, struct humi_svm *svm_out)
{
    *svm_out = (struct humi_svm){.flags = CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER |
                                          CL_MEM_SVM_ATOMICS};
    return humi_platform_shares_heap() &&
           hum_heap_find(pointer, &svm_out->start, &svm_out->bytes) &&
           bytes <= (size_t)(svm_out->start + svm_out->bytes - pointer);
}

bool humi_svm_find(cl_context context, const void *pointer, size_t bytes, struct humi_svm *svm_out)
{
    const char *start = pointer;
    bool found = false;

    pthread_mutex_lock(&context->svm_lock);
    humi_list_each (link, &context->svm) {
        struct humi_svm *svm = humi_container_of(link, struct humi_svm, link);

        if (start < svm->start || start >= svm->start + svm->bytes ||
            bytes > (size_t)(svm->start + svm->bytes - start))
            continue;
        *svm_out = *svm;
        found = true;
        break;
    }
    pthread_mutex_unlock(&context->svm_lock);
    return found || find_in_heap(start, bytes, svm_out);
}

static bool flags_are_valid(cl_svm_mem_flags flags)
{
    const cl_svm_mem_flags access = CL_MEM_READ_WRITE | CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY;
    const cl_svm_mem_flags known = access | CL_MEM_SVM_FINE_GRAIN_BUFFER | CL_MEM_SVM_ATOMICS;
    cl_svm_mem_flags one = flags & access;

    if ((flags & ~known) || (one & (one - 1)))
        return false;
    return !(flags & CL_MEM_SVM_ATOMICS) || (flags & CL_MEM_SVM_FINE_GRAIN_BUFFER);
}

/* What the flags ask for, one device at least has to be able to. */
static bool is_supported(cl_context context, cl_svm_mem_flags flags)
{
    cl_device_svm_capabilities wanted = CL_DEVICE_SVM_COARSE_GRAIN_BUFFER;

    if (flags & CL_MEM_SVM_FINE_GRAIN_BUFFER)
        wanted |= CL_DEVICE_SVM_FINE_GRAIN_BUFFER;
    if (flags & CL_MEM_SVM_ATOMICS)
        wanted |= CL_DEVICE_SVM_ATOMICS;
    for (unsigned i = 0; i < context->device_count; i++)
        if ((humi_device_svm(context->devices[i]) & wanted) == wanted)
            return true;
    return false;
}

static bool is_too_large(cl_context context, size_t bytes)
{
    for (unsigned i = 0; i < context->device_count; i++)
        if (humi_device_refuses(context->devices[i], bytes))
            return true;
    return false;
}

void *CL_API_CALL humi_clSVMAlloc(cl_context context, cl_svm_mem_flags flags, size_t bytes,
                                  cl_uint alignment)
{
    static atomic_uint number;
    struct humi_svm *svm;
    char name[32];
    void *start;

    if (!humi_is(context, HUMI_KIND_CONTEXT) || !flags_are_valid(flags) || !bytes ||
        !is_supported(context, flags) || is_too_large(context, bytes))
        return NULL;
    if ((alignment & (alignment - 1)) || alignment > HUMI_ALIGN_BYTES)
        return NULL;
    svm = calloc(1, sizeof *svm);
    if (!svm || hum_alloc(humi_space(), bytes, 0, &start) != HUM_OK) {
        free(svm);
        return NULL;
    }
    snprintf(name, sizeof name, "svm %u", atomic_fetch_add(&number, 1));
    (void)!hum_name(humi_space(), start, name);
    if (humi_misuse_is_sought())
        humi_misuse_made(context, start, bytes, false, flags);
    svm->start = start;
    svm->bytes = bytes;
    svm->flags = flags;
    pthread_mutex_lock(&context->svm_lock);
    humi_list_push_back(&context->svm, &svm->link);
    pthread_mutex_unlock(&context->svm_lock);
    return start;
}

void humi_svm_free(cl_context context, void *pointer)
{
    struct humi_svm *found = NULL;

    pthread_mutex_lock(&context->svm_lock);
    humi_list_each (link, &context->svm) {
        struct humi_svm *svm = humi_container_of(link, struct humi_svm, link);

        if (svm->start == pointer) {
            found = svm;
            break;
        }
    }
    if (found)
        humi_list_remove(&found->link);
    pthread_mutex_unlock(&context->svm_lock);
    if (found && humi_misuse_is_sought())
        humi_misuse_gone("clSVMFree", found->start);
    if (found)
        (void)hum_free(humi_space(), found->start);
    free(found);
}

void humi_svm_free_all(cl_context context)
{
    while (!humi_list_is_empty(&context->svm))
        humi_svm_free(
            context,
            humi_container_of(humi_list_first(&context->svm), struct humi_svm, link)->start);
}

void CL_API_CALL humi_clSVMFree(cl_context context, void *pointer)
{
    if (humi_is(context, HUMI_KIND_CONTEXT) && pointer)
        humi_svm_free(context, pointer);
}
