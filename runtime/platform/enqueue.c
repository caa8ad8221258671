/* SPDX-License-Identifier: MIT */
/* enqueue.c - see enqueue.h */
#include "platform/enqueue.h"

#include "platform/device.h"
#include "platform/platform.h"

cl_int humi_enqueue_check(cl_command_queue queue, const struct humi_wait *wait)
{
    if (!humi_is(queue, HUMI_KIND_QUEUE))
        return CL_INVALID_COMMAND_QUEUE;
    return humi_wait_check(queue->context, wait);
}

cl_int humi_enqueue_check_mem(cl_command_queue queue, cl_mem mem)
{
    if (!humi_is(mem, HUMI_KIND_MEM))
        return CL_INVALID_MEM_OBJECT;
    if (mem->context != queue->context)
        return CL_INVALID_CONTEXT;
    if (mem->parent && mem->origin % HUMI_ALIGN_BYTES)
        return CL_MISALIGNED_SUB_BUFFER_OFFSET;
    return CL_SUCCESS;
}

cl_int humi_enqueue_check_buffer(cl_command_queue queue, cl_mem mem)
{
    return humi_mem_is_buffer(mem) ? humi_enqueue_check_mem(queue, mem) : CL_INVALID_MEM_OBJECT;
}

cl_int humi_enqueue_check_host(cl_mem mem, bool writes)
{
    cl_mem_flags forbidden =
        CL_MEM_HOST_NO_ACCESS | (writes ? CL_MEM_HOST_READ_ONLY : CL_MEM_HOST_WRITE_ONLY);

    return mem->flags & forbidden ? CL_INVALID_OPERATION : CL_SUCCESS;
}

/* One page stands for its block, as blocks move whole, mostly. */
static void overwrite_block(char *start, size_t bytes, int processor)
{
    struct hum_page_info page;

    if (hum_query(humi_space(), start, HUM_PAGE_SIZE, &page, 1) != HUM_OK || !page.resident ||
        (page.resident & HUM_BIT(processor)))
        return;
    (void)!hum_discard(humi_space(), start, bytes, NULL);
}

void humi_enqueue_overwrite(char *start, size_t bytes, int processor)
{
    uintptr_t first = ((uintptr_t)start + HUM_PAGE_SIZE - 1) / HUM_PAGE_SIZE * HUM_PAGE_SIZE;
    uintptr_t end = ((uintptr_t)start + bytes) / HUM_PAGE_SIZE * HUM_PAGE_SIZE;

    while (first < end) {
        uintptr_t next = (first / HUM_BLOCK_SIZE + 1) * HUM_BLOCK_SIZE;

        if (next > end)
            next = end;
        overwrite_block(start + (first - (uintptr_t)start), next - first, processor);
        first = next;
    }
}
