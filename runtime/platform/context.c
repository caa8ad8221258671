/* SPDX-License-Identifier: MIT */
/* context.c - see context.h */
#include "platform/context.h"

#include <stdlib.h>
#include <string.h>

#include "platform/answer.h"
#include "platform/device.h"
#include "platform/entries.h"
#include "platform/error.h"
#include "platform/misuse.h"
#include "platform/platform.h"
#include "platform/svm.h"
#include "platform/usm.h"

struct humi_context_callback {
    struct humi_context_callback *next;
    void(CL_CALLBACK *function)(cl_context context, void *data);
    void *data;
};

bool humi_context_has(const struct _cl_context *context, cl_device_id device)
{
    for (unsigned i = 0; i < context->device_count; i++)
        if (context->devices[i] == device)
            return true;
    return false;
}

void humi_context_notify(const struct _cl_context *context, const char *text)
{
    if (context->notify)
        context->notify(text, NULL, 0, context->notify_data);
}

static void destroy(struct humi_object *object)
{
    struct _cl_context *context = (struct _cl_context *)object;
    struct humi_context_callback *callback;

    while ((callback = context->callbacks)) {
        context->callbacks = callback->next;
        callback->function(context, callback->data);
        free(callback);
    }
    if (humi_misuse_is_sought())
        humi_misuse_context_gone(context);
    humi_svm_free_all(context);
    humi_usm_free_all(context);
    pthread_mutex_destroy(&context->lock);
    pthread_cond_destroy(&context->changed);
    pthread_mutex_destroy(&context->svm_lock);
    free(context->properties);
    free(context);
}

/* ---- creating -------------------------------------------------------------------------------- */

static cl_int check_properties(const cl_context_properties *properties, size_t *count_out)
{
    const cl_context_properties *at = properties;
    bool has_platform = false, has_sync = false;

    *count_out = 0;
    if (!properties)
        return CL_SUCCESS;
    for (; *at; at += 2) {
        bool *has = *at == CL_CONTEXT_PLATFORM            ? &has_platform
                    : *at == CL_CONTEXT_INTEROP_USER_SYNC ? &has_sync
                                                          : NULL;

        if (!has || *has)
            return CL_INVALID_PROPERTY;
        if (has == &has_platform && at[1] != (cl_context_properties)&humi_platform)
            return CL_INVALID_PLATFORM;
        if (has == &has_sync && at[1] != CL_TRUE && at[1] != CL_FALSE)
            return CL_INVALID_PROPERTY;
        *has = true;
    }
    *count_out = (size_t)(at - properties) + 1;
    return CL_SUCCESS;
}

static cl_int add_devices(struct _cl_context *context, cl_uint count, const cl_device_id *devices)
{
    for (cl_uint i = 0; i < count; i++) {
        if (!humi_is(devices[i], HUMI_KIND_DEVICE))
            return CL_INVALID_DEVICE;
        if (!humi_context_has(context, devices[i]))
            context->devices[context->device_count++] = devices[i];
    }
    return CL_SUCCESS;
}

static cl_int copy_properties(struct _cl_context *context, const cl_context_properties *properties)
{
    size_t bytes = context->property_count * sizeof *properties;

    if (!bytes)
        return CL_SUCCESS;
    context->properties = malloc(bytes);
    if (!context->properties)
        return CL_OUT_OF_HOST_MEMORY;
    memcpy(context->properties, properties, bytes);
    return CL_SUCCESS;
}

static struct _cl_context *allocate(void)
{
    struct _cl_context *context = calloc(1, sizeof *context);

    if (!context)
        return NULL;
    humi_object_init(&context->object, HUMI_KIND_CONTEXT, destroy);
    pthread_mutex_init(&context->lock, NULL);
    pthread_cond_init(&context->changed, NULL);
    pthread_mutex_init(&context->svm_lock, NULL);
    humi_list_init(&context->ready);
    humi_list_init(&context->ended);
    humi_list_init(&context->due);
    humi_list_init(&context->queues);
    humi_list_init(&context->svm);
    humi_list_init(&context->usm);
    return context;
}

