/* SPDX-License-Identifier: MIT */
/* invalid.c - a caller's misuse: HUM_ERR_INVALID with a sentence, outputs untouched. */
#include "flow/flow.h"

static struct hum *hum;
static char *region;        /* 3 pages */
static int outside;         /* memory that hum does not manage */

#define invalid(call) status_is(HUM_ERR_INVALID, call)

/* A pointer no function may replace on failure. */
static void *const untouched = &outside;

static int setup(void **state)
{
    (void)state;
    hum = flow_open(TWO_DEVICES, NULL);
    region = flow_alloc(hum, 3 * PAGE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hum_close(hum);
    return 0;
}

static void open_and_close(void **state)
{
    struct hum_options small = HUM_OPTIONS_INIT;
    struct hum *other = untouched;

    (void)state;
    invalid(hum_open(NULL, NULL));
    small.struct_size = 3;
    invalid(hum_open(&small, &other));
    assert_ptr_equal(other, untouched);
    hum_close(NULL);
}

static void alloc_and_free(void **state)
{
    void *ptr = untouched;
    char *freed = flow_alloc(hum, 1);

    (void)state;
    invalid(hum_alloc(NULL, 1, 0, &ptr));
    invalid(hum_alloc(hum, 0, 0, &ptr));
    invalid(hum_alloc(hum, 1, 1u << 31, &ptr));
    invalid(hum_alloc(hum, 1, 0, NULL));
    status_is(HUM_ERR_NO_SPACE, hum_alloc(hum, SIZE_MAX, 0, &ptr));
    status_is(HUM_ERR_NO_SPACE, hum_alloc(hum, flow_system(hum).space_bytes + 1, 0, &ptr));
    assert_ptr_equal(ptr, untouched);

    ok(hum_free(hum, NULL));
    invalid(hum_free(NULL, region));
    invalid(hum_free(hum, region + 1));
    invalid(hum_free(hum, region + PAGE));
    invalid(hum_free(hum, &outside));
    invalid(hum_free(hum, (void *)(flow_system(hum).space_start + flow_system(hum).space_bytes)));
    ok(hum_free(hum, freed));
    invalid(hum_free(hum, freed));
}

static void protect_and_name(void **state)
{
    (void)state;
    invalid(hum_protect(NULL, region, 0, HUM_NONE));
    invalid(hum_protect(hum, NULL, 0, HUM_NONE));
    invalid(hum_protect(hum, &outside, 0, HUM_NONE));
    invalid(hum_protect(hum, region, 2, HUM_NONE));
    invalid(hum_protect(hum, region, -2, HUM_NONE));
    invalid(hum_protect(hum, region, 0, HUM_WRITE));
    invalid(hum_protect(hum, region, 0, 4));
    invalid(hum_name(NULL, region, "x"));
    invalid(hum_name(hum, &outside, "x"));
    invalid(hum_name(hum, region, NULL));
}

static void modules_and_kernels(void **state)
{
    struct hum_module *module = untouched;
    struct hum_kernel *kernel = untouched;
    struct hum_module *good;

    (void)state;
    invalid(hum_module_load(NULL, 0, "flow_memory", &module));
    invalid(hum_module_load(hum, 2, "flow_memory", &module));
    invalid(hum_module_load(hum, HUM_HOST, "flow_memory", &module));
    invalid(hum_module_load(hum, 0, NULL, &module));
    invalid(hum_module_load(hum, 0, "", &module));
    invalid(hum_module_load(hum, 0, "flow_memory", NULL));
    status_is(HUM_ERR_NOT_FOUND, hum_module_load(hum, 0, "no_such_module", &module));
    assert_non_null(strstr(hum_error_text(), "no_such_module"));
    status_is(HUM_ERR_NOT_FOUND, hum_module_load(hum, 0, "/no/such/module.so", &module));
    status_is(HUM_ERR_MODULE, hum_module_load(hum, 0, "/etc/passwd", &module));
    assert_ptr_equal(module, untouched);

    ok(hum_module_load(hum, 0, "flow_memory", &good));
    invalid(hum_kernel_get(NULL, "fill", &kernel));
    invalid(hum_kernel_get(good, NULL, &kernel));
    invalid(hum_kernel_get(good, "fill", NULL));
    status_is(HUM_ERR_NOT_FOUND, hum_kernel_get(good, "no_such_kernel", &kernel));
    assert_non_null(strstr(hum_error_text(), "no_such_kernel"));
    assert_ptr_equal(kernel, untouched);
}

static void launches(void **state)
{
    static char args[HUM_ARGS_MAX + 1];
    struct hum_kernel *nothing = flow_kernel(hum, 0, "nothing");
    struct hum_stream *stream = hum_stream(hum, 0);
    struct flow_none none = {0};

    (void)state;
    invalid(hum_launch(NULL, nothing, 1, &none, sizeof none));
    invalid(hum_launch(stream, NULL, 1, &none, sizeof none));
    invalid(hum_launch(stream, nothing, 1, NULL, sizeof none));
    invalid(hum_launch(stream, nothing, 1, &none, sizeof none + 1));
    invalid(hum_launch(stream, nothing, 1, args, sizeof args));
    invalid(hum_launch(hum_stream(hum, 1), nothing, 1, &none, sizeof none)); /* other device */
    ok(hum_launch(stream, nothing, 0, &none, sizeof none));
    ok(hum_wait(hum, 0));
}

static void grids(void **state)
{
    static const struct hum_grid bad[] = {
        {.dimensions = 0, .groups = {1}, .items = {1}},
        {.dimensions = 4, .groups = {1, 1, 1}, .items = {1, 1, 1}},
        {.dimensions = 1, .groups = {1}, .items = {0}},
        {.dimensions = 1, .groups = {1}, .items = {65537}},
        {.dimensions = 2, .groups = {1, 1}, .items = {65536, 2}},
        {.dimensions = 2, .groups = {1, 1}, .items = {(size_t)1 << 32, (size_t)1 << 32}},
        {.dimensions = 1, .groups = {1}, .items = {1}, .local_bytes = HUM_LOCAL_MAX + 1},
        {.dimensions = 2, .groups = {SIZE_MAX, SIZE_MAX}, .items = {1, 1}},
    };
    struct hum_kernel *nothing = flow_kernel(hum, 0, "nothing");
    struct flow_none none = {0};

    (void)state;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (hum_launch_nd(hum_stream(hum, 0), nothing, &bad[i], &none, sizeof none) !=
            HUM_ERR_INVALID)
            fail_msg("grid %u is accepted", i);
    invalid(hum_launch_nd(hum_stream(hum, 0), nothing, NULL, &none, sizeof none));
    ok(hum_wait(hum, 0));
}

static void streams_and_events(void **state)
{
    struct hum_stream *stream = untouched;
    struct hum_event *event = untouched, *good;
    int64_t ns = 77;

    (void)state;
    assert_null(hum_stream(hum, 2));
    assert_null(hum_stream(hum, HUM_HOST));
    assert_null(hum_stream(NULL, 0));
    invalid(hum_stream_create(NULL, 0, &stream));
    invalid(hum_stream_create(hum, 2, &stream));
    invalid(hum_stream_create(hum, 0, NULL));
    invalid(hum_event_create(NULL, &event));
    invalid(hum_event_create(hum, NULL));
    assert_ptr_equal(stream, untouched);
    assert_ptr_equal(event, untouched);
    hum_stream_destroy(NULL);
    hum_event_destroy(NULL);

    ok(hum_event_create(hum, &good));
    invalid(hum_event_record(NULL, hum_stream(hum, 0)));
    invalid(hum_event_record(good, NULL));
    invalid(hum_stream_wait_event(NULL, good));
    invalid(hum_stream_wait_event(hum_stream(hum, 0), NULL));
    invalid(hum_event_wait(NULL));
    invalid(hum_event_query(NULL));
    invalid(hum_event_elapsed(NULL, good, &ns));
    invalid(hum_event_elapsed(good, NULL, &ns));
    invalid(hum_event_elapsed(good, good, NULL));
    assert_int_equal(ns, 77);
    hum_event_destroy(good);

    invalid(hum_wait(NULL, 0));
    invalid(hum_wait(hum, 2));
    invalid(hum_wait(hum, HUM_HOST));
    invalid(hum_stream_wait(NULL));
}

static void ranges(void **state)
{
    struct hum_range good = {region, PAGE}, bad[] = {{region, PAGE}, {&outside, 1}};
    struct hum_page_info info = {.resident = 99};

    (void)state;
    invalid(hum_prefetch(NULL, region, PAGE, 0, NULL));
    invalid(hum_prefetch(hum, NULL, PAGE, 0, NULL));
    invalid(hum_prefetch(hum, &outside, 1, 0, NULL));
    invalid(hum_prefetch(hum, region, 3 * PAGE + 1, 0, NULL));
    invalid(hum_prefetch(hum, region, SIZE_MAX, 0, NULL));
    invalid(hum_prefetch(hum, region, PAGE, 2, NULL));
    invalid(hum_prefetch(hum, region, PAGE, HUM_ALL, NULL));
    invalid(hum_prefetch_batch(NULL, &good, 1, 0, NULL));
    invalid(hum_prefetch_batch(hum, NULL, 1, 0, NULL));
    invalid(hum_prefetch_batch(hum, bad, 2, 0, NULL));

    invalid(hum_discard(NULL, region, PAGE, NULL));
    invalid(hum_discard(hum, &outside, 1, NULL));
    invalid(hum_discard(hum, region + PAGE, 3 * PAGE, NULL));
    invalid(hum_discard_batch(hum, NULL, 1, NULL));
    invalid(hum_discard_batch(hum, bad, 2, NULL));

    invalid(hum_advise(NULL, region, PAGE, HUM_ADVISE_READ_MOSTLY, 0));
    invalid(hum_advise(hum, &outside, 1, HUM_ADVISE_READ_MOSTLY, 0));
    invalid(hum_advise(hum, region, PAGE, (enum hum_advice)0x4000, 0));
    invalid(hum_advise(hum, region, PAGE, (enum hum_advice)0, 0));
    invalid(hum_advise(hum, region, PAGE, HUM_ADVISE_PREFERRED, 2));
    invalid(hum_advise(hum, region, PAGE, HUM_ADVISE_ACCESSED_BY, -2));

    invalid(hum_query(NULL, region, 1, &info, 1));
    invalid(hum_query(hum, &outside, 1, &info, 1));
    invalid(hum_query(hum, region, 1, NULL, 1));
    assert_int_equal(info.resident, 99);
}

static void ranges_of_a_freed_region(void **state)
{
    char *freed = flow_alloc(hum, PAGE);
    struct hum_page_info info;

    (void)state;
    ok(hum_free(hum, freed));
    invalid(hum_prefetch(hum, freed, PAGE, 0, NULL));
    invalid(hum_discard(hum, freed, PAGE, NULL));
    invalid(hum_advise(hum, freed, PAGE, HUM_ADVISE_READ_MOSTLY, 0));
    invalid(hum_query(hum, freed, PAGE, &info, 1));
    invalid(hum_protect(hum, freed, 0, HUM_NONE));
}

static void looking(void **state)
{
    struct hum_region_info info;
    struct hum_device_info device;
    struct hum_stats stats;
    struct hum_system_info system;

    (void)state;
    invalid(hum_stats(NULL, &stats));
    invalid(hum_stats(hum, NULL));
    invalid(hum_region_info(NULL, region, &info));
    invalid(hum_region_info(hum, region, NULL));
    assert_true(hum_region_info(hum, &outside, &info) < 0);
    invalid(hum_region_next(NULL, NULL, &info));
    invalid(hum_region_next(hum, NULL, NULL));
    status_is(HUM_ERR_NOT_FOUND, hum_region_next(hum, (void *)UINTPTR_MAX, &info));
    invalid(hum_device_info(NULL, 0, &device));
    invalid(hum_device_info(hum, 2, &device));
    invalid(hum_device_info(hum, 0, NULL));
    invalid(hum_system_info(NULL, &system));
    invalid(hum_system_info(hum, NULL));
    assert_int_equal(hum_device_count(NULL), 0);
    assert_int_equal(hum_device_count(hum), 2);
}

static void texts_exist_for_everything(void **state)
{
    (void)state;
    for (int status = -40; status <= 10; status++) {
        assert_non_null(hum_status_text((enum hum_status)status));
        assert_non_null(hum_status_name((enum hum_status)status));
    }
    assert_string_equal(hum_status_name(HUM_ERR_INVALID), "HUM_ERR_INVALID");
    assert_non_null(hum_cause_text((enum hum_cause)1000));
    assert_non_null(hum_error_text());
    invalid(hum_free(hum, &outside));
    assert_true(strlen(hum_error_text()) > 10);
}

static void nothing_of_this_harmed_the_space(void **state)
{
    uint64_t *words = flow_alloc(hum, PAGE);

    (void)state;
    flow_words(hum, "fill", words, WORDS_PER_PAGE, 1);
    assert_int_equal(words[5], 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_and_close),
        cmocka_unit_test(alloc_and_free),
        cmocka_unit_test(protect_and_name),
        cmocka_unit_test(modules_and_kernels),
        cmocka_unit_test(launches),
        cmocka_unit_test(grids),
        cmocka_unit_test(streams_and_events),
        cmocka_unit_test(ranges),
        cmocka_unit_test(ranges_of_a_freed_region),
        cmocka_unit_test(looking),
        cmocka_unit_test(texts_exist_for_everything),
        cmocka_unit_test(nothing_of_this_harmed_the_space),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
