/* SPDX-License-Identifier: MIT */
/* device_info.c - clGetDeviceInfo: what is hum's own, and which questions go to the device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hum/program.h>

#include "platform/answer.h"
#include "platform/command_buffer.h"
#include "platform/device.h"
#include "platform/entries.h"
#include "platform/image.h"
#include "platform/usm.h"

#define VENDOR_ID 0x48554du /* "HUM": no vendor of PCI, as OpenCL wants it then */

/* Of hum's own where there are images: pixels lie in the space, whatever the device has. */
#define IMAGE_EXTENSION "cl_khr_image2d_from_buffer"

/* What kernels may use, if the implementation has it.  Of what the host does here, hum has no
 * extension that is not named. */
static const char *const extensions[] = {
    "cl_khr_byte_addressable_store",
    "cl_khr_global_int32_base_atomics",
    "cl_khr_global_int32_extended_atomics",
    "cl_khr_local_int32_base_atomics",
    "cl_khr_local_int32_extended_atomics",
    "cl_khr_int64_base_atomics",
    "cl_khr_int64_extended_atomics",
    "cl_khr_fp16",
    "cl_khr_fp64",
    "cl_khr_3d_image_writes",
    "cl_khr_subgroups",
    "cl_khr_subgroup_ballot",
    "cl_khr_subgroup_shuffle",
    "cl_khr_subgroup_extended_types",
};
#define EXTENSIONS (sizeof extensions / sizeof extensions[0])

cl_ulong humi_device_memory(const struct _cl_device_id *device)
{
    return device->info.memory_bytes;
}

/* The specification wants a quarter of the memory; more than the memory makes sense as pages move,
 * but programs size their buffers by it, so only a strict device keeps to the quarter. */
cl_ulong humi_device_largest(const struct _cl_device_id *device)
{
    return humi_platform_is_strict() ? device->info.memory_bytes / 4 : device->info.memory_bytes;
}

bool humi_device_refuses(const struct _cl_device_id *device, size_t bytes)
{
    return humi_platform_is_strict() && bytes > humi_device_largest(device);
}

/* A page that a kernel may use stays with a device that cannot fault until the kernel's end. */
cl_device_svm_capabilities humi_device_svm(const struct _cl_device_id *device)
{
    const cl_device_svm_capabilities any_time =
        CL_DEVICE_SVM_FINE_GRAIN_BUFFER | CL_DEVICE_SVM_ATOMICS |
        (humi_platform_shares_heap() ? CL_DEVICE_SVM_FINE_GRAIN_SYSTEM : 0);

    if (!device->info.same_address)
        return 0;
    return CL_DEVICE_SVM_COARSE_GRAIN_BUFFER | (device->info.faults ? any_time : 0);
}

/* ---- what the implementation says ------------------------------------------------------------ */

static cl_int ask(const struct _cl_device_id *device, cl_device_info what,
                  const struct humi_answer *answer)
{
    int error = CL_SUCCESS;
    enum hum_status status = hum_cl_device_info(humi_space(), device->number, what, answer->value,
                                                answer->room, answer->size_out, &error);

    return status == HUM_OK ? CL_SUCCESS : error ? error : CL_OUT_OF_RESOURCES;
}

cl_ulong humi_device_number(const struct _cl_device_id *device, cl_device_info what, size_t bytes,
                            cl_ulong otherwise)
{
    cl_ulong value = 0;
    const struct humi_answer answer = {bytes, &value, NULL};

    return ask(device, what, &answer) == CL_SUCCESS ? value : otherwise;
}

/* A text or array of the implementation's, to be freed; NULL: none. */
static void *ask_all(const struct _cl_device_id *device, cl_device_info what, size_t *bytes_out)
{
    struct humi_answer answer = {0, NULL, bytes_out};
    void *value;

    *bytes_out = 0;
    if (ask(device, what, &answer) != CL_SUCCESS || !*bytes_out)
        return NULL;
    value = calloc(1, *bytes_out + 1);
    if (!value)
        return NULL;
    answer = (struct humi_answer){*bytes_out, value, NULL};
    if (ask(device, what, &answer) == CL_SUCCESS)
        return value;
    free(value);
    return NULL;
}

