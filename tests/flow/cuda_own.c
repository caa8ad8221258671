/* SPDX-License-Identifier: MIT */
/*
 * cuda_own.c - a program with CUDA code of its own beside hum, on the double of the driver: it
 * shares the device's primary context, runs its own kernels on memory of the space, and keeps its
 * current context.
 */
#include "flow/flow.h"

#include <unistd.h>

#include "support/cuda_double/open.h"

#define ONE "cuda:0,mem=64M"
#define N (BLOCK / 8)

static struct cuda_double d;
static struct hum *hum;
static struct hum_stream *stream; /* the default one */

/* What the program has by itself. */
static struct CUctx_st *context;
static struct CUstream_st *own;
static struct CUmod_st *module;

#define cu(call) assert_int_equal(d.cu.call, 0)

static void start_own_code(void)
{
    static char image[1024], native[512];
    ssize_t length = readlink("/proc/self/exe", native, sizeof native - 32);

    assert_true(length > 0);
    native[length] = '\0';
    strcpy(strrchr(native, '/') + 1, "flow_memory.so");
    assert_true(cuda_double_image(image, sizeof image, native));
    cu(cuDevicePrimaryCtxRetain(&context, 0));
    cu(cuCtxSetCurrent(context));
    cu(cuStreamCreate(&own, HUMI_CU_STREAM_NON_BLOCKING));
    cu(cuModuleLoadDataEx(&module, image, 0, NULL, NULL));
}

static void end_own_code(void)
{
    cu(cuCtxSetCurrent(NULL));
    cu(cuDevicePrimaryCtxRelease_v2(0));
    context = NULL;
}

static void reopen(const char *options, const char *devices)
{
    cuda_double_open(&d, options);
    hum = flow_open(devices, NULL);
    stream = hum_stream(hum, 0);
}

static int setup(void **state)
{
    (void)state;
    reopen("", ONE);
    start_own_code();
    return 0;
}

/* Whatever was made is given back. */
static int teardown(void **state)
{
    struct cuda_double_counts counts;

    (void)state;
    hum_close(hum);
    if (context)
        end_own_code();
    d.count(&counts);
    return counts.live_objects == 0 && counts.live_bytes == 0 ? 0 : -1;
}

/* The program's own launch: words[i] += value, by the driver's call, which does not wait. */
static void own_add(uint64_t *words, uint64_t value)
{
    struct flow_words args = {.words = words, .n = N, .value = value};
    void *parameters[] = {&args};
    struct CUfunc_st *add;

    cu(cuModuleGetFunction(&add, module, "add"));
    cu(cuLaunchKernel(add, 4, 1, 1, 256, 1, 1, 0, own, parameters, NULL));
}

static uint64_t *there(const uint64_t *words)
{
    uint64_t *pointer = hum_device_pointer(hum, 0, words);

    assert_non_null(pointer);
    return pointer;
}

static uint64_t *counted_words(void)
{
    uint64_t *words = flow_alloc(hum, BLOCK);

    for (size_t i = 0; i < N; i++)
        words[i] = i;
    return words;
}

static void are_counted(const uint64_t *words, uint64_t more)
{
    for (size_t i = 0; i < N; i++)
        assert_int_equal(words[i], i + more);
}

/* ---- stories --------------------------------------------------------------------------------- */

static void own_kernels_work_on_memory_of_the_space(void **state)
{
    uint64_t *words = counted_words();

    (void)state;
    for (uint64_t round = 1; round <= 3; round++) {
        ok(hum_use(stream, words, BLOCK, HUM_READ | HUM_WRITE));
        ok(hum_acquire_device(stream));
        own_add(there(words), 5);
        ok(hum_release_device(stream, own));
        are_counted(words, 5 * round); /* by touching: nobody waited */
    }
    ok(hum_stream_wait(stream));
}

/* What hum launches before the acquire is done then, and what it launches later comes after. */
static void own_work_has_its_place_in_the_stream(void **state)
{
    uint64_t *words = counted_words();
    struct flow_words args = {.words = words, .n = N, .value = 3};
    struct hum_event *event = NULL;

    (void)state;
    ok(hum_event_create(hum, &event));
    ok(hum_launch(stream, flow_kernel(hum, 0, "multiply"), N, &args, sizeof args));
    ok(hum_use(stream, words, BLOCK, HUM_READ | HUM_WRITE));
    ok(hum_acquire_device(stream));
    d.hold(true); /* as a long kernel of the program's would */
    own_add(there(words), 100);
    ok(hum_release_device(stream, own));
    ok(hum_event_record(event, stream));
    ok(hum_launch(stream, flow_kernel(hum, 0, "multiply"), N, &args, sizeof args));
    assert_int_equal(hum_event_query(event), HUM_NOT_READY);
    d.hold(false);
    ok(hum_event_wait(event));
    ok(hum_stream_wait(stream));
    hum_event_destroy(event);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(words[i], (i * 3 + 1 + 100) * 3 + 1);
}

