# SPDX-License-Identifier: MIT
#
# hum_add_alone(<target>)
#
# Adds to a static library the replay compiled to run alone (runtime/model/alone/README.md), or,
# where it cannot be, the file that says so.

# Sources that keep something for the whole process.
set(HUM_ALONE_SHARED /policy/plugin\\.c$ /core/opened\\.c$ /model/door\\.c$ /model/alone/)
set(HUM_ALONE_FLAGS -march=x86-64-v4 -mtune=icelake-server -ffp-contract=off -fPIE -flto)

# Sets of pages are copied in one register each, which is less code, too: 2 % faster.
list(APPEND HUM_ALONE_FLAGS -mprefer-vector-width=512 -mmove-max=512 -mstore-max=512)

# Nothing but the door is called from outside, so the objects are linked as a whole program (6 %
# faster).  Told by the linker plugin that its output is linked again, GCC would not believe it.
set(HUM_ALONE_WHOLE -flto-partition=one -fno-use-linker-plugin -fwhole-program)

function(hum_can_alone result)
    set(${result} OFF PARENT_SCOPE)
    string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
    set(flags "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${type}}")
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 12 AND
       CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" AND
       CMAKE_SIZEOF_VOID_P EQUAL 8 AND CMAKE_OBJCOPY AND NOT HUM_DEEP_CHECKS AND
       flags MATCHES "-DNDEBUG" AND NOT flags MATCHES "-fsanitize|--coverage|-fprofile|-flto|-pg")
        set(${result} ON PARENT_SCOPE)
    endif()
endfunction()

# The runtime's sources that a replay runs through.
function(hum_alone_sources target sources_out)
    get_target_property(model ${target} SOURCES)
    list(TRANSFORM model PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    get_target_property(sources hum SOURCES)
    list(FILTER sources INCLUDE REGEX "/runtime/(core|policy|base/(clock|link|mask|range)\\.c$)")
    list(APPEND sources ${model})
    foreach(shared IN LISTS HUM_ALONE_SHARED)
        list(FILTER sources EXCLUDE REGEX "${shared}")
    endforeach()
    set(${sources_out} ${sources} PARENT_SCOPE)
endfunction()

function(hum_add_alone target)
    hum_can_alone(can)
    if(NOT can)
        target_sources(${target} PRIVATE alone/cannot.c)
        return()
    endif()
    hum_alone_sources(${target} sources)
    add_library(${target}_alone OBJECT EXCLUDE_FROM_ALL ${sources})
    target_compile_options(${target}_alone PRIVATE ${HUM_ALONE_FLAGS})
    target_compile_definitions(${target}_alone PRIVATE
        $<TARGET_PROPERTY:hum,COMPILE_DEFINITIONS> HUMI_ONE_THREAD=true
        "HUMI_DOOR=__attribute__((externally_visible))")
    target_include_directories(${target}_alone BEFORE PRIVATE
        ${CMAKE_CURRENT_SOURCE_DIR}/alone
        ${PROJECT_SOURCE_DIR}/include
        ${PROJECT_SOURCE_DIR}/runtime)
    string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
    separate_arguments(flags NATIVE_COMMAND "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${type}}")
    set(object ${CMAKE_CURRENT_BINARY_DIR}/alone.o)
    add_custom_command(
        OUTPUT ${object}
        COMMAND ${CMAKE_C_COMPILER} ${flags} ${HUM_ALONE_FLAGS} ${HUM_ALONE_WHOLE} -r -nostdlib
                -o ${object}.all $<TARGET_OBJECTS:${target}_alone>
        COMMAND ${CMAKE_OBJCOPY}
                --redefine-sym humi_model_replay_plain=humi_model_replay_alone
                --keep-global-symbol=humi_model_replay_alone ${object}.all ${object}
        COMMAND ${CMAKE_COMMAND} -E rm ${object}.all
        DEPENDS $<TARGET_OBJECTS:${target}_alone>
        COMMENT "Linking the replay that runs alone"
        COMMAND_EXPAND_LISTS VERBATIM)
    set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
    target_sources(${target} PRIVATE alone/can.c ${object})
endfunction()
