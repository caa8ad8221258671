/* SPDX-License-Identifier: MIT */
/*
 * together.c - the host and devices in the same memory at the same time: atomics, and where a
 * device cannot have any of it that it says so.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/world.h"

#define ITEMS 512u
#define BINS 5u
#define ROUNDS 40

static const cl_svm_mem_flags any_time = CL_MEM_SVM_FINE_GRAIN_BUFFER | CL_MEM_SVM_ATOMICS;
static const char *const languages[] = {"-cl-std=CL2.0", "-cl-std=CL3.0"};

static const char source[] =
    "typedef struct entry { uint value; atomic_uintptr_t next; } entry;\n"
    "kernel void insert(global entry *entries, volatile global atomic_uint *used, uint bins)\n"
    "{ uint value = get_global_id(0);\n"
    "  global entry *mine = entries + atomic_fetch_add_explicit(used, 1u, memory_order_relaxed,\n"
    "                                                           memory_scope_all_svm_devices);\n"
    "  volatile global atomic_uintptr_t *head = &entries[value % bins].next;\n"
    "  uintptr_t seen = atomic_load_explicit(head, memory_order_seq_cst,\n"
    "                                        memory_scope_all_svm_devices);\n"
    "  mine->value = value;\n"
    "  do atomic_store_explicit(&mine->next, seen, memory_order_seq_cst,\n"
    "                           memory_scope_all_svm_devices);\n"
    "  while (!atomic_compare_exchange_strong_explicit(head, &seen, (uintptr_t)mine,\n"
    "      memory_order_seq_cst, memory_order_relaxed, memory_scope_all_svm_devices)); }\n"
    "kernel void answer(volatile global atomic_int *asked, volatile global atomic_int *answered,\n"
    "                   int rounds)\n"
    "{ for (int i = 1; i <= rounds; i++) {\n"
    "    while (atomic_load_explicit(asked, memory_order_acquire,\n"
    "                                memory_scope_all_svm_devices) != i) ;\n"
    "    atomic_store_explicit(answered, -i, memory_order_release,\n"
    "                          memory_scope_all_svm_devices); } }\n"
    "kernel void each(global int *x) { x[get_global_id(0)] += get_global_id(0); }\n"
    "kernel void jump(global const uint *a, global const uint *b, global const uint *c,\n"
    "                 global uint *out, uint items)\n"
    "{ uint i = get_global_id(0), at = i * 2654435761u;\n"
    "  out[i] = a[at % items] + b[at / 7 % items] + c[at / 31 % items]; }\n";

/* Every atomic function in each of its forms, by one work-item: what it returns goes to got. */
static const char every_form[] =
    "kernel void forms(volatile global atomic_int *a, volatile global atomic_uint *u,\n"
    "                  volatile global atomic_long *l, volatile global atomic_flag *f,\n"
    "                  volatile local atomic_int *w, global int *got)\n"
    "{ int e = 99; uint eu = 4u; int n = 0;\n"
    "  atomic_init(w, 3); atomic_init(l, 10l);\n"
    "  atomic_store(a, 1); got[n++] = atomic_load(a);\n"
    "  atomic_store_explicit(a, 2, memory_order_release);\n"
    "  got[n++] = atomic_load_explicit(a, memory_order_acquire);\n"
    "  atomic_store_explicit(w, 4, memory_order_release, memory_scope_work_group);\n"
    "  got[n++] = atomic_load_explicit(w, memory_order_acquire, memory_scope_work_group);\n"
    "  got[n++] = atomic_exchange(a, 5);\n"
    "  got[n++] = atomic_exchange_explicit(a, 6, memory_order_acq_rel);\n"
    "  got[n++] = atomic_exchange_explicit(u, 4u, memory_order_acq_rel, memory_scope_device);\n"
    "  got[n++] = atomic_compare_exchange_strong(a, &e, 7); got[n++] = e;\n"
    "  got[n++] = atomic_compare_exchange_strong_explicit(a, &e, 7, memory_order_seq_cst,\n"
    "                                                     memory_order_relaxed);\n"
    "  while (!atomic_compare_exchange_weak_explicit(u, &eu, 8u, memory_order_seq_cst,\n"
    "             memory_order_relaxed, memory_scope_all_svm_devices)) ;\n"
    "  got[n++] = atomic_fetch_add(a, 3);\n"
    "  got[n++] = atomic_fetch_sub_explicit(a, 1, memory_order_relaxed);\n"
    "  got[n++] = atomic_fetch_or_explicit(u, 3u, memory_order_relaxed, memory_scope_device);\n"
    "  got[n++] = atomic_fetch_xor(u, 1u); got[n++] = atomic_fetch_and(u, 6u);\n"
    "  got[n++] = atomic_fetch_min(l, 4l); got[n++] = atomic_fetch_max(l, 20l);\n"
    "  got[n++] = atomic_fetch_min_explicit(a, -4, memory_order_relaxed);\n"
    "  got[n++] = atomic_fetch_max_explicit(u, 9u, memory_order_relaxed,\n"
    "                                       memory_scope_all_svm_devices);\n"
    "  got[n++] = atomic_load(a); got[n++] = atomic_load(u); got[n++] = atomic_load(l);\n"
    "  atomic_flag_clear(f); got[n++] = atomic_flag_test_and_set(f);\n"
    "  got[n++] = atomic_flag_test_and_set_explicit(f, memory_order_acquire);\n"
    "  atomic_flag_clear_explicit(f, memory_order_release, memory_scope_device);\n"
    "  got[n++] = atomic_flag_test_and_set_explicit(f, memory_order_acquire,\n"
    "                                               memory_scope_device); }\n";