/* It stays where it is, though everything else wants the room. */
static void what_is_acquired_is_not_evicted(void **state)
{
    uint64_t *words = counted_words();
    size_t bytes = 62 * MIB;
    struct hum_stream *other = NULL;

    (void)state;
    ok(hum_stream_create(hum, 0, &other));
    ok(hum_use(stream, words, BLOCK, HUM_READ | HUM_WRITE));
    ok(hum_acquire_device(stream));
    for (int round = 0; round < 2; round++) {
        uint64_t *big = flow_alloc(hum, bytes);
        struct flow_words args = {.words = big, .n = bytes / 8, .value = 1};
        ok(hum_launch(other, flow_kernel(hum, 0, "fill"), args.n, &args, sizeof args));
        ok(hum_stream_wait(other));
        assert_int_equal(big[args.n - 1], args.n);
    }
    own_add(there(words), 7);
    ok(hum_release_device(stream, own));
    are_counted(words, 7);
}

static struct CUctx_st *current(void)
{
    struct CUctx_st *now = NULL;

    cu(cuCtxGetCurrent(&now));
    return now;
}

/* Whatever is current in the thread, also none, is so after each call. */
static void each_call_leaves_the_current_context_alone(void **state)
{
    struct CUctx_st *contexts[] = {context, NULL};
    struct hum_event *event = NULL;

    (void)state;
#define same(call)                                                                                 \
    do {                                                                                           \
        ok(call);                                                                                  \
        assert_ptr_equal(current(), contexts[i]);                                                  \
    } while (0)
    for (size_t i = 0; i < 2; i++) {
        struct hum_options options = HUM_OPTIONS_INIT;
        struct hum *second = NULL;
        void *words = NULL;
        struct flow_words args = {.n = N, .value = 1};
        struct hum_module *loaded = NULL;
        struct hum_kernel *add = NULL;

        cu(cuCtxSetCurrent(contexts[i]));
        options.devices = ONE;
        same(hum_open(&options, &second));
        same(hum_module_load(second, 0, "flow_memory", &loaded));
        same(hum_kernel_get(loaded, "add", &add));
        same(hum_alloc(second, 4 * BLOCK, 0, &words));
        args.words = words;
        same(hum_prefetch(second, words, BLOCK, 0, NULL));
        same(hum_launch(hum_stream(second, 0), add, N, &args, sizeof args));
        same(hum_wait(second, 0));
        args.words[3] = 4;
        assert_ptr_equal(current(), contexts[i]);
        same(hum_event_create(second, &event));
        same(hum_event_record(event, hum_stream(second, 0)));
        same(hum_event_wait(event));
        hum_event_destroy(event);
        same(hum_use(hum_stream(second, 0), words, BLOCK, HUM_READ));
        same(hum_acquire_device(hum_stream(second, 0)));
        same(hum_release_device(hum_stream(second, 0), NULL)); /* the driver's default stream */
        same(hum_wait(second, 0));
        same(hum_discard(second, words, BLOCK, NULL));
        same(hum_free(second, words));
        hum_close(second);
        assert_ptr_equal(current(), contexts[i]);
    }
#undef same
    cu(cuCtxSetCurrent(context));
}

static void misuse_is_refused_and_changes_nothing(void **state)
{
    uint64_t *words = counted_words();
    struct CUstream_st *gone = NULL;

    (void)state;
    status_is(HUM_ERR_INVALID, hum_acquire_device(NULL));
    status_is(HUM_ERR_INVALID, hum_release_device(NULL, own));
    status_is(HUM_ERR_INVALID, hum_acquire_device(stream)); /* nothing was declared */
    assert_non_null(strstr(hum_error_text(), "hum_use"));
    status_is(HUM_ERR_INVALID, hum_release_device(stream, own));
    assert_non_null(strstr(hum_error_text(), "not acquired"));
    ok(hum_use(stream, words, BLOCK, HUM_READ | HUM_WRITE));
    ok(hum_acquire_device(stream));
    ok(hum_use(stream, words, BLOCK, HUM_READ));
    status_is(HUM_ERR_INVALID, hum_acquire_device(stream));
    cu(cuStreamCreate(&gone, 0));
    cu(cuStreamDestroy_v2(gone));
    status_is(HUM_ERR_INVALID, hum_release_device(stream, gone));
    own_add(there(words), 2); /* it is acquired still */
    ok(hum_release_device(stream, own));
    are_counted(words, 2);
}

static void more_than_fits_cannot_be_acquired(void **state)
{
    uint64_t *words = flow_alloc(hum, 128 * MIB);

    (void)state;
    ok(hum_use(stream, words, 128 * MIB, HUM_WRITE));
    status_is(HUM_ERR_NO_MEMORY, hum_acquire_device(stream));
    words[0] = 1; /* nothing is held */
    ok(hum_use(stream, words, BLOCK, HUM_WRITE));
    ok(hum_acquire_device(stream));
    ok(hum_release_device(stream, own));
    assert_int_equal(words[0], 1);
}

