/* SPDX-License-Identifier: MIT */
/*
 * cupti.c - the double of CUPTI: the functions of cupti_abi.h, over the records that uvm.c makes.
 *
 * It lies in the double of the driver, so HUM_CUPTI_LIBRARY names the same file.  Buffers are
 * delivered when they are flushed, and, but for the option cupti_early=0, when there are many
 * records.
 */
#include <stdatomic.h>
#include <string.h>

#include "support/cuda_double/double.h"
#include "support/cuda_double/uvm.h"

#define CUPTI_PROTOTYPE(symbol, parameters)                                                        \
    CUDA_DOUBLE_API enum humi_cupti_result symbol parameters;
HUMI_CUPTI_FUNCTIONS(CUPTI_PROTOTYPE)

/*
 * Buffers are also delivered by the thread that answers faults, which may wait for nobody who waits
 * for a kernel: so what it needs has no lock, and neither have the calls that callbacks make.
 */
static struct {
    humi_cupti_request *request;
    humi_cupti_complete *complete;
    _Atomic uint32_t counters;    /* bit: kind that was configured */
    _Atomic uint64_t dropped;
} cupti;

/* A call that was told to fail does so with the code of the option. */
#define ENTER_CUPTI(symbol)                                                                        \
    do {                                                                                           \
        enum humi_cu_result entered = enter(#symbol, false);                                       \
        if (entered)                                                                               \
            return (enum humi_cupti_result)entered;                                                \
    } while (0)
#define RETURN_CUPTI(result)                                                                       \
    do {                                                                                           \
        enum humi_cupti_result returned = (result);                                                \
        pthread_mutex_unlock(&world.lock);                                                         \
        return returned;                                                                           \
    } while (0)

void cupti_reset(void)
{
    atomic_store(&cupti.counters, 0);
    atomic_store(&cupti.dropped, 0);
}

enum humi_cupti_result cuptiGetVersion(uint32_t *version)
{
    ENTER_CUPTI(cuptiGetVersion);
    if (!version)
        RETURN_CUPTI(HUMI_CUPTI_ERROR_INVALID_PARAMETER);
    *version = 130000;
    RETURN_CUPTI(HUMI_CUPTI_SUCCESS);
}

enum humi_cupti_result cuptiGetResultString(enum humi_cupti_result result, const char **text)
{
    if (!text)
        return HUMI_CUPTI_ERROR_INVALID_PARAMETER;
    switch (result) {
#define RESULT_CASE(name, value)                                                                   \
    case HUMI_##name:                                                                              \
        *text = #name;                                                                             \
        return HUMI_CUPTI_SUCCESS;
        HUMI_CUPTI_RESULTS(RESULT_CASE)
    }
    return HUMI_CUPTI_ERROR_INVALID_PARAMETER;
}

enum humi_cupti_result cuptiGetTimestamp(uint64_t *ns)
{
    ENTER_CUPTI(cuptiGetTimestamp);
    if (!ns)
        RETURN_CUPTI(HUMI_CUPTI_ERROR_INVALID_PARAMETER);
    *ns = uvm_clock_ns();
    RETURN_CUPTI(HUMI_CUPTI_SUCCESS);
}

enum humi_cupti_result cuptiActivityRegisterCallbacks(humi_cupti_request *request,
                                                      humi_cupti_complete *complete)
{
    ENTER_CUPTI(cuptiActivityRegisterCallbacks);
    if (!request || !complete)
        RETURN_CUPTI(HUMI_CUPTI_ERROR_INVALID_PARAMETER);
    cupti.request = request;
    cupti.complete = complete;
    RETURN_CUPTI(HUMI_CUPTI_SUCCESS);
}

enum humi_cupti_result cuptiActivityConfigureUnifiedMemoryCounter(struct humi_cupti_config *configs,
                                                                  uint32_t count)
{
    ENTER_CUPTI(cuptiActivityConfigureUnifiedMemoryCounter);
    if (!world.initialised)
        RETURN_CUPTI(HUMI_CUPTI_ERROR_NOT_INITIALIZED);
    if (!world.options.cupti || !world.options.concurrent)
        RETURN_CUPTI(HUMI_CUPTI_ERROR_UM_PROFILING_NOT_SUPPORTED);
    if (!configs)
        RETURN_CUPTI(HUMI_CUPTI_ERROR_INVALID_PARAMETER);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t kind = configs[i].kind;
        if (kind < 1 || kind > 8 || configs[i].scope == 0)
            RETURN_CUPTI(HUMI_CUPTI_ERROR_INVALID_PARAMETER);
        if (configs[i].enable)
            atomic_fetch_or(&cupti.counters, 1u << kind);
        else
            atomic_fetch_and(&cupti.counters, ~(1u << kind));
    }
    RETURN_CUPTI(HUMI_CUPTI_SUCCESS);
}

