/* SPDX-License-Identifier: MIT */
/*
 * abi_cupti.c - hum's declarations of CUPTI against NVIDIA's cupti.h: every value, size, offset and
 * function.  It is compiled, not run.
 */
#include <cupti.h>

#include "device/cuda/cupti_abi.h"

#define SAME(name, value)                                                                          \
    _Static_assert((int)HUMI_##name == (int)name, #name " has another value");
#define SAME_CAUSE(name, value, to_device, to_host) SAME(name, value)

HUMI_CUPTI_RESULTS(SAME)
HUMI_CUPTI_ACTIVITIES(SAME)
HUMI_CUPTI_SCOPES(SAME)
HUMI_CUPTI_COUNTERS(SAME)
HUMI_CUPTI_ACCESSES(SAME)
HUMI_CUPTI_MIGRATIONS(SAME_CAUSE)
HUMI_CUPTI_REMOTE_MAPS(SAME)
HUMI_CUPTI_FLAGS(SAME)
_Static_assert(HUMI_CUPTI_CPU == CUPTI_UNIFIED_MEMORY_CPU_DEVICE_ID, "the host has another number");

_Static_assert(sizeof(struct humi_cupti_config) == sizeof(CUpti_ActivityUnifiedMemoryCounterConfig),
               "the configuration has another size");
/* CUDA 13's record is longer; hum reads the start of it. */
_Static_assert(sizeof(struct humi_cupti_record) <= sizeof(CUpti_ActivityUnifiedMemoryCounter3),
               "the record is longer than NVIDIA's");

#define SAME_MEMBER(ours, theirs, member)                                                          \
    _Static_assert(offsetof(struct ours, member) == offsetof(theirs, member) &&                    \
                       sizeof(((struct ours *)0)->member) == sizeof(((theirs *)0)->member),        \
                   #theirs "." #member " lies elsewhere");
#define CONFIG(member) SAME_MEMBER(humi_cupti_config, CUpti_ActivityUnifiedMemoryCounterConfig,    \
                                   member)
#define RECORD(member) SAME_MEMBER(humi_cupti_record, CUpti_ActivityUnifiedMemoryCounter3, member)

CONFIG(scope)
CONFIG(kind)
CONFIG(deviceId)
CONFIG(enable)
RECORD(kind)
RECORD(counterKind)
RECORD(value)
RECORD(start)
RECORD(end)
RECORD(address)
RECORD(srcId)
RECORD(dstId)
RECORD(streamId)
RECORD(processId)
RECORD(flags)
RECORD(pad)

/*
 * Functions: types of hum's own differ by name, so what is compared is that a call with hum's
 * arguments, cast to NVIDIA's where they point to structs, is one of NVIDIA's.
 */
_Static_assert(__builtin_types_compatible_p(__typeof__(&cuptiGetVersion),
                                            CUptiResult(*)(uint32_t *)) &&
                   __builtin_types_compatible_p(__typeof__(&cuptiGetTimestamp),
                                                CUptiResult(*)(uint64_t *)) &&
                   __builtin_types_compatible_p(__typeof__(&cuptiActivityFlushAll),
                                                CUptiResult(*)(uint32_t)) &&
                   __builtin_types_compatible_p(__typeof__(&cuptiActivityEnable),
                                                CUptiResult(*)(CUpti_ActivityKind)) &&
                   __builtin_types_compatible_p(__typeof__(&cuptiActivityDisable),
                                                CUptiResult(*)(CUpti_ActivityKind)) &&
                   __builtin_types_compatible_p(__typeof__(&cuptiGetResultString),
                                                CUptiResult(*)(CUptiResult, const char **)),
               "a function has another type");
_Static_assert(
    __builtin_types_compatible_p(__typeof__(&cuptiActivityRegisterCallbacks),
                                 CUptiResult(*)(CUpti_BuffersCallbackRequestFunc,
                                                CUpti_BuffersCallbackCompleteFunc)) &&
        __builtin_types_compatible_p(CUpti_BuffersCallbackRequestFunc, humi_cupti_request *) &&
        __builtin_types_compatible_p(CUpti_BuffersCallbackCompleteFunc, humi_cupti_complete *) &&
        __builtin_types_compatible_p(
            __typeof__(&cuptiActivityConfigureUnifiedMemoryCounter),
            CUptiResult(*)(CUpti_ActivityUnifiedMemoryCounterConfig *, uint32_t)) &&
        __builtin_types_compatible_p(__typeof__(&cuptiActivityGetNextRecord),
                                     CUptiResult(*)(uint8_t *, size_t, CUpti_Activity **)) &&
        __builtin_types_compatible_p(__typeof__(&cuptiActivityGetNumDroppedRecords),
                                     CUptiResult(*)(CUcontext, uint32_t, size_t *)),
    "a function has another type");
