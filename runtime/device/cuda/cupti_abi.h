/* SPDX-License-Identifier: MIT */
/*
 * cupti_abi.h - the part of CUPTI that hum uses, in our own words: records of unified memory.
 *
 * CUPTI is NVIDIA's library for tools; it is found at run time like the driver (abi.h says how such
 * declarations are made and compared).  tests/unit/device/cuda compares them with cupti.h where it
 * is installed.
 */
#ifndef HUMI_DEVICE_CUDA_CUPTI_ABI_H
#define HUMI_DEVICE_CUDA_CUPTI_ABI_H

#include <stddef.h>
#include <stdint.h>

#include "device/cuda/functions.h"

#define HUMI_CUPTI_RESULTS(X)                                                                      \
    X(CUPTI_SUCCESS, 0)                                                                            \
    X(CUPTI_ERROR_INVALID_PARAMETER, 1)                                                            \
    X(CUPTI_ERROR_INVALID_OPERATION, 7)                                                            \
    X(CUPTI_ERROR_MAX_LIMIT_REACHED, 12)                                                           \
    X(CUPTI_ERROR_NOT_INITIALIZED, 15)                                                             \
    X(CUPTI_ERROR_INVALID_KIND, 21)                                                                \
    X(CUPTI_ERROR_UM_PROFILING_NOT_SUPPORTED, 28)                                                  \
    X(CUPTI_ERROR_UM_PROFILING_NOT_SUPPORTED_ON_DEVICE, 29)                                        \
    X(CUPTI_ERROR_INSUFFICIENT_PRIVILEGES, 35)                                                     \
    X(CUPTI_ERROR_UNKNOWN, 999)

#define HUMI_CUPTI_ACTIVITIES(X) X(CUPTI_ACTIVITY_KIND_UNIFIED_MEMORY_COUNTER, 25)

#define HUMI_CUPTI_SCOPES(X) X(CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_SCOPE_PROCESS_ALL_DEVICES, 2)

#define HUMI_CUPTI_COUNTERS(X)                                                                     \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_BYTES_TRANSFER_HTOD, 1)                           \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_BYTES_TRANSFER_DTOH, 2)                           \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_CPU_PAGE_FAULT_COUNT, 3)                          \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_GPU_PAGE_FAULT, 4)                                \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_THRASHING, 5)                                     \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_THROTTLING, 6)                                    \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_REMOTE_MAP, 7)                                    \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_BYTES_TRANSFER_DTOD, 8)

#define HUMI_CUPTI_ACCESSES(X)                                                                     \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_ACCESS_TYPE_UNKNOWN, 0)                                        \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_ACCESS_TYPE_READ, 1)                                           \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_ACCESS_TYPE_WRITE, 2)                                          \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_ACCESS_TYPE_ATOMIC, 3)                                         \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_ACCESS_TYPE_PREFETCH, 4)

/* X(name, value, hum's cause of a move to a device, of one to the host). */
#define HUMI_CUPTI_MIGRATIONS(X)                                                                   \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_MIGRATION_CAUSE_UNKNOWN, 0, HUM_CAUSE_DEVICE_FAULT,            \
      HUM_CAUSE_HOST_FAULT)                                                                        \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_MIGRATION_CAUSE_USER, 1, HUM_CAUSE_PREFETCH_USER,              \
      HUM_CAUSE_PREFETCH_USER)                                                                     \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_MIGRATION_CAUSE_COHERENCE, 2, HUM_CAUSE_DEVICE_FAULT,          \
      HUM_CAUSE_HOST_FAULT)                                                                        \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_MIGRATION_CAUSE_PREFETCH, 3, HUM_CAUSE_PREFETCH_POLICY,        \
      HUM_CAUSE_PREFETCH_POLICY)                                                                   \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_MIGRATION_CAUSE_EVICTION, 4, HUM_CAUSE_EVICTION,               \
      HUM_CAUSE_EVICTION)                                                                          \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_MIGRATION_CAUSE_ACCESS_COUNTERS, 5, HUM_CAUSE_PREFETCH_POLICY, \
      HUM_CAUSE_PREFETCH_POLICY)

