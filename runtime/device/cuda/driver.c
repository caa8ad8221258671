/* SPDX-License-Identifier: MIT */
/* driver.c - see driver.h. */
#include "device/cuda/driver.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/status.h"

enum need { OPTIONAL, REQUIRED };

static const struct {
    const char *symbol, *name;
    int since;
    enum need need;
    size_t member; /* offset in struct humi_cuda */
} functions[HUMI_CUDA_FN_COUNT] = {
#define FUNCTION_ROW(symbol, name, since, need, parameters)                                        \
    {#symbol, #name, since, need, offsetof(struct humi_cuda, symbol)},
    HUMI_CUDA_FUNCTIONS(FUNCTION_ROW)
#undef FUNCTION_ROW
};

static int major_of(int version)
{
    return version / 1000;
}

static int minor_of(int version)
{
    return version % 1000 / 10;
}

static void set_member(struct humi_cuda *cuda, int i, void *address)
{
    _Static_assert(sizeof(address) == sizeof(cuda->cuInit), "a function fits a pointer");
    memcpy((char *)cuda + functions[i].member, &address, sizeof(address));
}

/* The address of function i, NULL: the driver has none. */
static void *find(const struct humi_cuda *cuda, int i)
{
    enum humi_cu_proc_result status = HUMI_CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
    void *address = NULL;

    if (functions[i].since > cuda->version)
        return NULL;
    if (!cuda->cuGetProcAddress_v2)
        return dlsym(cuda->library, functions[i].symbol);
    if (cuda->cuGetProcAddress_v2(functions[i].name, &address, functions[i].since, 0, &status))
        return NULL;
    return status == HUMI_CU_GET_PROC_ADDRESS_SUCCESS ? address : NULL;
}

static enum hum_status find_all(struct humi_cuda *cuda)
{
    for (int i = 0; i < HUMI_CUDA_FN_COUNT; i++) {
        void *address = find(cuda, i);
        if (!address && functions[i].need == REQUIRED)
            return humi_fail(HUM_ERR_UNSUPPORTED,
                             "the CUDA driver %d.%d lacks %s (CUDA %d.%d): install a newer driver",
                             major_of(cuda->version), minor_of(cuda->version), functions[i].name,
                             major_of(functions[i].since), minor_of(functions[i].since));
        set_member(cuda, i, address);
    }
    return HUM_OK;
}

/* The version decides which functions may be asked for, so it comes by symbol. */
static enum hum_status read_version(struct humi_cuda *cuda, const char *path)
{
    static const int first[] = {HUMI_CUDA_FN_cuDriverGetVersion, HUMI_CUDA_FN_cuGetErrorName,
                                HUMI_CUDA_FN_cuGetErrorString, HUMI_CUDA_FN_cuInit};

    for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++) {
        void *address = dlsym(cuda->library, functions[first[i]].symbol);
        if (!address)
            return humi_fail(HUM_ERR_UNSUPPORTED, "%s is no CUDA driver: it lacks %s", path,
                             functions[first[i]].symbol);
        set_member(cuda, first[i], address);
    }
    enum hum_status status = humi_cuda_call(cuda, cuDriverGetVersion, &cuda->version);
    if (status)
        return status;
    if (cuda->version < HUMI_CUDA_VERSION_MIN)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "the CUDA driver is for CUDA %d.%d, hum needs %d.%d: install a newer one",
                         major_of(cuda->version), minor_of(cuda->version),
                         major_of(HUMI_CUDA_VERSION_MIN), minor_of(HUMI_CUDA_VERSION_MIN));
    set_member(cuda, HUMI_CUDA_FN_cuGetProcAddress_v2,
               dlsym(cuda->library, functions[HUMI_CUDA_FN_cuGetProcAddress_v2].symbol));
    return HUM_OK;
}

enum hum_status humi_cuda_open(struct humi_cuda *cuda_out)
{
    struct humi_cuda cuda = {0};
    const char *path = secure_getenv("HUM_CUDA_LIBRARY");

    if (!path || !*path)
        path = "libcuda.so.1";
    cuda.library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!cuda.library)
        return humi_fail(HUM_ERR_UNSUPPORTED, "no CUDA driver (%s): install NVIDIA's driver",
                         dlerror());
    enum hum_status status = read_version(&cuda, path);
    if (!status)
        status = find_all(&cuda);
    if (status) {
        dlclose(cuda.library);
        return status;
    }
    status = humi_cuda_call(&cuda, cuInit, 0);
    if (status)
        return status;
    humi_info("CUDA driver %d.%d from %s", major_of(cuda.version), minor_of(cuda.version), path);
    *cuda_out = cuda;
    return HUM_OK;
}

static enum hum_status status_of(enum humi_cu_result result)
{
    switch (result) {
#define RESULT_CASE(name, value, status)                                                           \
    case HUMI_##name:                                                                              \
        return status;
        HUMI_CU_RESULTS(RESULT_CASE)
#undef RESULT_CASE
    }
    return HUM_ERR_SYSTEM; /* one that this list does not have */
}

enum hum_status humi_cuda_status(const struct humi_cuda *cuda, enum humi_cuda_function function,
                                 enum humi_cu_result result)
{
    enum hum_status status = status_of(result);
    const char *name = NULL, *text = NULL;

    if (status == HUM_OK || status == HUM_NOT_READY)
        return status;
    if (cuda->cuGetErrorName(result, &name) || !name)
        name = "unknown to the driver";
    if (cuda->cuGetErrorString(result, &text) || !text)
        text = "error";
    return humi_fail(status, "%s: %s (%s, %d)", humi_cuda_name(function), text, name, (int)result);
}

enum hum_status humi_cuda_missing(const struct humi_cuda *cuda, enum humi_cuda_function function)
{
    int since = functions[function].since;

    return humi_fail(HUM_ERR_UNSUPPORTED,
                     "%s of CUDA %d.%d: the driver, of CUDA %d.%d, does not have it",
                     humi_cuda_name(function), major_of(since), minor_of(since),
                     major_of(cuda->version), minor_of(cuda->version));
}

bool humi_cuda_is_sticky(enum humi_cu_result result)
{
    switch (result) {
    case HUMI_CUDA_ERROR_ECC_UNCORRECTABLE:
    case HUMI_CUDA_ERROR_NVLINK_UNCORRECTABLE:
    case HUMI_CUDA_ERROR_ILLEGAL_ADDRESS:
    case HUMI_CUDA_ERROR_LAUNCH_TIMEOUT:
    case HUMI_CUDA_ERROR_ASSERT:
    case HUMI_CUDA_ERROR_HARDWARE_STACK_ERROR:
    case HUMI_CUDA_ERROR_ILLEGAL_INSTRUCTION:
    case HUMI_CUDA_ERROR_MISALIGNED_ADDRESS:
    case HUMI_CUDA_ERROR_INVALID_ADDRESS_SPACE:
    case HUMI_CUDA_ERROR_INVALID_PC:
    case HUMI_CUDA_ERROR_LAUNCH_FAILED:
        return true;
    default:
        return false;
    }
}

const char *humi_cuda_name(enum humi_cuda_function function)
{
    return functions[function].name;
}
