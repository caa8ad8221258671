/* SPDX-License-Identifier: MIT */
/*
 * prelude.c - see prelude.h.
 *
 * A function with `_explicit` may leave out its scope, which is the device's then: each macro puts
 * that scope behind what the program gave and takes as many as it needs.
 */
#include "device/emu/process/opencl/prelude.h"

/* One that takes a pointer and a value, in both forms. */
#define TWO(name)                                                                 \
    "#undef atomic_" name "\n"                                                    \
    "#undef atomic_" name "_explicit\n"                                           \
    "#define atomic_" name "(p, v) "                                              \
    "__opencl_atomic_" name "(p, v, memory_order_seq_cst, memory_scope_device)\n" \
    "#define atomic_" name "_explicit(p, v, ...) "                                \
    "__hum_atomic_2(__opencl_atomic_" name ", p, v, __VA_ARGS__, memory_scope_device, 0)\n"

#define EXCHANGE(name)                                                             \
    "#undef atomic_compare_exchange_" name "\n"                                    \
    "#undef atomic_compare_exchange_" name "_explicit\n"                           \
    "#define atomic_compare_exchange_" name "(p, e, v) "                           \
    "__opencl_atomic_compare_exchange_" name                                       \
    "(p, e, v, memory_order_seq_cst, memory_order_seq_cst, memory_scope_device)\n" \
    "#define atomic_compare_exchange_" name "_explicit(p, e, v, o, ...) "          \
    "__hum_atomic_3(__opencl_atomic_compare_exchange_" name                        \
    ", p, e, v, o, __VA_ARGS__, memory_scope_device, 0)\n"

const char humi_cl_prelude[] =
    "#if defined(__clang__) && __OPENCL_C_VERSION__ >= 200 && __OPENCL_C_VERSION__ < 300\n"
    "#define __hum_atomic_1(f, p, o, s, ...) f(p, o, s)\n"
    "#define __hum_atomic_2(f, p, v, o, s, ...) f(p, v, o, s)\n"
    "#define __hum_atomic_3(f, p, e, v, o, q, s, ...) f(p, e, v, o, q, s)\n"
    "#undef atomic_init\n"
    "#define atomic_init(p, v) __opencl_atomic_init(p, v)\n"
    "#undef atomic_load\n"
    "#undef atomic_load_explicit\n"
    "#define atomic_load(p) __opencl_atomic_load(p, memory_order_seq_cst, memory_scope_device)\n"
    "#define atomic_load_explicit(p, ...) "
    "__hum_atomic_1(__opencl_atomic_load, p, __VA_ARGS__, memory_scope_device, 0)\n"
    /* clang-format off */
    TWO("store") TWO("exchange")
    TWO("fetch_add") TWO("fetch_sub") TWO("fetch_or") TWO("fetch_xor") TWO("fetch_and")
    TWO("fetch_min") TWO("fetch_max")
    EXCHANGE("strong") EXCHANGE("weak")
    /* clang-format on */
    "#undef atomic_flag_test_and_set\n"
    "#undef atomic_flag_test_and_set_explicit\n"
    "#undef atomic_flag_clear\n"
    "#undef atomic_flag_clear_explicit\n"
    "#define atomic_flag_test_and_set(p) (atomic_exchange(p, 1) != 0)\n"
    "#define atomic_flag_test_and_set_explicit(p, ...) "
    "(atomic_exchange_explicit(p, 1, __VA_ARGS__) != 0)\n"
    "#define atomic_flag_clear(p) atomic_store(p, 0)\n"
    "#define atomic_flag_clear_explicit(p, ...) atomic_store_explicit(p, 0, __VA_ARGS__)\n"
    "#endif\n"
    "#if __OPENCL_C_VERSION__ >= 300 && defined(__OPENCL_MEMORY_SCOPE_ALL_SVM_DEVICES) && \\\n"
    "    !defined(__opencl_c_atomic_scope_all_devices)\n"
    "#define __opencl_c_atomic_scope_all_devices 1\n"
    "#define memory_scope_all_svm_devices ((memory_scope)__OPENCL_MEMORY_SCOPE_ALL_SVM_DEVICES)\n"
    "#define memory_scope_all_devices memory_scope_all_svm_devices\n"
    "#endif\n"
    "#line 1\n";