#define HUMI_CUPTI_REMOTE_MAPS(X)                                                                  \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_REMOTE_MAP_CAUSE_UNKNOWN, 0)                                   \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_REMOTE_MAP_CAUSE_COHERENCE, 1)                                 \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_REMOTE_MAP_CAUSE_THRASHING, 2)                                 \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_REMOTE_MAP_CAUSE_POLICY, 3)                                    \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_REMOTE_MAP_CAUSE_OUT_OF_MEMORY, 4)                             \
    X(CUPTI_ACTIVITY_UNIFIED_MEMORY_REMOTE_MAP_CAUSE_EVICTION, 5)

#define HUMI_CUPTI_FLAGS(X)                                                                        \
    X(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED, 1)                                                         \
    X(CUPTI_ACTIVITY_FLAG_THRASHING_IN_CPU, 1)                                                     \
    X(CUPTI_ACTIVITY_FLAG_THROTTLING_IN_CPU, 1)

#define HUMI_CUPTI_CAUSE_ENUM(name, value, to_device, to_host) HUMI_##name = value,

enum humi_cupti_result { HUMI_CUPTI_RESULTS(HUMI_CU_ENUM) };
enum humi_cupti_activity { HUMI_CUPTI_ACTIVITIES(HUMI_CU_ENUM) };
enum humi_cupti_scope { HUMI_CUPTI_SCOPES(HUMI_CU_ENUM) };
enum humi_cupti_counter { HUMI_CUPTI_COUNTERS(HUMI_CU_ENUM) };
enum humi_cupti_access { HUMI_CUPTI_ACCESSES(HUMI_CU_ENUM) };
enum humi_cupti_migration { HUMI_CUPTI_MIGRATIONS(HUMI_CUPTI_CAUSE_ENUM) };
enum humi_cupti_remote_map { HUMI_CUPTI_REMOTE_MAPS(HUMI_CU_ENUM) };
enum humi_cupti_flag { HUMI_CUPTI_FLAGS(HUMI_CU_ENUM) };

#define HUMI_CUPTI_CPU 0xffffffffu /* CUPTI_UNIFIED_MEMORY_CPU_DEVICE_ID */

struct humi_cupti_config {
    enum humi_cupti_scope scope;
    enum humi_cupti_counter kind;
    uint32_t deviceId;
    uint32_t enable;
} __attribute__((packed, aligned(8)));

/*
 * What CUDA 8 to 13 have in common of a record: CUpti_ActivityUnifiedMemoryCounter2, and the start
 * of ...Counter3.  Members carry NVIDIA's names.
 */
struct humi_cupti_record {
    enum humi_cupti_activity kind;
    enum humi_cupti_counter counterKind;
    uint64_t value;             /* bytes; of faults: groups, or the host's program counter */
    uint64_t start, end;        /* ns of cuptiGetTimestamp() */
    uint64_t address;
    uint32_t srcId, dstId;
    uint32_t streamId;
    uint32_t processId;
    uint32_t flags;             /* access, cause, or enum humi_cupti_flag */
    uint32_t pad;
} __attribute__((packed, aligned(8)));

typedef void humi_cupti_request(uint8_t **buffer, size_t *bytes, size_t *records_max);
typedef void humi_cupti_complete(struct CUctx_st *context, uint32_t stream, uint8_t *buffer,
                                 size_t bytes, size_t valid_bytes);

/* X(symbol, parameters); all are required and return enum humi_cupti_result. */
#define HUMI_CUPTI_FUNCTIONS(X)                                                                    \
    X(cuptiGetVersion, (uint32_t *version))                                                        \
    X(cuptiGetResultString, (enum humi_cupti_result result, const char **text))                    \
    X(cuptiGetTimestamp, (uint64_t *ns))                                                           \
    X(cuptiActivityRegisterCallbacks,                                                              \
      (humi_cupti_request *request, humi_cupti_complete *complete))                                \
    X(cuptiActivityConfigureUnifiedMemoryCounter,                                                  \
      (struct humi_cupti_config *configs, uint32_t count))                                         \
    X(cuptiActivityEnable, (enum humi_cupti_activity kind))                                        \
    X(cuptiActivityDisable, (enum humi_cupti_activity kind))                                       \
    X(cuptiActivityFlushAll, (uint32_t flag))                                                      \
    X(cuptiActivityGetNextRecord,                                                                  \
      (uint8_t *buffer, size_t valid_bytes, struct humi_cupti_record **record))                    \
    X(cuptiActivityGetNumDroppedRecords,                                                           \
      (struct CUctx_st *context, uint32_t stream, size_t *dropped))

#endif