static const int every_result[] = {1,  2,  4,  2, 5, 0, 0,  6, 1,  7, 10, 8,
                                   11, 10, 10, 4, 9, 2, -4, 9, 20, 0, 1,  0};

struct entry {
    cl_uint value;
    _Atomic(struct entry *) next;
};

/* A context of all devices, as who wants to share among them has it. */
struct all {
    cl_device_id devices[8];
    cl_command_queue queues[8];
    cl_uint count;
    cl_context context;
};

static void open_all(const struct world *world, struct all *all)
{
    cl_int error;

    ok(clGetDeviceIDs(world->platform, CL_DEVICE_TYPE_ALL, 8, all->devices, &all->count));
    all->context = clCreateContext(NULL, all->count, all->devices, NULL, NULL, &error);
    ok(error);
    for (cl_uint i = 0; i < all->count; i++) {
        all->queues[i] =
            clCreateCommandQueueWithProperties(all->context, all->devices[i], NULL, &error);
        ok(error);
    }
}

static void close_all(struct all *all)
{
    for (cl_uint i = 0; i < all->count; i++)
        ok(clReleaseCommandQueue(all->queues[i]));
    ok(clReleaseContext(all->context));
}

static cl_kernel built(cl_context context, const char *text, const char *options, const char *name)
{
    cl_int error;
    cl_program program = clCreateProgramWithSource(context, 1, &text, NULL, &error);
    cl_kernel kernel;

    ok(error);
    ok(clBuildProgram(program, 0, NULL, options, NULL, NULL));
    kernel = clCreateKernel(program, name, &error);
    ok(error);
    ok(clReleaseProgram(program));
    return kernel;
}

static bool is_any_time(const struct world *world)
{
    const cl_device_svm_capabilities both = CL_DEVICE_SVM_FINE_GRAIN_BUFFER | CL_DEVICE_SVM_ATOMICS;

    return (world_number(world, CL_DEVICE_SVM_CAPABILITIES) & both) == both;
}

/* ---- the functions --------------------------------------------------------------------------- */

