/* SPDX-License-Identifier: MIT */
/* spaces.c - opening: options, environment, several spaces at once, nothing left behind. */
#include "flow/flow.h"

#include <dirent.h>
#include <unistd.h>

static void set(const char *name, const char *value)
{
    if (value)
        assert_int_equal(setenv(name, value, 1), 0);
    else
        assert_int_equal(unsetenv(name), 0);
}

/* Opening fails so, says the word, and leaves the output alone. */
static void assert_refused(const struct hum_options *options, enum hum_status want,
                           const char *word)
{
    struct hum *const untouched = (struct hum *)(uintptr_t)0x5a5a;
    struct hum *hum = untouched;
    enum hum_status status = hum_open(options, &hum);

    if (status == HUM_OK)
        hum_close(hum);
    if (status != want)
        fail_msg("%s: %s (%s)", word, hum_status_name(status), hum_error_text());
    assert_ptr_equal(hum, untouched);
    if (!strstr(hum_error_text(), word))
        fail_msg("no '%s' in: %s", word, hum_error_text());
}

static void bad_device_lists_are_refused(void **state)
{
    static const struct {
        const char *devices, *word;
    } cases[] = {
        {"bogus", "bogus"},
        {"bogus:mem=1G", "bogus"},
        {"emu:mem=12Q", "12Q"},
        {"emu:mem=", "mem"},
        {"emu:mem=0", "mem"},
        {"emu:mem=-1M", "-1M"},
        {"emu:mem=99999999999999999999", "mem"},
        {"emu:workers=0", "workers"},
        {"emu:workers=x", "workers"},
        {"emu:colour=red", "colour"},
        {"emu:mem=64M;emu:mem=64Z", "64Z"},
        {"emu;;emu", "kind"},
        {"emu;emu;emu;emu;emu;emu;emu;emu;emu;emu;emu;emu;emu;emu;emu;emu", "15"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hum_options options = HUM_OPTIONS_INIT;
        options.devices = cases[i].devices;
        assert_refused(&options, HUM_ERR_INVALID, cases[i].word);
    }
}

static void bad_options_are_refused(void **state)
{
    struct hum_options options = HUM_OPTIONS_INIT, init = HUM_OPTIONS_INIT;

    (void)state;
    options.policy = "fastest";
    assert_refused(&options, HUM_ERR_INVALID, "fastest");
    options = init;
    options.features = "-huge,-colour";
    assert_refused(&options, HUM_ERR_INVALID, "colour");
    options = init;
    options.space_bytes = ((size_t)1 << 30) + 4096;
    assert_refused(&options, HUM_ERR_INVALID, "");
    options = init;
    options.space_bytes = (size_t)1 << 60;
    assert_refused(&options, HUM_ERR_NO_SPACE, "");
}

static void bad_environment_is_refused_with_its_name(void **state)
{
    static const struct {
        const char *name, *value;
    } cases[] = {
        {"HUM_DEVICES", "toaster"}, {"HUM_POLICY", "none"},      {"HUM_SPACE", "12x"},
        {"HUM_HOST_MEM", "lots"},   {"HUM_WATCHDOG", "soon"},    {"HUM_FEATURES", "-wings"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *old = getenv(cases[i].name);
        char *kept = old ? strdup(old) : NULL;

        set(cases[i].name, cases[i].value);
        assert_refused(NULL, HUM_ERR_INVALID, cases[i].name);
        set(cases[i].name, kept);
        free(kept);
    }
}

static void environment_sets_what_options_leave_open(void **state)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;

    (void)state;
    set("HUM_DEVICES", "emu:mem=16M,workers=3;emu:mem=32M");
    set("HUM_POLICY", "driver");
    set("HUM_SPACE", "2G");
    set("HUM_HOST_MEM", "64M");
    ok(hum_open(NULL, &hum));
    assert_int_equal(hum_device_count(hum), 2);
    assert_int_equal(flow_device(hum, 0).workers, 3);
    assert_int_equal(flow_device(hum, 1).memory_bytes, 32 * MIB);
    assert_string_equal(flow_system(hum).policy, "driver");
    assert_int_equal(flow_system(hum).space_bytes, (size_t)2 << 30);
    assert_int_equal(flow_stats(hum).capacity_bytes[0], 64 * MIB);
    hum_close(hum);

    options.devices = ONE_DEVICE; /* options win */
    options.policy = "ondemand";
    ok(hum_open(&options, &hum));
    assert_int_equal(hum_device_count(hum), 1);
    assert_string_equal(flow_system(hum).policy, "ondemand");
    hum_close(hum);
    set("HUM_DEVICES", NULL);
    set("HUM_POLICY", NULL);
    set("HUM_SPACE", NULL);
    set("HUM_HOST_MEM", NULL);
}

static void nothing_said_gives_one_sensible_device(void **state)
{
    struct hum *hum;
    struct hum_device_info device;

    (void)state;
    ok(hum_open(NULL, &hum));
    assert_int_equal(hum_device_count(hum), 1);
    device = flow_device(hum, 0);
    assert_string_equal(device.kind, "emu");
    assert_true(device.memory_bytes >= 64 * MIB);
    assert_true(device.workers >= 1);
    assert_int_equal(flow_system(hum).space_bytes % ((size_t)1 << 30), 0);
    hum_close(hum);
}

static void features_can_be_taken_away(void **state)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum_system_info info;
    struct hum *hum;

    (void)state;
    options.devices = ONE_DEVICE;
    options.features = "-huge,-share,-kernel_faults";
    ok(hum_open(&options, &hum));
    info = flow_system(hum);
    assert_false(info.huge_pages || info.shared_read || info.kernel_faults);
    assert_true(strlen(info.reduced) > 0);
    assert_false(flow_device(hum, 0).huge_pages);
    hum_close(hum);
}

