# SPDX-License-Identifier: MIT
#
# hum_test(<name> LABEL <label> SOURCES a.c ... [KERNELS k.c ...] [LIBS lib ...] [ARGS arg ...]
#          [TIMEOUT seconds] [ENV NAME=value ...] [SERIAL])
#
# A cmocka program <name> that reaches the runtime's internal symbols, run by ctest under the label
# unit, flow, property, device, lint, model or install.  Programs and their kernel modules lie in
# <build>/tests.  SERIAL: never at the same time as another test.  Tests find hum-emu in HUM_EMU and
# kernels of the kernels/ folder in HUM_KERNEL_PATH.

pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
set(HUM_TEST_LABELS unit flow property device lint model browser install)

function(hum_test name)
    cmake_parse_arguments(PARSE_ARGV 1 T "SERIAL" "LABEL;TIMEOUT" "SOURCES;KERNELS;LIBS;ARGS;ENV")
    if(T_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "hum_test(${name}): unknown argument ${T_UNPARSED_ARGUMENTS}")
    endif()
    add_executable(${name} ${T_SOURCES})
    set_target_properties(${name} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${name} PRIVATE ${T_LIBS} hum_test_support hum_internal
                                          PkgConfig::CMOCKA m)
    if(T_KERNELS)
        hum_add_kernels(${name} ${T_KERNELS})
    endif()
    if(TARGET hum-emu)
        add_dependencies(${name} hum-emu)
    endif()
    add_test(NAME ${name} COMMAND ${name} ${T_ARGS})
    hum_test_properties(${name} ${T_LABEL} "${T_TIMEOUT}")
    if(T_ENV)
        set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT ${T_ENV})
    endif()
    if(T_SERIAL)
        set_property(TEST ${name} PROPERTY RUN_SERIAL ON)
    endif()
endfunction()

# What every test has, also one that is a script.  Exit status 77: it cannot run here.
function(hum_test_properties name label timeout)
    if(NOT label IN_LIST HUM_TEST_LABELS)
        message(FATAL_ERROR "hum_test(${name}): LABEL must be one of ${HUM_TEST_LABELS}")
    endif()
    if(NOT timeout)
        set(timeout 300) # a minute where there is least to spare; some machines are slower
    endif()
    set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT ${timeout} SKIP_RETURN_CODE 77
                         ENVIRONMENT HUM_KERNEL_PATH=${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
    # What OpenCL compiled for one test is there for all others.
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT
                 HUM_CACHE_DIR=${PROJECT_BINARY_DIR}/cache)
    # PoCL keeps some memory to the end of the process.
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT
                 LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/leaks.txt)
    if(TARGET hum-emu)
        set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT "HUM_EMU=$<TARGET_FILE:hum-emu>")
    endif()
endfunction()