static void every_form_of_every_atomic_is_there(void **state)
{
    struct world *world = *state;

    for (unsigned i = 0; i < COUNT_OF(languages); i++) {
        cl_kernel forms = built(world->context, every_form, languages[i], "forms");
        cl_mem words[4], got = world_buffer(world, sizeof every_result);
        int results[COUNT_OF(every_result)];

        for (cl_uint a = 0; a < COUNT_OF(words); a++) {
            words[a] = world_buffer(world, 8);
            ok(clEnqueueFillBuffer(world->queue, words[a], &(cl_int){0}, 4, 0, 8, 0, NULL, NULL));
            ok(clSetKernelArg(forms, a, ARG(words[a])));
        }
        ok(clSetKernelArg(forms, 4, sizeof(cl_int), NULL));
        ok(clSetKernelArg(forms, 5, ARG(got)));
        world_run(world, forms, 1);
        ok(clEnqueueReadBuffer(world->queue, got, CL_TRUE, 0, sizeof results, results, 0, NULL,
                               NULL));
        assert_memory_equal(results, every_result, sizeof results);
        for (cl_uint a = 0; a < COUNT_OF(words); a++)
            ok(clReleaseMemObject(words[a]));
        ok(clReleaseMemObject(got));
        ok(clReleaseKernel(forms));
    }
}

/* What the device lists as features of the language, a program finds defined. */
static void features_that_are_listed_are_defined(void **state)
{
    struct world *world = *state;
    static cl_name_version features[64];
    static char text[COUNT_OF(features) * 128] = "kernel void k(global int *x) { *x = 0; }\n";
    size_t bytes, length = strlen(text);
    bool has_scope = false;

    ok(clGetDeviceInfo(world->device, CL_DEVICE_OPENCL_C_FEATURES, sizeof features, features,
                       &bytes));
    for (size_t i = 0; i < bytes / sizeof features[0]; i++) {
        length += (size_t)snprintf(text + length, sizeof text - length,
                                   "#ifndef %s\n#error\n#endif\n", features[i].name);
        has_scope |= strcmp(features[i].name, "__opencl_c_atomic_scope_all_devices") == 0;
    }
    ok(clReleaseKernel(built(world->context, text, "-cl-std=CL3.0", "k")));
    assert_true(has_scope);
}

/* The compiler counts the program's lines, and the source is what the program gave. */
static void a_program_is_its_own_text(void **state)
{
    struct world *world = *state;
    const char *text = "kernel void k(global int *x)\n{\n  x = oops;\n}\n";
    char log[4096], back[128];
    cl_int error;
    cl_program program = clCreateProgramWithSource(world->context, 1, &text, NULL, &error);

    ok(error);
    for (unsigned i = 0; i < COUNT_OF(languages); i++) {
        gives(CL_BUILD_PROGRAM_FAILURE, clBuildProgram(program, 0, NULL, languages[i], NULL, NULL));
        ok(clGetProgramBuildInfo(program, world->device, CL_PROGRAM_BUILD_LOG, sizeof log, log,
                                 NULL));
        assert_non_null(strstr(log, ".cl:3:7"));
    }
    ok(clGetProgramInfo(program, CL_PROGRAM_SOURCE, sizeof back, back, NULL));
    assert_string_equal(back, text);
    ok(clReleaseProgram(program));
}

/* ---- at the same time ------------------------------------------------------------------------ */

static void insert_at_host(struct entry *entries, atomic_uint *used)
{
    for (cl_uint value = 0; value < ITEMS; value++) {
        struct entry *mine = &entries[atomic_fetch_add(used, 1)];
        struct entry *seen = atomic_load(&entries[value % BINS].next);

        mine->value = value;
        do
            atomic_store(&mine->next, seen);
        while (!atomic_compare_exchange_weak(&entries[value % BINS].next, &seen, mine));
    }
}

/* Each value once from everybody, each in its bin. */
static void check_lists(const struct entry *entries, unsigned writers)
{
    unsigned times[ITEMS] = {0};

    for (cl_uint bin = 0; bin < BINS; bin++)
        for (const struct entry *e = entries[bin].next; e; e = e->next) {
            assert_true(e->value < ITEMS && e->value % BINS == bin);
            times[e->value]++;
        }
    for (cl_uint value = 0; value < ITEMS; value++)
        assert_int_equal(times[value], writers);
}