static void spaces_are_independent(void **state)
{
    enum { SPACES = 4 };
    struct hum *hums[SPACES];
    uint64_t *words[SPACES];

    (void)state;
    for (unsigned i = 0; i < SPACES; i++) {
        hums[i] = flow_open(ONE_DEVICE, i % 2 ? "ondemand" : NULL);
        words[i] = flow_alloc(hums[i], 3 * MIB);
    }
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < SPACES; i++)
            flow_words(hums[i], "add", words[i], 3 * MIB / 8, i + 1);
    for (unsigned i = 0; i < SPACES; i++) {
        assert_int_equal(words[i][1000], 3 * (i + 1));
        status_is(HUM_ERR_INVALID, hum_free(hums[i], words[(i + 1) % SPACES]));
    }
    hum_close(hums[1]);
    flow_words(hums[2], "add", words[2], 3 * MIB / 8, 1);
    assert_int_equal(words[2][0], 10);
    hum_close(hums[0]);
    hum_close(hums[3]);
    hum_close(hums[2]);
}

static void handles_of_one_space_are_foreign_to_another(void **state)
{
    struct hum *a = flow_open(ONE_DEVICE, NULL), *b = flow_open(ONE_DEVICE, NULL);
    struct flow_none none = {0};
    void *ptr = flow_alloc(a, PAGE);
    struct hum_event *event;

    (void)state;
    ok(hum_event_create(a, &event));
    status_is(HUM_ERR_INVALID, hum_launch(hum_stream(a, 0), flow_kernel(b, 0, "nothing"), 1, &none,
                                          sizeof none));
    status_is(HUM_ERR_INVALID, hum_prefetch(a, ptr, PAGE, 0, hum_stream(b, 0)));
    status_is(HUM_ERR_INVALID, hum_event_record(event, hum_stream(b, 0)));
    status_is(HUM_ERR_INVALID, hum_stream_wait_event(hum_stream(b, 0), event));
    hum_event_destroy(event);
    hum_close(a);
    hum_close(b);
}

/* ---- nothing left behind --------------------------------------------------------------------- */

static unsigned entries(const char *folder)
{
    DIR *dir = opendir(folder);
    unsigned n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static unsigned mappings(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned n = 0;
    int c;

    assert_non_null(maps);
    while ((c = fgetc(maps)) != EOF)
        n += c == '\n';
    fclose(maps);
    return n;
}

/* What the C library or a sanitizer may map for itself meanwhile. */
#ifdef __SANITIZE_THREAD__
#define MAPPINGS_MORE 200u
#else
#define MAPPINGS_MORE 4u
#endif

static void use_a_space(void)
{
    struct hum *hum = flow_open(TWO_DEVICES, NULL);
    uint64_t *words = flow_alloc(hum, 4 * MIB);

    flow_words(hum, "fill", words, 4 * MIB / 8, 1);
    assert_int_equal(words[1], 2);
    hum_close(hum);
}

static void closing_leaves_no_descriptor_thread_child_or_mapping(void **state)
{
    unsigned descriptors, threads, maps;
    char children[64];

    (void)state;
    use_a_space();
    descriptors = entries("/proc/self/fd");
    threads = entries("/proc/self/task");
    maps = mappings();
    for (unsigned i = 0; i < 5; i++)
        use_a_space();
    assert_int_equal(entries("/proc/self/fd"), descriptors);
    assert_int_equal(entries("/proc/self/task"), threads);
    assert_true(mappings() <= maps + MAPPINGS_MORE);
    snprintf(children, sizeof children, "test -z \"$(pgrep -P %d hum-emu)\"", (int)getpid());
    assert_int_equal(system(children), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_device_lists_are_refused),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(bad_environment_is_refused_with_its_name),
        cmocka_unit_test(environment_sets_what_options_leave_open),
        cmocka_unit_test(nothing_said_gives_one_sensible_device),
        cmocka_unit_test(features_can_be_taken_away),
        cmocka_unit_test(spaces_are_independent),
        cmocka_unit_test(handles_of_one_space_are_foreign_to_another),
        cmocka_unit_test(closing_leaves_no_descriptor_thread_child_or_mapping),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
