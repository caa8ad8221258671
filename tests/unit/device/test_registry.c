/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "device/registry.h"
#include "os/topology.h"
#include "support/test.h"

static struct humi_device_params params[HUM_DEVICES_MAX];
static unsigned count;

static void nothing_said_is_one_device_of_a_sensible_size(void **state)
{
    static const char *const texts[] = {NULL, "", "emu", " emu "};
    struct humi_topology machine;

    (void)state;
    humi_topology_get(&machine);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_int_equal(humi_devices_parse(texts[i], 250, params, &count), HUM_OK);
        assert_int_equal(count, 1);
        assert_string_equal(params[0].kind, "emu");
        assert_int_equal(params[0].index, 0);
        assert_int_equal(params[0].workers, machine.cores);
        assert_int_equal(params[0].watchdog_ms, 250);
        assert_true(params[0].memory_bytes <= (size_t)4 << 30);
        assert_true(params[0].memory_bytes >= HUM_BLOCK_SIZE);
        assert_int_equal(params[0].memory_bytes % HUM_BLOCK_SIZE, 0);
    }
}

static void settings_are_read(void **state)
{
    (void)state;
    assert_int_equal(humi_devices_parse("emu:mem=256M,workers=3;emu: mem = 1G ; "
                                        "emu:watchdog=2s,mem=5M",
                                        0, params, &count),
                     HUM_OK);
    assert_int_equal(count, 3);
    assert_int_equal(params[0].memory_bytes, 256 << 20);
    assert_int_equal(params[0].workers, 3);
    assert_int_equal(params[0].watchdog_ms, 0);
    assert_int_equal(params[1].index, 1);
    assert_int_equal(params[1].memory_bytes, 1 << 30);
    assert_int_equal(params[2].watchdog_ms, 2000);
    assert_int_equal(params[2].memory_bytes, 4 << 20); /* rounded down to blocks */
    assert_false(params[2].opencl);
    assert_int_equal(humi_devices_parse("emu:kernels=opencl;emu:kernels=native", 0, params, &count),
                     HUM_OK);
    assert_true(params[0].opencl);
    assert_false(params[1].opencl);
}

static void devices_of_opencl_have_numbers_and_settings_of_their_own(void **state)
{
    (void)state;
    assert_int_equal(humi_devices_parse("opencl;opencl:2, mem=256M, arena=1G, svm=off", 0, params,
                                        &count),
                     HUM_OK);
    assert_int_equal(count, 2);
    assert_string_equal(params[0].kind, "opencl");
    assert_int_equal(params[0].unit, -1);
    assert_true(params[0].memory_is_usual);
    assert_false(params[0].without_svm);
    assert_int_equal(params[1].unit, 2);
    assert_int_equal(params[1].memory_bytes, (size_t)256 << 20);
    assert_false(params[1].memory_is_usual);
    assert_int_equal(params[1].arena_bytes, (size_t)1 << 30);
    assert_true(params[1].without_svm);
}

static void devices_of_cuda_have_modes(void **state)
{
    (void)state;
    assert_int_equal(humi_devices_parse("cuda;cuda:1,mode=managed;cuda:2,mode=auto,cupti=off;"
                                        "cuda:3,mode=declared",
                                        0, params, &count),
                     HUM_OK);
    assert_int_equal(params[0].mode, HUMI_MODE_DECLARED);
    assert_int_equal(params[1].mode, HUMI_MODE_MANAGED);
    assert_false(params[1].without_cupti);
    assert_int_equal(params[2].mode, HUMI_MODE_AUTO);
    assert_true(params[2].without_cupti);
    assert_int_equal(params[3].mode, HUMI_MODE_DECLARED);
}

