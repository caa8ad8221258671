/* SPDX-License-Identifier: MIT */
/*
 * abi_functions.c - hum's list of the CUDA driver's functions against NVIDIA's cudaTypedefs.h:
 * every parameter, and the version that brought the signature, which is in the typedef's name.  It
 * is compiled, not run.
 *
 * The list is read with NVIDIA's types in the place of hum's: the tags are renamed and abi.h is
 * left out, so that the compiler compares function types exactly.  abi_values.c has shown that
 * types of both names are laid out alike.
 */
#include <cuda.h>
#include <cudaTypedefs.h>

#include <stdint.h>

#define HUMI_DEVICE_CUDA_ABI_H
#define humi_cu_result cudaError_enum
#define humi_cu_device_attribute CUdevice_attribute_enum
#define humi_cu_advice CUmem_advise_enum
#define humi_cu_range_attribute CUmem_range_attribute_enum
#define humi_cu_pointer_attribute CUpointer_attribute_enum
#define humi_cu_function_attribute CUfunction_attribute_enum
#define humi_cu_jit_option CUjit_option_enum
#define humi_cu_granularity CUmemAllocationGranularity_flags_enum
#define humi_cu_proc_result CUdriverProcAddressQueryResult_enum
#define humi_cu_uuid CUuuid_st
#define humi_cu_location CUmemLocation_st
#define humi_cu_allocation_prop CUmemAllocationProp_st
#define humi_cu_access_desc CUmemAccessDesc_st

#include "device/cuda/functions.h"

#define SAME_TYPE(symbol, name, since, need, parameters)                                           \
    typedef enum cudaError_enum(*our_##symbol) parameters;                                         \
    _Static_assert(__builtin_types_compatible_p(our_##symbol, PFN_##name##_v##since),              \
                   #symbol " has another type");

HUMI_CUDA_FUNCTIONS(SAME_TYPE)
