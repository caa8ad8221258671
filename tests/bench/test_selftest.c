/* SPDX-License-Identifier: MIT */
/*
 * test_selftest.c - hum selftest as a user runs it: what passes, what is skipped and why, what a
 * device that is none does.  No figure is asserted.
 *
 *     HUM_COMMAND  the command
 */
#include "support/test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/command_line.h"

static char folder[] = "/tmp/hum-selftest-XXXXXX";

static json_t *report(const char *devices)
{
    struct output *out = run_line("hum selftest --device '%s' --output r.json", devices);
    char path[sizeof(folder) + 8];
    json_error_t error;
    json_t *read;

    if (out->status != 0)
        fail_msg("status %d: %s", out->status, out->text);
    assert_non_null(strstr(out->text, "Verdict: all is well"));
    snprintf(path, sizeof(path), "%s/r.json", folder);
    read = json_load_file(path, 0, &error);
    if (!read)
        fail_msg("the report is no JSON: %s", error.text);
    return read;
}

/* The result of a trial by its name; its text holds `text`. */
static void trial_is(json_t *read, const char *name, const char *result, const char *text)
{
    json_t *one;
    size_t i;

    json_array_foreach(json_object_get(read, "trials"), i, one)
        if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0) {
            assert_string_equal(json_string_value(json_object_get(one, "result")), result);
            assert_non_null(strstr(json_string_value(json_object_get(one, "text")), text));
            return;
        }
    fail_msg("there is no trial '%s'", name);
}

static void a_device_that_faults_passes_everything(void **state)
{
    json_t *read = report("emu:mem=64M,workers=2");

    (void)state;
    trial_is(read, "eviction", "pass", "left the device");
    trial_is(read, "wild pointer", "pass", "");
    trial_is(read, "stored pointers", "pass", "");
    trial_is(read, "bfs", "pass", "");
    assert_true(json_is_true(json_object_get(json_object_get(read, "device"), "faults")));
    json_decref(read);
}

static void what_a_device_cannot_is_skipped_with_the_reason(void **state)
{
    json_t *read = report("emu:mem=64M,workers=2,faults=off");

    (void)state;
    trial_is(read, "device fault", "skip", "cannot fault");
    trial_is(read, "wild pointer", "skip", "cannot fault");
    trial_is(read, "eviction", "pass", "in parts");
    json_decref(read);
}

/* On the double of the driver, which says that it is one. */
static void a_cuda_device_passes_and_is_called_what_it_is(void **state)
{
    json_t *read, *device;

    (void)state;
    setenv("CUDA_DOUBLE", "delay_us=0", 1);
    read = report("cuda:0");
    device = json_object_get(read, "device");
    assert_string_equal(json_string_value(json_object_get(device, "model")),
                        "test double of a CUDA device");
    assert_true(json_is_false(json_object_get(device, "faults")));
    trial_is(read, "device fault", "skip", "cannot fault");
    trial_is(read, "stored pointers", "skip", "addresses");
    trial_is(read, "eviction", "pass", "in parts");
    trial_is(read, "streams", "pass", "4 streams");
    trial_is(read, "bfs", "pass", "");
    json_decref(read);
    setenv("CUDA_DOUBLE", "delay_us=0,over_host=1", 1);
    read = report("cuda:0,mem=128M");
    trial_is(read, "stored pointers", "pass", "turned round");
    json_decref(read);
}

/* A launch that the driver refuses, and a machine without a device. */
static void a_cuda_device_that_fails_is_said_to_be_wrong(void **state)
{
    struct output *out;

    (void)state;
    setenv("CUDA_DOUBLE", "delay_us=0,fail=cuLaunchKernel:9", 1);
    out = run_line("hum selftest --device cuda:0");
    assert_int_equal(out->status, 1);
    assert_non_null(strstr(out->text, "FAIL"));
    assert_non_null(strstr(out->text, "Verdict: something is wrong with this device"));
    setenv("CUDA_DOUBLE", "devices=0", 1);
    out = run_line("hum selftest --device cuda:0");
    assert_int_equal(out->status, 1);
    assert_non_null(strstr(out->text, "Verdict: the device could not be opened"));
}

/* The same processor as an emulated device has, by way of PoCL: no GPU, either. */
static void an_opencl_device_passes(void **state)
{
    struct output *out = run_line("hum info --devices opencl:0");
    json_t *read;

    (void)state;
    if (out->status != 0) {
        assert_non_null(strstr(out->text, "pocl-opencl-icd"));
        skip();
    }
    read = report("opencl:0");
    assert_true(strlen(json_string_value(
                    json_object_get(json_object_get(read, "device"), "model"))) > 0);
    trial_is(read, "stored pointers", "skip", "addresses");
    trial_is(read, "eviction", "pass", "in parts");
    trial_is(read, "bfs", "pass", "");
    json_decref(read);
}

static void a_report_does_not_name_the_host(void **state)
{
    struct output *out;
    char name[256] = "";

    (void)state;
    assert_int_equal(gethostname(name, sizeof(name) - 1), 0);
    out = run_line("hum selftest --json --device nosuch 2>/dev/null");
    assert_int_equal(out->status, 1);
    assert_non_null(strstr(out->text, "unknown kind of device"));
    if (strlen(name) > 3)
        assert_null(strstr(out->text, name));
}

static void a_device_that_cannot_be_opened_fails_with_a_message(void **state)
{
    struct output *out = run_line("hum selftest --device nosuch");

    (void)state;
    assert_int_equal(out->status, 1);
    assert_non_null(strstr(out->text, "hum selftest: invalid argument"));
    assert_non_null(strstr(out->text, "Verdict: the device could not be opened"));
    assert_int_equal(run_line("hum selftest surplus")->status, 2);
    assert_int_equal(run_line("hum selftest --output /nowhere/r --device nosuch")->status, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_that_faults_passes_everything),
        cmocka_unit_test(what_a_device_cannot_is_skipped_with_the_reason),
        cmocka_unit_test(a_cuda_device_passes_and_is_called_what_it_is),
        cmocka_unit_test(a_cuda_device_that_fails_is_said_to_be_wrong),
        cmocka_unit_test(an_opencl_device_passes),
        cmocka_unit_test(a_report_does_not_name_the_host),
        cmocka_unit_test(a_device_that_cannot_be_opened_fails_with_a_message),
    };
    char line[64];
    int failed;

    command_line_hum = getenv("HUM_COMMAND");
    if (!command_line_hum || !mkdtemp(folder))
        return EXIT_FAILURE;
    command_line_folder = folder;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(line, sizeof(line), "rm -rf %s", folder);
    return system(line) != 0 || failed;
}