static void all_insert_into_the_same_lists(void **state)
{
    struct world *world = *state;
    struct all all;
    const cl_uint bins = BINS;
    const size_t items = ITEMS;

    if (!is_any_time(world))
        skip();
    open_all(world, &all);
    for (unsigned i = 0; i < COUNT_OF(languages); i++) {
        size_t bytes = (BINS + ITEMS * (all.count + 1)) * sizeof(struct entry);
        struct entry *entries = clSVMAlloc(all.context, any_time, bytes, 0);
        atomic_uint *used = clSVMAlloc(all.context, any_time, sizeof *used, 0);
        cl_kernel insert = built(all.context, source, languages[i], "insert");

        assert_non_null(entries);
        assert_non_null(used);
        memset(entries, 0, bytes);
        atomic_store(used, BINS);
        ok(clSetKernelArgSVMPointer(insert, 0, entries));
        ok(clSetKernelArgSVMPointer(insert, 1, used));
        ok(clSetKernelArg(insert, 2, ARG(bins)));
        for (cl_uint d = 0; d < all.count; d++) {
            ok(clEnqueueNDRangeKernel(all.queues[d], insert, 1, NULL, &items, NULL, 0, NULL, NULL));
            ok(clFlush(all.queues[d]));
        }
        insert_at_host(entries, used);
        for (cl_uint d = 0; d < all.count; d++)
            ok(clFinish(all.queues[d]));
        check_lists(entries, all.count + 1);
        clSVMFree(all.context, entries);
        clSVMFree(all.context, used);
        ok(clReleaseKernel(insert));
    }
    close_all(&all);
}

static void a_running_kernel_answers_the_host(void **state)
{
    struct world *world = *state;
    cl_kernel answer;
    atomic_int *asked, *answered;
    const cl_int rounds = ROUNDS;
    const size_t one = 1;

    if (!is_any_time(world))
        skip();
    answer = built(world->context, source, languages[0], "answer");
    asked = clSVMAlloc(world->context, any_time, sizeof *asked, 0);
    answered = clSVMAlloc(world->context, any_time, sizeof *answered, 0);
    assert_true(asked && answered);
    atomic_store(asked, 0);
    atomic_store(answered, 0);
    ok(clSetKernelArgSVMPointer(answer, 0, asked));
    ok(clSetKernelArgSVMPointer(answer, 1, answered));
    ok(clSetKernelArg(answer, 2, ARG(rounds)));
    ok(clEnqueueNDRangeKernel(world->queue, answer, 1, NULL, &one, &one, 0, NULL, NULL));
    ok(clFlush(world->queue));
    for (int i = 1; i <= ROUNDS; i++) {
        atomic_store(asked, i);
        while (atomic_load(answered) != -i)
            continue;
    }
    ok(clFinish(world->queue));
    clSVMFree(world->context, asked);
    clSVMFree(world->context, answered);
    ok(clReleaseKernel(answer));
}

/* ---- what a device says it cannot ------------------------------------------------------------ */

static void what_is_not_supported_is_not_allocated(void **state)
{
    struct world *world = *state;
    cl_device_svm_capabilities can = world_number(world, CL_DEVICE_SVM_CAPABILITIES);
    static const struct {
        cl_svm_mem_flags flags;
        cl_device_svm_capabilities wanted;
    } kinds[] = {
        {CL_MEM_READ_WRITE, CL_DEVICE_SVM_COARSE_GRAIN_BUFFER},
        {CL_MEM_SVM_FINE_GRAIN_BUFFER, CL_DEVICE_SVM_FINE_GRAIN_BUFFER},
        {CL_MEM_SVM_FINE_GRAIN_BUFFER | CL_MEM_SVM_ATOMICS, CL_DEVICE_SVM_ATOMICS},
    };

    assert_true(can & CL_DEVICE_SVM_COARSE_GRAIN_BUFFER);
    assert_false(can & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM);
    for (unsigned i = 0; i < COUNT_OF(kinds); i++) {
        void *pointer = clSVMAlloc(world->context, kinds[i].flags, 64, 0);

        assert_int_equal(!pointer, !(can & kinds[i].wanted));
        clSVMFree(world->context, pointer);
    }
    if (getenv("HUM_DEVICES") && strstr(getenv("HUM_DEVICES"), "faults=off"))
        assert_int_equal(can, CL_DEVICE_SVM_COARSE_GRAIN_BUFFER);
    else
        assert_true(is_any_time(world));
}

