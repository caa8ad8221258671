/* SPDX-License-Identifier: MIT */
/* object.c - see object.h */
#include "platform/object.h"

#include "base/check.h"
#include "platform/entries.h"

void humi_object_init(struct humi_object *object, enum humi_kind kind,
                      void (*destroy)(struct humi_object *object))
{
    object->dispatch = &humi_dispatch;
    object->kind = (uint32_t)kind;
    object->destroy = destroy;
    atomic_store(&object->references, 1);
    atomic_store(&object->holders, 1);
}

bool humi_is(const void *handle, enum humi_kind kind)
{
    return handle && ((const struct humi_object *)handle)->kind == (uint32_t)kind;
}

void humi_hold(struct humi_object *object)
{
    atomic_fetch_add(&object->holders, 1);
}

void humi_drop(struct humi_object *object)
{
    if (!object || atomic_fetch_sub(&object->holders, 1) != 1)
        return;
    object->kind = 0;
    object->destroy(object);
}

cl_int humi_retain(void *handle, enum humi_kind kind, cl_int error)
{
    struct humi_object *object = handle;

    if (!humi_is(handle, kind) || atomic_load(&object->references) == 0)
        return error;
    if (object->destroy)
        atomic_fetch_add(&object->references, 1);
    return CL_SUCCESS;
}

cl_int humi_release(void *handle, enum humi_kind kind, cl_int error)
{
    struct humi_object *object = handle;

    if (!humi_is(handle, kind) || atomic_load(&object->references) == 0)
        return error;
    if (object->destroy && atomic_fetch_sub(&object->references, 1) == 1)
        humi_drop(object);
    return CL_SUCCESS;
}
