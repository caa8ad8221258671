# SPDX-License-Identifier: MIT
#
# hum_add_policy(<target> a.c b.c ...)
#
# Builds a policy as a plug-in, <target>.so, which is what HUM_POLICY and --policy take by its path.
# It sees hum's public headers and needs nothing of the library: the sources define the symbol
# hum_policy_plugin (hum/policy.h).  To link hum::hum would only load the library into programs that
# hold the runtime themselves, the hum command for one.

function(hum_add_policy target)
    if(NOT ARGN)
        message(FATAL_ERROR "hum_add_policy(${target}): there are no sources")
    endif()
    add_library(${target} MODULE ${ARGN})
    set_target_properties(${target} PROPERTIES
        PREFIX ""
        SUFFIX .so
        POSITION_INDEPENDENT_CODE ON
        C_STANDARD 11
        C_VISIBILITY_PRESET hidden)
    target_include_directories(${target} PRIVATE
        $<TARGET_PROPERTY:hum::hum,INTERFACE_INCLUDE_DIRECTORIES>)
endfunction()