/* A stream that ends, and hum_close(), give back what the program forgot. */
static void what_was_not_released_ends_with_the_stream(void **state)
{
    uint64_t *words = counted_words();
    struct hum_stream *other = NULL;

    (void)state;
    ok(hum_stream_create(hum, 0, &other));
    ok(hum_use(other, words, BLOCK, HUM_READ | HUM_WRITE));
    ok(hum_acquire_device(other));
    hum_stream_destroy(other);
    are_counted(words, 0);
    ok(hum_use(stream, words, BLOCK, HUM_READ | HUM_WRITE));
    ok(hum_acquire_device(stream)); /* the teardown closes */
}

static void await_restart(void)
{
    while (flow_device(hum, 0).restarts < 1 || flow_device(hum, 0).lost)
        usleep(1000);
}

/* The driver tells whose context it is, not whose kernel: the first that was not done is blamed. */
static void own_kernels_that_go_wrong_are_told_by_the_stream(void **state)
{
    uint64_t *words = counted_words();

    (void)state;
    ok(hum_use(stream, words, BLOCK, HUM_READ));
    ok(hum_acquire_device(stream));
    d.hold(true); /* else it may be known at the release already */
    own_add((uint64_t *)(uintptr_t)PAGE, 1);
    ok(hum_release_device(stream, own));
    d.hold(false);
    status_is(HUM_ERR_ILLEGAL_ADDRESS, hum_stream_wait(stream));
    assert_non_null(strstr(hum_error_text(), "of the program's own"));
    are_counted(words, 0); /* it was only read there */
    end_own_code(); /* whoever uses the context must let go of it */
    await_restart();
    flow_words(hum, "add", words, N, 6);
    are_counted(words, 6);
}

static void what_is_lost_meanwhile_is_lost_at_the_release(void **state)
{
    uint64_t *words = counted_words();
    struct flow_words bad = {.words = (uint64_t *)(uintptr_t)PAGE, .n = 8, .value = 1};
    struct hum_stream *other = NULL;

    (void)state;
    ok(hum_stream_create(hum, 0, &other));
    ok(hum_use(stream, words, BLOCK, HUM_READ));
    ok(hum_acquire_device(stream));
    ok(hum_launch(other, flow_kernel(hum, 0, "add"), 8, &bad, sizeof bad));
    status_is(HUM_ERR_ILLEGAL_ADDRESS, hum_stream_wait(other));
    end_own_code();
    await_restart();
    status_is(HUM_ERR_DEVICE_LOST, hum_release_device(stream, NULL));
    assert_non_null(strstr(hum_error_text(), "before it was released"));
    flow_words(hum, "add", words, N, 6);
    are_counted(words, 6);
}

static void addresses_are_those_of_the_device(void **state)
{
    uint64_t *words = counted_words(), here = 0;
    unsigned type = 0;

    (void)state;
    assert_ptr_not_equal(there(words), words);
    assert_ptr_equal(there(words + 7), there(words) + 7);
    assert_null(hum_device_pointer(hum, 0, &here));
    assert_null(hum_device_pointer(hum, 1, words));
    assert_null(hum_device_pointer(NULL, 0, words));
    flow_words(hum, "add", words, N, 1);
    cu(cuPointerGetAttribute(&type, HUMI_CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
                             (humi_cu_ptr)(uintptr_t)there(words)));
    assert_int_equal(type, HUMI_CU_MEMORYTYPE_DEVICE);
    hum_close(hum);
    end_own_code();
    reopen("over_host=1", ONE);
    words = flow_alloc(hum, BLOCK);
    assert_ptr_equal(there(words), words);
    hum_close(hum);
    reopen("", ONE_DEVICE);
    words = flow_alloc(hum, BLOCK);
    assert_ptr_equal(there(words), words);
    ok(hum_use(stream, words, BLOCK, HUM_READ));
    status_is(HUM_ERR_UNSUPPORTED, hum_acquire_device(stream));
    assert_non_null(strstr(hum_error_text(), "emu0"));
    words[1] = 2; /* nothing is held */
}

/* In managed mode the driver brings what is touched, at the host's own pointer. */
static void managed_memory_needs_no_uses(void **state)
{
    (void)state;
    hum_close(hum);
    hum = flow_open("cuda:0,mode=managed", NULL);
    stream = hum_stream(hum, 0);
    uint64_t *words = counted_words();
    assert_ptr_equal(there(words), words);
    ok(hum_acquire_device(stream));
    own_add(words, 5);
    ok(hum_release_device(stream, own));
    ok(hum_stream_wait(stream));
    are_counted(words, 5);
    flow_words(hum, "add", words, N, 6);
    are_counted(words, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        STORY(own_kernels_work_on_memory_of_the_space),
        STORY(own_work_has_its_place_in_the_stream),
        STORY(what_is_acquired_is_not_evicted),
        STORY(each_call_leaves_the_current_context_alone),
        STORY(misuse_is_refused_and_changes_nothing),
        STORY(more_than_fits_cannot_be_acquired),
        STORY(what_was_not_released_ends_with_the_stream),
        STORY(own_kernels_that_go_wrong_are_told_by_the_stream),
        STORY(what_is_lost_meanwhile_is_lost_at_the_release),
        STORY(addresses_are_those_of_the_device),
        STORY(managed_memory_needs_no_uses),
#undef STORY
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