enum humi_cupti_result cuptiActivityEnable(enum humi_cupti_activity kind)
{
    ENTER_CUPTI(cuptiActivityEnable);
    if (kind != HUMI_CUPTI_ACTIVITY_KIND_UNIFIED_MEMORY_COUNTER)
        RETURN_CUPTI(HUMI_CUPTI_ERROR_INVALID_KIND);
    uvm_record(true);
    RETURN_CUPTI(HUMI_CUPTI_SUCCESS);
}

enum humi_cupti_result cuptiActivityDisable(enum humi_cupti_activity kind)
{
    ENTER_CUPTI(cuptiActivityDisable);
    if (kind != HUMI_CUPTI_ACTIVITY_KIND_UNIFIED_MEMORY_COUNTER)
        RETURN_CUPTI(HUMI_CUPTI_ERROR_INVALID_KIND);
    uvm_record(false);
    RETURN_CUPTI(HUMI_CUPTI_SUCCESS);
}

/* Records whose kind nobody configured are left out.  False: there are no more. */
static bool fill(struct humi_cupti_record *records, size_t room, size_t *kept_out)
{
    uint64_t dropped = 0;
    size_t n = uvm_take(records, (unsigned)room, &dropped), kept = 0;

    atomic_fetch_add(&cupti.dropped, dropped);
    for (size_t i = 0; i < n; i++)
        if (atomic_load(&cupti.counters) >> records[i].counterKind & 1)
            records[kept++] = records[i];
    *kept_out = kept;
    return n != 0;
}

/* Without a buffer what there is is lost. */
static void lose(void)
{
    struct humi_cupti_record record;
    uint64_t dropped = 0;

    while (uvm_take(&record, 1, &dropped))
        dropped++;
    atomic_fetch_add(&cupti.dropped, dropped);
}

void cupti_deliver(void)
{
    bool more = cupti.request != NULL;

    while (more) {
        uint8_t *buffer = NULL;
        size_t bytes = 0, most = 0, kept = 0;
        cupti.request(&buffer, &bytes, &most);
        size_t room = buffer ? bytes / sizeof(struct humi_cupti_record) : 0;
        if (room == 0) {
            lose();
            return;
        }
        room = most && most < room ? most : room;
        more = fill((struct humi_cupti_record *)(void *)buffer, room, &kept);
        cupti.complete(NULL, 0, buffer, bytes, kept * sizeof(struct humi_cupti_record));
    }
}

enum humi_cupti_result cuptiActivityFlushAll(uint32_t flag)
{
    (void)flag; /* every record is complete */
    ENTER_CUPTI(cuptiActivityFlushAll);
    if (!cupti.request)
        RETURN_CUPTI(HUMI_CUPTI_ERROR_INVALID_OPERATION);
    pthread_mutex_unlock(&world.lock);
    cupti_deliver();
    return HUMI_CUPTI_SUCCESS;
}

enum humi_cupti_result cuptiActivityGetNextRecord(uint8_t *buffer, size_t valid_bytes,
                                                  struct humi_cupti_record **record)
{
    if (!buffer || !record)
        return HUMI_CUPTI_ERROR_INVALID_PARAMETER;
    uint8_t *next = *record ? (uint8_t *)(*record + 1) : buffer;
    if (next + sizeof(**record) > buffer + valid_bytes)
        return HUMI_CUPTI_ERROR_MAX_LIMIT_REACHED;
    *record = (struct humi_cupti_record *)(void *)next;
    return HUMI_CUPTI_SUCCESS;
}

enum humi_cupti_result cuptiActivityGetNumDroppedRecords(struct CUctx_st *context, uint32_t stream,
                                                         size_t *dropped)
{
    (void)context;
    (void)stream;
    if (!dropped)
        return HUMI_CUPTI_ERROR_INVALID_PARAMETER;
    *dropped = atomic_exchange(&cupti.dropped, 0);
    return HUMI_CUPTI_SUCCESS;
}