static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = text; (at = strstr(at, word)); at += length)
        if ((at == text || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

static bool has_images(const struct _cl_device_id *device)
{
    return humi_device_number(device, CL_DEVICE_IMAGE_SUPPORT, sizeof(cl_bool), 0);
}

static cl_int answer_extensions(const struct _cl_device_id *device,
                                const struct humi_answer *answer)
{
    size_t bytes;
    char *theirs = ask_all(device, CL_DEVICE_EXTENSIONS, &bytes);
    char text[1024] = HUMI_USM_EXTENSION " " HUMI_COMMAND_BUFFER_EXTENSION;

    if (has_images(device))
        strcat(text, " " IMAGE_EXTENSION);
    for (size_t i = 0; theirs && i < EXTENSIONS; i++)
        if (has_word(theirs, extensions[i]))
            snprintf(text + strlen(text), sizeof text - strlen(text), " %s", extensions[i]);
    free(theirs);
    return humi_answer_text(answer, text);
}

static cl_int answer_extension_versions(const struct _cl_device_id *device,
                                        const struct humi_answer *answer)
{
    cl_name_version all[EXTENSIONS + 3] = {
        {HUMI_USM_VERSION, HUMI_USM_EXTENSION},
        {HUMI_COMMAND_BUFFER_VERSION, HUMI_COMMAND_BUFFER_EXTENSION},
    };
    size_t bytes, count = 2;
    cl_name_version *theirs = ask_all(device, CL_DEVICE_EXTENSIONS_WITH_VERSION, &bytes);

    if (has_images(device))
        all[count++] = (cl_name_version){CL_MAKE_VERSION(1, 0, 0), IMAGE_EXTENSION};
    for (size_t i = 0; theirs && i < bytes / sizeof *theirs; i++)
        for (size_t k = 0; k < EXTENSIONS && count < sizeof all / sizeof all[0]; k++)
            if (strcmp(theirs[i].name, extensions[k]) == 0) {
                all[count++] = theirs[i];
                break;
            }
    free(theirs);
    return humi_answer(answer, all, count * sizeof all[0]);
}

/* Theirs, and the scope that programs have from the device's process (opencl/prelude.h). */
static cl_int answer_features(const struct _cl_device_id *device, const struct humi_answer *answer)
{
    const cl_name_version scope = {CL_MAKE_VERSION(3, 0, 0), "__opencl_c_atomic_scope_all_devices"};
    size_t bytes, count;
    cl_name_version *theirs = ask_all(device, CL_DEVICE_OPENCL_C_FEATURES, &bytes), *all;
    cl_int error;

    count = bytes / sizeof *theirs;
    for (size_t i = 0; theirs && i < count; i++)
        if (strcmp(theirs[i].name, scope.name) == 0) {
            error = humi_answer(answer, theirs, bytes);
            free(theirs);
            return error;
        }
    all = theirs ? realloc(theirs, (count + 1) * sizeof *all) : NULL;
    if (!all) {
        free(theirs);
        return ask(device, CL_DEVICE_OPENCL_C_FEATURES, answer);
    }
    all[count] = scope;
    error = humi_answer(answer, all, (count + 1) * sizeof *all);
    free(all);
    return error;
}

static cl_int answer_name(const struct _cl_device_id *device, const struct humi_answer *answer)
{
    size_t bytes;
    char *theirs = ask_all(device, CL_DEVICE_NAME, &bytes), text[256];

    snprintf(text, sizeof text, "hum %s on %s", device->info.name, theirs ? theirs : "nothing");
    free(theirs);
    return humi_answer_text(answer, text);
}

/* ---- what hum says --------------------------------------------------------------------------- */

static cl_int answer_text(const struct _cl_device_id *device, cl_device_info what,
                          const struct humi_answer *answer)
{
    char text[64];

    switch (what) {
    case CL_DEVICE_NAME:
        return answer_name(device, answer);
    case CL_DEVICE_VENDOR:
        return humi_answer_text(answer, "hum");
    case CL_DEVICE_VERSION:
        snprintf(text, sizeof text, "OpenCL 3.0 hum %s", device->info.kind);
        return humi_answer_text(answer, text);
    case CL_DRIVER_VERSION:
        snprintf(text, sizeof text, "%d.%d.%d", HUM_VERSION_MAJOR, HUM_VERSION_MINOR,
                 HUM_VERSION_PATCH);
        return humi_answer_text(answer, text);
    case CL_DEVICE_PROFILE:
        return humi_answer_text(answer, "FULL_PROFILE");
    case CL_DEVICE_EXTENSIONS:
        return answer_extensions(device, answer);
    case CL_DEVICE_EXTENSIONS_WITH_VERSION:
        return answer_extension_versions(device, answer);
    case CL_DEVICE_LATEST_CONFORMANCE_VERSION_PASSED:
    case CL_DEVICE_BUILT_IN_KERNELS:
        return humi_answer_text(answer, "");
    default:
        return CL_INVALID_VALUE;
    }
}

/* One cl_uint or cl_bool each. */
static const struct {
    cl_device_info what;
    cl_uint value;
} words[] = {
    {CL_DEVICE_VENDOR_ID, VENDOR_ID},
    {CL_DEVICE_NUMERIC_VERSION, CL_MAKE_VERSION(3, 0, 0)},
    {CL_DEVICE_REFERENCE_COUNT, 1},
    {CL_DEVICE_AVAILABLE, CL_TRUE},
    {CL_DEVICE_HOST_UNIFIED_MEMORY, CL_FALSE},
    {CL_DEVICE_ERROR_CORRECTION_SUPPORT, CL_FALSE},
    {CL_DEVICE_ENDIAN_LITTLE, CL_TRUE},
    {CL_DEVICE_ADDRESS_BITS, 64},
    {CL_DEVICE_MEM_BASE_ADDR_ALIGN, HUMI_ALIGN_BYTES * 8},
    {CL_DEVICE_MIN_DATA_TYPE_ALIGN_SIZE, HUMI_ALIGN_BYTES},
    {CL_DEVICE_PARTITION_MAX_SUB_DEVICES, 0},
    {CL_DEVICE_PREFERRED_INTEROP_USER_SYNC, CL_TRUE},
    {CL_DEVICE_MAX_ON_DEVICE_QUEUES, 0},
    {CL_DEVICE_MAX_ON_DEVICE_EVENTS, 0},
    {CL_DEVICE_QUEUE_ON_DEVICE_PREFERRED_SIZE, 0},
    {CL_DEVICE_QUEUE_ON_DEVICE_MAX_SIZE, 0},
    {CL_DEVICE_PIPE_SUPPORT, CL_FALSE},
    {CL_DEVICE_MAX_PIPE_ARGS, 0},
    {CL_DEVICE_PIPE_MAX_ACTIVE_RESERVATIONS, 0},
    {CL_DEVICE_PIPE_MAX_PACKET_SIZE, 0},
    {CL_DEVICE_PREFERRED_PLATFORM_ATOMIC_ALIGNMENT, 0},
    {CL_DEVICE_PREFERRED_GLOBAL_ATOMIC_ALIGNMENT, 0},
    {CL_DEVICE_PREFERRED_LOCAL_ATOMIC_ALIGNMENT, 0},
};

/* One 64-bit word each. */
static const struct {
    cl_device_info what;
    cl_ulong value;
} long_words[] = {
    {CL_DEVICE_TYPE, CL_DEVICE_TYPE_GPU},
    {CL_DEVICE_EXECUTION_CAPABILITIES, CL_EXEC_KERNEL},
    {CL_DEVICE_QUEUE_ON_HOST_PROPERTIES,
     CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE | CL_QUEUE_PROFILING_ENABLE},
    {CL_DEVICE_QUEUE_ON_DEVICE_PROPERTIES, 0},
    {CL_DEVICE_DEVICE_ENQUEUE_CAPABILITIES, 0},
    {CL_DEVICE_PARTITION_AFFINITY_DOMAIN, 0},
    {CL_DEVICE_PROFILING_TIMER_RESOLUTION, 1},
    {CL_DEVICE_COMMAND_BUFFER_CAPABILITIES_KHR, HUMI_COMMAND_BUFFER_CAPABILITIES},
    {CL_DEVICE_COMMAND_BUFFER_REQUIRED_QUEUE_PROPERTIES_KHR, 0},
};

/* Answered by neither list; *found_out: it is hum's to answer. */
static cl_int answer_own(cl_device_id device, cl_device_info what, const struct humi_answer *answer,
                         bool *found_out)
{
    static const cl_device_partition_property undivided[] = {0};

    *found_out = true;
    switch (what) {
    case CL_DEVICE_PLATFORM:
        return HUMI_ANSWER(answer, cl_platform_id, &humi_platform);
    case CL_DEVICE_PARENT_DEVICE:
        return HUMI_ANSWER(answer, cl_device_id, NULL);
    case CL_DEVICE_GLOBAL_MEM_SIZE:
        return HUMI_ANSWER(answer, cl_ulong, humi_device_memory(device));
    case CL_DEVICE_MAX_MEM_ALLOC_SIZE:
        return HUMI_ANSWER(answer, cl_ulong, humi_device_largest(device));
    case CL_DEVICE_SVM_CAPABILITIES:
        return HUMI_ANSWER(answer, cl_device_svm_capabilities, humi_device_svm(device));
    case CL_DEVICE_OPENCL_C_FEATURES:
        return answer_features(device, answer);
    case CL_DEVICE_MAX_GLOBAL_VARIABLE_SIZE:
    case CL_DEVICE_GLOBAL_VARIABLE_PREFERRED_TOTAL_SIZE:
        return HUMI_ANSWER(answer, size_t, 0);
    case CL_DEVICE_PARTITION_PROPERTIES:
    case CL_DEVICE_PARTITION_TYPE:
        return humi_answer(answer, undivided, sizeof undivided);
    case CL_DEVICE_IMAGE_PITCH_ALIGNMENT:
        return HUMI_ANSWER(answer, cl_uint, has_images(device) ? HUMI_IMAGE_PITCH_ALIGN : 0);
    case CL_DEVICE_IMAGE_BASE_ADDRESS_ALIGNMENT:
        return HUMI_ANSWER(answer, cl_uint, has_images(device) ? HUMI_IMAGE_BASE_ALIGN : 0);
    case CL_DEVICE_HOST_MEM_CAPABILITIES_INTEL:
    case CL_DEVICE_DEVICE_MEM_CAPABILITIES_INTEL:
    case CL_DEVICE_SINGLE_DEVICE_SHARED_MEM_CAPABILITIES_INTEL:
    case CL_DEVICE_CROSS_DEVICE_SHARED_MEM_CAPABILITIES_INTEL:
    case CL_DEVICE_SHARED_SYSTEM_MEM_CAPABILITIES_INTEL:
        return HUMI_ANSWER(answer, cl_ulong, humi_usm_capabilities(device, what));
    case CL_DEVICE_BUILT_IN_KERNELS_WITH_VERSION:
        return humi_answer(answer, NULL, 0);
    default:
        *found_out = false;
        return CL_INVALID_VALUE;
    }
}

cl_int CL_API_CALL humi_clGetDeviceInfo(cl_device_id device, cl_device_info what, size_t room,
                                        void *value, size_t *size_out)
{
    const struct humi_answer answer = {room, value, size_out};
    bool found;
    cl_int error;

    if (!humi_is(device, HUMI_KIND_DEVICE))
        return CL_INVALID_DEVICE;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].what == what)
            return HUMI_ANSWER(&answer, cl_uint, words[i].value);
    for (size_t i = 0; i < sizeof long_words / sizeof long_words[0]; i++)
        if (long_words[i].what == what)
            return what == CL_DEVICE_PROFILING_TIMER_RESOLUTION
                       ? HUMI_ANSWER(&answer, size_t, 1)
                       : HUMI_ANSWER(&answer, cl_ulong, long_words[i].value);
    error = answer_own(device, what, &answer, &found);
    if (found)
        return error;
    switch (what) {
    case CL_DEVICE_NAME:
    case CL_DEVICE_VENDOR:
    case CL_DEVICE_VERSION:
    case CL_DRIVER_VERSION:
    case CL_DEVICE_PROFILE:
    case CL_DEVICE_EXTENSIONS:
    case CL_DEVICE_EXTENSIONS_WITH_VERSION:
    case CL_DEVICE_LATEST_CONFORMANCE_VERSION_PASSED:
    case CL_DEVICE_BUILT_IN_KERNELS:
        return answer_text(device, what, &answer);
    default:
        return ask(device, what, &answer);
    }
}
