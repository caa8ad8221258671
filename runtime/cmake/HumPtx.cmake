# SPDX-License-Identifier: MIT
#
# cmake -DCLANG=... -DFROM=a.cu -DTO=a.ptx -DKERNELS=a.c -P HumPtx.cmake
#
# Compiles CUDA C++ that includes nothing to PTX, for the oldest devices that can run it: ISA 6.0,
# sm_35, or sm_60 if it has atomics, which hold between host and device there.  No toolkit is used.
# Nothing is fused or made approximate, so that a kernel gives the same bits as its native form.

function(compile target)
    # A folder that is none of a toolkit's is named as that, so that clang looks for no other.
    execute_process(
        COMMAND ${CLANG} -x cuda -std=c++17 --cuda-device-only -nocudainc -nocudalib
                --cuda-path=${CMAKE_CURRENT_LIST_DIR} --cuda-gpu-arch=${target}
                -Xclang -target-feature -Xclang +ptx60 -Wno-unknown-cuda-version
                -O2 -ffp-contract=off -fno-builtin -S -o ${TO} ${FROM}
        RESULT_VARIABLE failed)
    if(failed)
        file(REMOVE ${TO})
        message(FATAL_ERROR "'${KERNELS}' does not compile as CUDA C++, see include/hum/kernel.h; "
                            "hum_add_kernels(... NO_CUDA ...) leaves that form out")
    endif()
endfunction()

compile(sm_35)
file(STRINGS ${TO} atomics REGEX "atom\\.sys" LIMIT_COUNT 1)
if(atomics)
    compile(sm_60)
endif()
