# SPDX-License-Identifier: MIT
#
# hum_add_kernels(<target> [NO_EXACT] [NO_OPENCL] [NO_CUDA] a.c b.c ... [c.cl ...])
#
# Builds each source as a kernel module, a.so, b.so, in the folder of the target's program, which is
# where hum_module_load() looks first.  A module sees hum's headers and the include folders of the
# target.  Two targets of one folder that name the same source share one module.
#
# Beside a.so lies a.exact.so: the same source and optimisation, with a call at each load and store
# that the emulated device resolves.  It is loaded in a.so's place when a run records every access;
# NO_EXACT leaves it out.  It needs gcc or clang on a 64-bit machine, and is left out elsewhere.
#
# Beside it lies a.cl, too: the same source as OpenCL C, with all that it includes in it, for
# devices that are told to prefer that (HUM_DEVICES="emu:kernels=opencl").  NO_OPENCL leaves it out:
# for kernels that use what hum/kernel.h does not promise.  Only the preprocessor runs here; the
# device compiles it.  A source c.cl is OpenCL C by hand, and is copied.
#
# And a.cu, the same as CUDA C++, out of which HumKernelsCuda.cmake makes a.ptx for NVIDIA's
# devices.  NO_CUDA leaves both out.
#
# Kernels are optimised in Debug builds too, and never fuse a multiplication with an addition, so
# that they give the same bits as the host's code on every machine.  They are built without
# sanitizers, whose runtimes the device process does not have.

include(${CMAKE_CURRENT_LIST_DIR}/HumKernelsCuda.cmake)

function(hum_add_kernels target)
    cmake_parse_arguments(PARSE_ARGV 1 K "NO_EXACT;NO_OPENCL;NO_CUDA" "" "")
    if(NOT TARGET ${target})
        message(FATAL_ERROR "hum_add_kernels: there is no target '${target}'")
    endif()
    foreach(source IN LISTS K_UNPARSED_ARGUMENTS)
        if(source MATCHES "\\.cl$" OR NOT K_NO_OPENCL)
            humi_kernel_opencl(${target} ${source} module)
            add_dependencies(${target} ${module})
        endif()
        if(source MATCHES "\\.cl$")
            continue()
        endif()
        if(NOT K_NO_CUDA)
            humi_kernel_cuda(${target} ${source} module)
            add_dependencies(${target} ${module})
        endif()
        humi_kernel_module(${target} ${source} "" module)
        add_dependencies(${target} ${module})
        if(NOT K_NO_EXACT AND CMAKE_SIZEOF_VOID_P EQUAL 8
           AND CMAKE_C_COMPILER_ID MATCHES "^(GNU|Clang)$")
            humi_kernel_module(${target} ${source} .exact module)
            humi_kernel_exact(${module})
            add_dependencies(${target} ${module})
        endif()
    endforeach()
endfunction()

# The target that builds `source` as <name><kind>.so beside the program of `target`, made at its
# first use.
function(humi_kernel_module target source kind module_out)
    get_filename_component(path ${source} ABSOLUTE)
    get_filename_component(name ${source} NAME_WE)
    get_target_property(folder ${target} RUNTIME_OUTPUT_DIRECTORY)
    if(NOT folder)
        get_target_property(folder ${target} BINARY_DIR)
    endif()
    if(NOT EXISTS ${path})
        message(FATAL_ERROR "hum_add_kernels: there is no file '${path}'")
    endif()

    string(SHA1 key ${folder})
    string(SUBSTRING ${key} 0 8 key)
    set(module hum_kernels_${name}_${key}${kind})
    if(TARGET ${module})
        get_target_property(other ${module} HUM_KERNEL_SOURCE)
        if(NOT other STREQUAL path)
            message(FATAL_ERROR "hum_add_kernels: '${path}' and '${other}' would both become "
                                "${folder}/${name}.so")
        endif()
    else()
        add_library(${module} MODULE ${path})
        set_target_properties(${module} PROPERTIES
            HUM_KERNEL_SOURCE ${path}
            PREFIX ""
            OUTPUT_NAME ${name}${kind}
            SUFFIX .so
            LIBRARY_OUTPUT_DIRECTORY $<TARGET_FILE_DIR:${target}>
            POSITION_INDEPENDENT_CODE ON
            C_STANDARD 11
            C_EXTENSIONS ON
            C_VISIBILITY_PRESET hidden)
        target_include_directories(${module} PRIVATE
            $<TARGET_PROPERTY:hum::hum,INTERFACE_INCLUDE_DIRECTORIES>
            $<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>)
        target_compile_options(${module} PRIVATE
            $<$<OR:$<CONFIG:Debug>,$<CONFIG:>>:-O2> -ffp-contract=off -fno-sanitize=all)
        target_link_options(${module} PRIVATE -fno-sanitize=all)
        if(TARGET hum-emu) # part of this build: whoever runs a kernel needs it
            add_dependencies(${module} hum-emu)
        endif()
    endif()
    set(${module_out} ${module} PARENT_SCOPE)