cl_context CL_API_CALL humi_clCreateContext(const cl_context_properties *properties, cl_uint count,
                                            const cl_device_id *devices,
                                            void(CL_CALLBACK *notify)(const char *, const void *,
                                                                      size_t, void *),
                                            void *data, cl_int *error_out)
{
    struct _cl_context *context = NULL;
    size_t property_count;
    cl_int error = check_properties(properties, &property_count);

    if (error == CL_SUCCESS && (!devices || !count || (!notify && data)))
        error = CL_INVALID_VALUE;
    if (error == CL_SUCCESS && !(context = allocate()))
        error = CL_OUT_OF_HOST_MEMORY;
    if (error == CL_SUCCESS) {
        context->property_count = property_count;
        context->notify = notify;
        context->notify_data = data;
        error = add_devices(context, count, devices);
    }
    if (error == CL_SUCCESS)
        error = copy_properties(context, properties);
    humi_error_tell(error_out, error);
    if (error == CL_SUCCESS)
        return context;
    humi_drop(context ? &context->object : NULL);
    return NULL;
}

cl_context CL_API_CALL
humi_clCreateContextFromType(const cl_context_properties *properties, cl_device_type type,
                             void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *),
                             void *data, cl_int *error_out)
{
    cl_device_id devices[HUM_DEVICES_MAX];
    size_t property_count;
    cl_uint count = 0;
    cl_int error = check_properties(properties, &property_count);

    if (error == CL_SUCCESS && !notify && data)
        error = CL_INVALID_VALUE;
    if (error == CL_SUCCESS)
        error = humi_clGetDeviceIDs(&humi_platform, type, HUM_DEVICES_MAX, devices, &count);
    if (error != CL_SUCCESS) {
        humi_error_tell(error_out, error);
        return NULL;
    }
    return humi_clCreateContext(properties, count, devices, notify, data, error_out);
}

/* ---- the rest -------------------------------------------------------------------------------- */

cl_int CL_API_CALL humi_clRetainContext(cl_context context)
{
    return humi_retain(context, HUMI_KIND_CONTEXT, CL_INVALID_CONTEXT);
}

cl_int CL_API_CALL humi_clReleaseContext(cl_context context)
{
    return humi_release(context, HUMI_KIND_CONTEXT, CL_INVALID_CONTEXT);
}

cl_int CL_API_CALL humi_clGetContextInfo(cl_context context, cl_context_info what, size_t room,
                                         void *value, size_t *size_out)
{
    const struct humi_answer answer = {room, value, size_out};

    if (!humi_is(context, HUMI_KIND_CONTEXT))
        return CL_INVALID_CONTEXT;
    switch (what) {
    case CL_CONTEXT_REFERENCE_COUNT:
        return HUMI_ANSWER(&answer, cl_uint, atomic_load(&context->object.references));
    case CL_CONTEXT_NUM_DEVICES:
        return HUMI_ANSWER(&answer, cl_uint, context->device_count);
    case CL_CONTEXT_DEVICES:
        return humi_answer(&answer, context->devices,
                           context->device_count * sizeof context->devices[0]);
    case CL_CONTEXT_PROPERTIES:
        return humi_answer(&answer, context->properties,
                           context->property_count * sizeof context->properties[0]);
    default:
        return CL_INVALID_VALUE;
    }
}

cl_int CL_API_CALL humi_clSetContextDestructorCallback(
    cl_context context, void(CL_CALLBACK *function)(cl_context, void *), void *data)
{
    struct humi_context_callback *callback;

    if (!humi_is(context, HUMI_KIND_CONTEXT))
        return CL_INVALID_CONTEXT;
    if (!function)
        return CL_INVALID_VALUE;
    callback = malloc(sizeof *callback);
    if (!callback)
        return CL_OUT_OF_HOST_MEMORY;
    callback->function = function;
    callback->data = data;
    pthread_mutex_lock(&context->svm_lock);
    callback->next = context->callbacks;
    context->callbacks = callback;
    pthread_mutex_unlock(&context->svm_lock);
    return CL_SUCCESS;
}
