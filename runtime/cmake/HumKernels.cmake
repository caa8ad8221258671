# SPDX-License-Identifier: MIT
#
# hum_add_kernels(<target> a.c b.c ...)
#
# Builds each source as a kernel module, a.so, b.so, in the folder of the target's program, which is
# where hum_module_load() looks first.  A module sees hum's headers and the include folders of the
# target.  Two targets of one folder that name the same source share one module.
#
# Kernels are optimised in Debug builds too, and never fuse a multiplication with an addition, so
# that they give the same bits as the host's code on every machine.  They are built without
# sanitizers, whose runtimes the device process does not have.

function(hum_add_kernels target)
    if(NOT TARGET ${target})
        message(FATAL_ERROR "hum_add_kernels: there is no target '${target}'")
    endif()
    foreach(source IN LISTS ARGN)
        humi_kernel_module(${target} ${source} module)
        add_dependencies(${target} ${module})
    endforeach()
endfunction()

# The target that builds `source` beside the program of `target`, made at its first use.
function(humi_kernel_module target source module_out)
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
    set(module hum_kernels_${name}_${key})
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
            OUTPUT_NAME ${name}
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
