# SPDX-License-Identifier: MIT
#
# Kernels for NVIDIA's devices: part of HumKernels.cmake.
#
#   a.cu      CUDA C++ that includes nothing, made by the preprocessor alone; compiled when it is
#             loaded, if there is none of the others and NVRTC is installed
#   a.ptx     made by clang, which needs no toolkit for it: option HUM_KERNELS_PTX.  The driver
#             compiles it for its device
#   a.fatbin  made by nvcc for the devices of HUM_CUDA_ARCH: option HUM_KERNELS_FATBIN

option(HUM_KERNELS_PTX "Build kernels as PTX, too, where clang can" ON)
option(HUM_KERNELS_FATBIN "Build kernels as fat binaries, too, with nvcc" OFF)
set(HUM_CUDA_ARCH all-major CACHE STRING "nvcc -arch: the devices that fat binaries are for")
set(HUMI_PTX_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/HumPtx.cmake CACHE INTERNAL "")

# Sets HUM_CLANG to one that makes PTX, or says that there is none, once.
function(humi_find_clang)
    find_program(HUM_CLANG NAMES clang clang-22 clang-21 clang-20 clang-19 clang-18 clang-17
                 clang-16 clang-15 clang-14 DOC "clang, for kernels as PTX")
    if(HUM_CLANG AND NOT DEFINED HUM_CLANG_NVPTX)
        execute_process(COMMAND ${HUM_CLANG} -print-targets OUTPUT_VARIABLE targets ERROR_QUIET)
        string(FIND "${targets}" nvptx64 found)
        if(found LESS 0)
            set(found 0)
        endif()
        set(HUM_CLANG_NVPTX ${found} CACHE INTERNAL "where its list of targets has NVIDIA's")
    endif()
    get_property(said GLOBAL PROPERTY HUM_SAID_NO_PTX)
    if(NOT said AND NOT (HUM_CLANG AND HUM_CLANG_NVPTX))
        set_property(GLOBAL PROPERTY HUM_SAID_NO_PTX TRUE)
        message(STATUS "Kernels are not built as PTX: there is no clang that makes it "
                       "(Debian: clang-15)")
    endif()
endfunction()

# The target that makes <name>.cu, .ptx and .fatbin beside the program of `target` out of `source`.
function(humi_kernel_cuda target source module_out)
    get_filename_component(path ${source} ABSOLUTE)
    humi_kernel_place(${target} ${source} .cu out module)
    set(${module_out} ${module} PARENT_SCOPE)
    if(TARGET ${module})
        return()
    endif()
    humi_kernel_text(${target} ${path} ${out}.cu -DHUM_KERNEL_CUDA)
    set(made ${out}.cu)
    if(HUM_KERNELS_PTX)
        humi_find_clang()
    endif()
    if(HUM_KERNELS_PTX AND HUM_CLANG AND HUM_CLANG_NVPTX)
        add_custom_command(
            OUTPUT ${out}.ptx DEPENDS ${out}.cu ${HUMI_PTX_SCRIPT}
            COMMAND ${CMAKE_COMMAND} -DCLANG=${HUM_CLANG} -DFROM=${out}.cu -DTO=${out}.ptx
                    -DKERNELS=${path} -P ${HUMI_PTX_SCRIPT}
            VERBATIM)
        list(APPEND made ${out}.ptx)
    endif()
    if(HUM_KERNELS_FATBIN)
        find_program(HUM_NVCC nvcc HINTS /usr/local/cuda/bin REQUIRED
                     DOC "nvcc, for kernels as fat binaries")
        # As in HumPtx.cmake; 177: a function that the kernel does not use.
        add_custom_command(
            OUTPUT ${out}.fatbin DEPENDS ${out}.cu
            COMMAND ${HUM_NVCC} -std=c++17 -fatbin -arch=${HUM_CUDA_ARCH} -fmad=false
                    -diag-suppress 177 -o ${out}.fatbin ${out}.cu
            VERBATIM)
        list(APPEND made ${out}.fatbin)
    endif()
    add_custom_target(${module} DEPENDS ${made})
endfunction()
