/* SPDX-License-Identifier: MIT */
/* test_double_kernels.c - the double: modules, launches, and what a wrong kernel leaves behind. */
#include <sys/mman.h>

#include "double_world.h"

/* The sanitizers leave programs some ranges only. */
#ifdef __SANITIZE_THREAD__
#define FAR_AWAY 0x5000000000
#else
#define FAR_AWAY 0x1f0000000000
#endif

static void a_flat_kernel_reaches_each_index_once(void **state)
{
    static int32_t words[10000];
    size_t count = COUNT_OF(words);

    (void)state;
    cuda_double_open_context(&d, "");
    humi_cu_ptr ptr = allocated(sizeof(words));
    write_device(ptr, words, sizeof(words));
    struct add_args args = {(int32_t *)(uintptr_t)ptr, count, 7};
    assert_ok(launch(kernel("add"), 13, 64, 0, NULL, &args));
    args.add = 1000; /* the block was copied */
    read_device(words, ptr, sizeof(words));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(words[i], 7);
}

static void groups_share_local_memory_and_know_where_they_are(void **state)
{
    int32_t in[8 * 32], out[8 * 32];

    (void)state;
    cuda_double_open_context(&d, "");
    humi_cu_ptr from = allocated(sizeof(in)), to = allocated(sizeof(out));
    for (int i = 0; i < 8 * 32; i++)
        in[i] = i;
    write_device(from, in, sizeof(in));
    struct reverse_args args = {(int32_t *)(uintptr_t)from, (int32_t *)(uintptr_t)to};
    assert_ok(launch(kernel("reverse"), 8, 32, 32 * sizeof(int32_t), NULL, &args));
    read_device(out, to, sizeof(out));
    for (int group = 0; group < 8; group++)
        for (int i = 0; i < 32; i++)
            assert_int_equal(out[group * 32 + i], group * 32 + 31 - i);
}

