/* SPDX-License-Identifier: MIT */
/* callback.c - see callback.h */
#include "platform/callback.h"

#include <stdlib.h>

#include "platform/entries.h"
#include "platform/graph.h"

void humi_callbacks_due(struct _cl_event *event, struct humi_list *due)
{
    /* From the first state to the last, so that one event's are called in this order. */
    for (cl_int type = CL_SUBMITTED; type >= CL_COMPLETE && type >= event->status; type--) {
        humi_list_each_safe (link, &event->callbacks) {
            struct humi_callback *callback = humi_container_of(link, struct humi_callback, link);

            if (callback->type != type)
                continue;
            callback->status = event->status < 0 ? event->status : type;
            humi_list_remove(link);
            humi_list_push_back(due, link);
        }
    }
}

void humi_callbacks_tell(struct humi_list *due)
{
    struct humi_link *link;

    while ((link = humi_list_pop_front(due))) {
        struct humi_callback *callback = humi_container_of(link, struct humi_callback, link);

        callback->function(callback->event, callback->status, callback->data);
        humi_drop(&callback->event->object);
        free(callback);
    }
}

cl_int CL_API_CALL humi_clSetEventCallback(cl_event event, cl_int type,
                                           void(CL_CALLBACK *function)(cl_event, cl_int, void *),
                                           void *data)
{
    struct humi_callback *callback;

    if (!humi_is(event, HUMI_KIND_EVENT))
        return CL_INVALID_EVENT;
    if (!function || (type != CL_SUBMITTED && type != CL_RUNNING && type != CL_COMPLETE))
        return CL_INVALID_VALUE;
    callback = calloc(1, sizeof *callback);
    if (!callback)
        return CL_OUT_OF_HOST_MEMORY;
    humi_hold(&event->object);
    *callback =
        (struct humi_callback){.event = event, .type = type, .function = function, .data = data};
    humi_graph_enter(event->context);
    humi_list_push_back(&event->callbacks, &callback->link);
    humi_graph_tell(event);
    humi_graph_watch(event);
    humi_graph_leave(event->context);
    return CL_SUCCESS;
}