static void devices_of_cuda_have_numbers(void **state)
{
    (void)state;
    assert_int_equal(humi_devices_parse("cuda;cuda:3,mem=256M", 0, params, &count), HUM_OK);
    assert_int_equal(count, 2);
    assert_string_equal(params[0].kind, "cuda");
    assert_int_equal(params[0].unit, -1);
    assert_true(params[0].memory_is_usual);
    assert_int_equal(params[1].unit, 3);
    assert_false(params[1].memory_is_usual);
}

static void bad_texts_name_the_word_and_the_known_ones(void **state)
{
    static const struct {
        const char *text, *word, *known;
    } cases[] = {
        {"gpu", "gpu", "emu"},
        {"emu;rocm:mem=1G", "rocm", "emu"},
        {"cuda:x", "x", "mem, workers"},
        {"cuda:0,workers=2", "cuda", "workers"},
        {"cuda:0,faults=on", "cuda", "faults"},
        {"emu:memory=1G", "memory", "mem, workers"},
        {"emu:mem", "\"mem\"", "mem, workers"},
        {"emu:mem=1X", "1X", "HUM_DEVICES: mem"},
        {"emu:mem=1M", "1M", "2M"},
        {"emu:mem=", "mem", "HUM_DEVICES"},
        {"emu:workers=0", "workers=0", "at least one"},
        {"emu:workers=-1", "-1", "workers"},
        {"emu:workers=100000", "100000", "workers"},
        {"emu:watchdog=soon", "soon", "watchdog"},
        {"emu:mem=1G,,workers=2", "\"\"", "mem, workers"},
        {"emu:kernels=cuda", "cuda", "native or opencl"},
        {"emu:kernels=", "kernels", "native or opencl"},
        {"emu:arena=1G", "emu", "arena"},
        {"opencl:0,workers=2", "opencl", "workers"},
        {"opencl:64", "64", "mem, workers"},
        {"opencl:first", "first", "mem, workers"},
        {"opencl:arena=1M", "1M", "2M"},
        {"opencl:svm=maybe", "maybe", "svm"},
        {"emu:1", "\"1\"", "mem, workers"},
        {"cuda:0,mode=unified", "unified", "declared, managed or auto"},
        {"emu:mode=managed", "emu", "mode"},
        {"cuda:0,cupti=perhaps", "perhaps", "cupti"},
        {"emu;", "\"\"", "emu"},
    };

    (void)state;
    count = 77;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(humi_devices_parse(cases[i].text, 0, params, &count), HUM_ERR_INVALID);
        if (!strstr(hum_error_text(), cases[i].word) || !strstr(hum_error_text(), cases[i].known))
            fail_msg("%s: %s", cases[i].text, hum_error_text());
        assert_int_equal(count, 77);
    }
}

static void at_most_fifteen_devices(void **state)
{
    char text[256] = "emu";

    (void)state;
    for (int i = 1; i < HUM_DEVICES_MAX; i++)
        strcat(text, ";emu");
    assert_int_equal(humi_devices_parse(text, 0, params, &count), HUM_OK);
    assert_int_equal(count, HUM_DEVICES_MAX);
    strcat(text, ";emu");
    assert_int_equal(humi_devices_parse(text, 0, params, &count), HUM_ERR_INVALID);
}

static void an_unknown_kind_is_not_opened(void **state)
{
    struct humi_space_params space = {0};
    struct humi_processor *p = NULL;

    (void)state;
    params[0] = (struct humi_device_params){.kind = "abacus"};
    assert_int_equal(humi_device_open(&space, &params[0], &p), HUM_ERR_INVALID);
    assert_null(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_said_is_one_device_of_a_sensible_size),
        cmocka_unit_test(settings_are_read),
        cmocka_unit_test(devices_of_opencl_have_numbers_and_settings_of_their_own),
        cmocka_unit_test(devices_of_cuda_have_numbers),
        cmocka_unit_test(devices_of_cuda_have_modes),
        cmocka_unit_test(bad_texts_name_the_word_and_the_known_ones),
        cmocka_unit_test(at_most_fifteen_devices),
        cmocka_unit_test(an_unknown_kind_is_not_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