static void images_are_refused_for_their_reasons(void **state)
{
    static const char newer[] = ".version 8.0\n.target sm_90\n// hum.native: /nowhere.so\n";
    static const char wrong[] = ".version 7.0\n.target sm_70\n.entry k() { frobnicate.s32; }\n";
    static const uint32_t fatbin[] = {0xba55ed50, 16 << 16 | 1, 8, 0, 1, 2};
    static const char no_file[] = ".version 7.0\n.target sm_70\n// hum.native: /nowhere.so\n";
    static const char no_module[] = ".version 7.0\n.target sm_70\n// hum.native: /dev/null\n";
    struct CUmod_st *m = NULL;
    char log[200] = "";
    enum humi_cu_jit_option options[] = {HUMI_CU_JIT_ERROR_LOG_BUFFER,
                                         HUMI_CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
    void *values[] = {log, (void *)sizeof(log)};

    (void)state;
    cuda_double_open_context(&d, "compute=8.6");
    assert_cu(d.cu.cuModuleLoadDataEx(&m, "garbage", 2, options, values), ERROR_INVALID_IMAGE);
    assert_non_null(strstr(log, "not an image"));
    assert_cu(d.cu.cuModuleLoadDataEx(&m, newer, 0, NULL, NULL), ERROR_NO_BINARY_FOR_GPU);
    assert_cu(d.cu.cuModuleLoadDataEx(&m, wrong, 2, options, values), ERROR_INVALID_PTX);
    assert_string_equal(log, "ptx: line 3: the instruction 'frobnicate.s32' is not known");
    assert_cu(d.cu.cuModuleLoadDataEx(&m, fatbin, 2, options, values), ERROR_NO_BINARY_FOR_GPU);
    assert_non_null(strstr(log, "names no native form"));
    assert_cu(d.cu.cuModuleLoadDataEx(&m, no_file, 0, NULL, NULL), ERROR_FILE_NOT_FOUND);
    assert_cu(d.cu.cuModuleLoadDataEx(&m, no_module, 0, NULL, NULL),
              ERROR_SHARED_OBJECT_INIT_FAILED);
    assert_cu(d.cu.cuModuleLoadDataEx(NULL, no_file, 0, NULL, NULL), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuModuleLoadDataEx(&m, NULL, 0, NULL, NULL), ERROR_INVALID_VALUE);
    assert_null(m);
}

static void kernels_are_found_by_name(void **state)
{
    char image[1024];
    struct CUmod_st *m;
    struct CUfunc_st *f = NULL, *again = NULL;

    (void)state;
    cuda_double_open_context(&d, "");
    assert_true(cuda_double_image(image, sizeof(image), getenv("HUM_TEST_NATIVE")));
    assert_ok(d.cu.cuModuleLoadDataEx(&m, image, 0, NULL, NULL));
    assert_cu(d.cu.cuModuleGetFunction(&f, m, "nothing"), ERROR_NOT_FOUND);
    assert_cu(d.cu.cuModuleGetFunction(&f, m, ""), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuModuleGetFunction(&f, m, "add"));
    assert_ok(d.cu.cuModuleGetFunction(&again, m, "add"));
    assert_ptr_equal(f, again);
    assert_ok(d.cu.cuModuleUnload(m));
    assert_cu(d.cu.cuModuleUnload(m), ERROR_INVALID_HANDLE);
    assert_cu(d.cu.cuModuleGetFunction(&f, m, "add"), ERROR_INVALID_HANDLE);
    struct add_args args = {NULL, 0, 0};
    assert_cu(launch(f, 1, 1, 0, NULL, &args), ERROR_INVALID_HANDLE);
}

static void shapes_that_no_device_has_are_refused(void **state)
{
    struct poke_args args = {NULL};
    void *parameters[] = {&args};
    int value = 0;

    (void)state;
    cuda_double_open_context(&d, "");
    struct CUfunc_st *f = kernel("poke");
    assert_cu(launch(f, 0, 1, 0, NULL, &args), ERROR_INVALID_VALUE);
    assert_cu(launch(f, 1, 0, 0, NULL, &args), ERROR_INVALID_VALUE);
    assert_cu(launch(f, 1, 1025, 0, NULL, &args), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuLaunchKernel(f, 1, 65536, 1, 1, 1, 1, 0, NULL, parameters, NULL),
              ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuLaunchKernel(f, 1, 1, 1, 1, 1, 65, 0, NULL, parameters, NULL),
              ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuLaunchKernel(f, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL), ERROR_INVALID_VALUE);
    assert_cu(launch(NULL, 1, 1, 0, NULL, &args), ERROR_INVALID_HANDLE);
    assert_cu(launch(f, 1, 1, 0, (struct CUstream_st *)0x1234, &args), ERROR_INVALID_HANDLE);

    /* More than 48 KiB of shared memory must be asked for, and there is an end to it. */
    assert_cu(launch(f, 1, 1, 50 << 10, NULL, &args), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuFuncSetAttribute(f, HUMI_CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                      1 << 20),
              ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuFuncSetAttribute(f, HUMI_CU_FUNC_ATTRIBUTE_NUM_REGS, 1), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuFuncSetAttribute(f, HUMI_CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                      64 << 10));
    assert_ok(d.cu.cuFuncGetAttribute(&value, HUMI_CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                      f));
    assert_int_equal(value, 64 << 10);
    humi_cu_ptr ptr = allocated(4);
    args.at = (int32_t *)(uintptr_t)ptr;
    assert_ok(launch(f, 1, 1, 50 << 10, NULL, &args));
    assert_ok(d.cu.cuCtxSynchronize());
}

/* Host memory, freed memory, mapped memory without access or read-only: each is out of reach. */
static void a_touch_that_was_not_granted_is_an_illegal_address(void **state)
{
    /* Where the device's process has nothing of its own, also if both are laid out alike. */
    int32_t *host_word = mmap((void *)FAR_AWAY, 4096, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    unsigned long long handle;

    (void)state;
    assert_ptr_not_equal(host_word, MAP_FAILED);
    for (int which = 0; which < 4; which++) {
        cuda_double_open_context(&d, "");
        struct CUfunc_st *f = kernel("poke");
        humi_cu_ptr bad = (uintptr_t)host_word;
        if (which == 1) {
            bad = allocated(4096);
            assert_ok(d.cu.cuMemFree_v2(bad));
        } else if (which >= 2) {
            bad = mapped(2 * MIB, 0,
                         which == 2 ? HUMI_CU_MEM_ACCESS_FLAGS_PROT_NONE
                                    : HUMI_CU_MEM_ACCESS_FLAGS_PROT_READ,
                         &handle);
        }
        struct poke_args args = {(int32_t *)(uintptr_t)bad};
        assert_ok(launch(f, 1, 1, 0, NULL, &args));
        assert_cu(d.cu.cuStreamSynchronize(NULL), ERROR_ILLEGAL_ADDRESS);
        struct cuda_double_counts counts;
        d.count(&counts);
        assert_int_equal(counts.illegal, bad);
        assert_int_equal(*host_word, 0);
    }
    munmap(host_word, 4096);
}

static void an_error_of_a_kernel_stays_until_the_context_is_reset(void **state)
{
    humi_cu_ptr ptr;
    struct CUstream_st *stream;
    struct poke_args args = {NULL};

    (void)state;
    cuda_double_open_context(&d, "");
    struct CUfunc_st *f = kernel("poke");
    assert_ok(launch(f, 1, 1, 0, NULL, &args));
    assert_cu(d.cu.cuCtxSynchronize(), ERROR_ILLEGAL_ADDRESS);
    assert_cu(d.cu.cuMemAlloc_v2(&ptr, 4096), ERROR_ILLEGAL_ADDRESS);
    assert_cu(d.cu.cuStreamCreate(&stream, 0), ERROR_ILLEGAL_ADDRESS);
    assert_cu(launch(f, 1, 1, 0, NULL, &args), ERROR_ILLEGAL_ADDRESS);
    assert_cu(d.cu.cuCtxSynchronize(), ERROR_ILLEGAL_ADDRESS);
    assert_ok(d.cu.cuDevicePrimaryCtxReset_v2(0));
    assert_ok(d.cu.cuMemAlloc_v2(&ptr, 4096));
    args.at = (int32_t *)(uintptr_t)ptr;
    assert_cu(launch(f, 1, 1, 0, NULL, &args), ERROR_INVALID_HANDLE); /* went with the context */
    assert_ok(launch(kernel("poke"), 1, 1, 0, NULL, &args));
    assert_ok(d.cu.cuCtxSynchronize());
}

static void without_recovery_a_reset_does_not_help(void **state)
{
    struct poke_args args = {NULL};

    (void)state;
    cuda_double_open_context(&d, "recover=0");
    assert_ok(launch(kernel("poke"), 1, 1, 0, NULL, &args));
    assert_cu(d.cu.cuCtxSynchronize(), ERROR_ILLEGAL_ADDRESS);
    assert_ok(d.cu.cuDevicePrimaryCtxReset_v2(0));
    assert_cu(d.cu.cuCtxSynchronize(), ERROR_ILLEGAL_ADDRESS);
}

/* What is queued behind the kernel that went wrong does not run. */
static void nothing_runs_after_an_error(void **state)
{
    unsigned char byte = 1;
    struct poke_args args = {NULL};
    struct cuda_double_counts counts;

    (void)state;
    cuda_double_open_context(&d, "");
    humi_cu_ptr ptr = allocated(1);
    write_device(ptr, &byte, 1);
    struct CUfunc_st *f = kernel("trap");
    d.hold(true);
    assert_ok(launch(f, 1, 1, 0, NULL, &args));
    assert_ok(d.cu.cuMemsetD8Async(ptr, 9, 1, NULL));
    d.count(&counts);
    uint64_t copies = counts.copies;
    d.hold(false);
    enum humi_cu_result result = d.cu.cuCtxSynchronize();
    assert_true(result == HUMI_CUDA_ERROR_ILLEGAL_INSTRUCTION ||
                result == HUMI_CUDA_ERROR_LAUNCH_FAILED); /* which trap the processor has */
    d.count(&counts);
    assert_int_equal(counts.copies, copies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flat_kernel_reaches_each_index_once),
        cmocka_unit_test(groups_share_local_memory_and_know_where_they_are),
        cmocka_unit_test(images_are_refused_for_their_reasons),
        cmocka_unit_test(kernels_are_found_by_name),
        cmocka_unit_test(shapes_that_no_device_has_are_refused),
        cmocka_unit_test(a_touch_that_was_not_granted_is_an_illegal_address),
        cmocka_unit_test(an_error_of_a_kernel_stays_until_the_context_is_reset),
        cmocka_unit_test(without_recovery_a_reset_does_not_help),
        cmocka_unit_test(nothing_runs_after_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