endfunction()

# Where the forms of `source` lie that are text, without their ending, and the target of one ending.
function(humi_kernel_place target source ending path_out module_out)
    get_filename_component(name ${source} NAME_WE)
    get_target_property(folder ${target} RUNTIME_OUTPUT_DIRECTORY)
    if(NOT folder)
        get_target_property(folder ${target} BINARY_DIR)
    endif()
    string(SHA1 key ${folder})
    string(SUBSTRING ${key} 0 8 key)
    set(${path_out} ${folder}/${name} PARENT_SCOPE)
    set(${module_out} hum_kernels_${name}_${key}${ending} PARENT_SCOPE)
endfunction()

# Makes `out` of `source` and all that it includes; the other arguments are definitions.
function(humi_kernel_text target source out)
    get_filename_component(folder ${out} DIRECTORY)
    # hum's own include folder, which is the target's or that of the installed package.
    set(hum $<TARGET_PROPERTY:hum::hum,INTERFACE_INCLUDE_DIRECTORIES>)
    set(all ${hum} $<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>)
    add_custom_command(
        OUTPUT ${out}
        DEPENDS ${source}
        DEPFILE ${out}.d
        COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
        COMMAND ${CMAKE_C_COMPILER} -E -P -x c -undef -nostdinc ${ARGN}
                "-I$<JOIN:${hum},/hum/freestanding;-I>/hum/freestanding" "-I$<JOIN:${all},;-I>"
                -MD -MT ${out} -MF ${out}.d -o ${out} ${source}
        COMMAND_EXPAND_LISTS VERBATIM)
endfunction()

# The target that makes <name>.cl beside the program of `target` out of `source`.
function(humi_kernel_opencl target source module_out)
    get_filename_component(path ${source} ABSOLUTE)
    humi_kernel_place(${target} ${source} .cl out module)
    set(${module_out} ${module} PARENT_SCOPE)
    if(TARGET ${module})
        return()
    endif()
    if(source MATCHES "\\.cl$")
        add_custom_command(OUTPUT ${out}.cl DEPENDS ${path}
                           COMMAND ${CMAKE_COMMAND} -E copy ${path} ${out}.cl VERBATIM)
    else()
        humi_kernel_text(${target} ${path} ${out}.cl -D__OPENCL_C_VERSION__=300)
    endif()
    add_custom_target(${module} DEPENDS ${out}.cl)
endfunction()

# Let the module tell of every access.  The hooks are the thread sanitizer's, its runtime is not
# linked: hum-emu has them.  What would hide an access from them is switched off: vector code (its
# gathers and masked stores have no hooks, and a count would be of vectors), loops and memory
# functions that become something else (the linker sends what is left of those to hum-emu), and
# reads that clang leaves out because a write follows.
function(humi_kernel_exact module)
    get_target_property(done ${module} HUM_KERNEL_EXACT)
    if(done)
        return()
    endif()
    set_target_properties(${module} PROPERTIES
        HUM_KERNEL_EXACT ON
        INTERPROCEDURAL_OPTIMIZATION OFF)
    target_compile_definitions(${module} PRIVATE HUM_EXACT)
    target_compile_options(${module} PRIVATE
        -fsanitize=thread -fno-plt -U_FORTIFY_SOURCE
        -fno-builtin-memcpy -fno-builtin-memmove -fno-builtin-memset)
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
        target_compile_options(${module} PRIVATE
            -fno-tree-vectorize -fno-tree-loop-distribute-patterns
            -Wno-tsan) # says that it does not support fences: the hook is one
    else()
        target_compile_options(${module} PRIVATE
            -fno-vectorize -fno-slp-vectorize
            "SHELL:-mllvm -tsan-compound-read-before-write=1")
    endif()
    target_link_options(${module} PRIVATE
        LINKER:-z,undefs # the hooks, even if everybody else's linker options forbid it
        LINKER:--wrap=memcpy,--wrap=memmove,--wrap=memset)
endfunction()