/* Shared memory moves like any other: a device works on more of it than it has. */
static void more_is_shared_than_a_device_has(void **state)
{
    struct world *world = *state;
    size_t bytes = world_number(world, CL_DEVICE_GLOBAL_MEM_SIZE) * 3;
    size_t count = bytes / sizeof(cl_int);
    cl_kernel each;
    cl_int *x;

    if (bytes > (size_t)64 << 20)
        skip();
    each = built(world->context, source, languages[0], "each");
    x = clSVMAlloc(world->context, CL_MEM_READ_WRITE, bytes, 0);
    assert_non_null(x);
    ok(clEnqueueSVMMemFill(world->queue, x, &(cl_int){7}, 4, bytes, 0, NULL, NULL));
    ok(clSetKernelArgSVMPointer(each, 0, x));
    world_run(world, each, count);
    ok(clEnqueueSVMMap(world->queue, CL_TRUE, CL_MAP_READ, x, bytes, 0, NULL, NULL));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(x[i], (cl_int)i + 7);
    ok(clEnqueueSVMUnmap(world->queue, x, 0, NULL, NULL));
    ok(clFinish(world->queue));
    clSVMFree(world->context, x);
    ok(clReleaseKernel(each));
}

/* Several buffers at once, none in order: fetched for every touch this would take minutes. */
static void kernels_jump_about_in_more_than_there_is(void **state)
{
    struct world *world = *state;
    const cl_uint items = 1 << 19;
    cl_kernel jump = built(world->context, source, languages[0], "jump");
    cl_uint *host = malloc(items * sizeof *host);
    cl_mem mems[4];

    for (cl_uint i = 0; i < items; i++)
        host[i] = i;
    for (cl_uint m = 0; m < COUNT_OF(mems); m++) {
        mems[m] = world_buffer(world, items * sizeof *host);
        ok(clEnqueueWriteBuffer(world->queue, mems[m], CL_TRUE, 0, items * sizeof *host, host, 0,
                                NULL, NULL));
        ok(clSetKernelArg(jump, m, ARG(mems[m])));
    }
    ok(clSetKernelArg(jump, 4, ARG(items)));
    world_run(world, jump, items);
    ok(clEnqueueReadBuffer(world->queue, mems[3], CL_TRUE, 0, items * sizeof *host, host, 0, NULL,
                           NULL));
    for (cl_uint i = 0; i < items; i++) {
        cl_uint at = i * 2654435761u;

        assert_int_equal(host[i], at % items + at / 7 % items + at / 31 % items);
    }
    for (cl_uint m = 0; m < COUNT_OF(mems); m++)
        ok(clReleaseMemObject(mems[m]));
    ok(clReleaseKernel(jump));
    free(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_every_atomic_is_there),
        cmocka_unit_test(features_that_are_listed_are_defined),
        cmocka_unit_test(a_program_is_its_own_text),
        cmocka_unit_test(all_insert_into_the_same_lists),
        cmocka_unit_test(a_running_kernel_answers_the_host),
        cmocka_unit_test(what_is_not_supported_is_not_allocated),
        cmocka_unit_test(more_is_shared_than_a_device_has),
        cmocka_unit_test(kernels_jump_about_in_more_than_there_is),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
