/* SPDX-License-Identifier: MIT */
/*
 * test_sums.c - whoever counts a run counts the same: the program itself (hum_stats), `hum run`,
 * `hum trace info`, `hum report`, its page, and the timeline for Perfetto.
 *
 * Every sample runs once; its figures are what it prints.  HUM_SAMPLES is the samples' folder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <hum/hum.h>
#include <jansson.h>

static const char *command, *samples, *two_devices;
static char folder[] = "/tmp/hum-test-sums-XXXXXX";

/* What is counted, by everyone. */
struct sums {
    int64_t faults_host, faults_device, duplicates, batches;
    int64_t bytes[HUM_DIRECTION_COUNT];
    int64_t evictions_clean, evictions_dirty;
    int64_t events[HUM_CAUSE_COUNT], pages[HUM_CAUSE_COUNT], bytes_by_cause[HUM_CAUSE_COUNT];
};

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void shell(const char *format, ...)
{
    char line[2048];
    va_list args;
    int ended;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    ended = system(line);
    if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0)
        fail_msg("%s: status %#x", line, (unsigned)ended);
}

static json_t *load(const char *name)
{
    char path[128];
    json_error_t error;
    json_t *root;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    root = json_load_file(path, 0, &error);
    if (!root)
        fail_msg("%s: %s", name, error.text);
    return root;
}

/* The number at a path of names, parted by '/'. */
static int64_t at(json_t *value, const char *path)
{
    char names[128], *rest = names, *name;

    snprintf(names, sizeof(names), "%s", path);
    while ((name = strsep(&rest, "/")) != NULL)
        value = json_object_get(value, name);
    if (!json_is_integer(value))
        fail_msg("%s is no number", path);
    return json_integer_value(value);
}

static int cause_of(const char *text)
{
    for (int cause = 0; cause < HUM_CAUSE_COUNT; cause++)
        if (strcmp(text, hum_cause_text((enum hum_cause)cause)) == 0)
            return cause;
    fail_msg("there is no cause %s", text);
    return 0;
}

/* ---- who counts ----------------------------------------------------------------------------- */

static struct sums sums_of_program(void)
{
    json_t *root = load("program.json");
    json_t *result = json_array_get(json_object_get(root, "results"), 0);
    json_t *total = json_object_get(result, "total"), *bytes = json_object_get(total, "bytes");
    struct sums sums = {
        .faults_host = at(total, "faults_host"),
        .faults_device = at(total, "faults_device"),
        .duplicates = at(total, "faults_duplicate"),
        .batches = at(total, "batches"),
        .evictions_clean = at(total, "evictions_clean"),
        .evictions_dirty = at(total, "evictions_dirty"),
    };

    assert_true(json_is_true(json_object_get(result, "verified")));
    for (size_t d = 0; d < HUM_DIRECTION_COUNT; d++)
        sums.bytes[d] = json_integer_value(json_array_get(bytes, d));
    for (int cause = 0; cause < HUM_CAUSE_COUNT; cause++) {
        json_t *list = json_object_get(json_object_get(total, "causes"),
                                       hum_cause_text((enum hum_cause)cause));

        assert_int_equal(json_array_size(list), 3);
        sums.events[cause] = json_integer_value(json_array_get(list, 0));
        sums.pages[cause] = json_integer_value(json_array_get(list, 1));
        sums.bytes_by_cause[cause] = json_integer_value(json_array_get(list, 2));
    }
    json_decref(root);
    return sums;
}

static struct sums sums_of_run(void)
{
    json_t *root = load("run.json"), *spaces = json_object_get(root, "spaces"), *item;
    json_t *space = json_array_get(spaces, 0), *total = json_object_get(space, "total");
    struct sums sums = {
        .faults_host = at(total, "faults_host"),
        .faults_device = at(total, "faults_device"),
        .duplicates = at(total, "faults_duplicate"),
        .batches = at(total, "batches"),
        .bytes = {at(total, "bytes/host_to_device"), at(total, "bytes/device_to_host"),
                  at(total, "bytes/device_to_device")},
        .evictions_clean = at(total, "evictions_clean"),
        .evictions_dirty = at(total, "evictions_dirty"),
    };
    size_t i;

    assert_int_equal(json_array_size(spaces), 1);
    json_array_foreach(json_object_get(space, "causes"), i, item) {
        int cause = cause_of(json_string_value(json_object_get(item, "cause")));

        sums.events[cause] = at(item, "events");
        sums.pages[cause] = at(item, "pages");
        sums.bytes_by_cause[cause] = at(item, "bytes");
    }
    json_decref(root);
    return sums;
}

/* `hum trace info`, `hum report` and the page have the same block of figures. */
static struct sums sums_of_metrics(json_t *root)
{
    json_t *m = json_object_get(root, "metrics");
    struct sums sums = {
        .faults_host = at(m, "faults/host"),
        .faults_device = at(m, "faults/device"),
        .duplicates = at(m, "duplicate_faults"),
        .batches = at(m, "batches"),
        .bytes = {at(m, "bytes/h2d"), at(m, "bytes/d2h"), at(m, "bytes/d2d")},
        .evictions_clean = at(m, "evictions_clean"),
        .evictions_dirty = at(m, "evictions_dirty"),
    };

    for (int cause = 0; cause < HUM_CAUSE_COUNT; cause++) {
        const char *text = hum_cause_text((enum hum_cause)cause);

        sums.events[cause] = at(json_object_get(m, "events"), text);
        sums.pages[cause] = at(json_object_get(m, "event_pages"), text);
        sums.bytes_by_cause[cause] = at(json_object_get(m, "bytes_by_cause"), text);
    }
    return sums;
}

/* An event is a slice for each direction that its bytes take, or an instant; see its file. */
static void add_item(struct sums *sums, json_t *item, bool *copies)
{
    static const char *const directions[] = {"to the device", "to the host", "device to device"};
    const char *name = json_string_value(json_object_get(item, "name"));
    json_t *args = json_object_get(item, "args");
    bool counter = strcmp(json_string_value(json_object_get(item, "ph")), "C") == 0;

    if (counter && strcmp(name, "bytes moved") == 0) {
        for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
            sums->bytes[d] = at(args, directions[d]);
    } else if (counter && strcmp(name, "faults") == 0) {
        sums->faults_host = at(args, "host");
        sums->faults_device = at(args, "devices");
    } else if (json_object_get(args, "duplicates")) {
        sums->duplicates += at(args, "duplicates");
    } else if (json_object_get(args, "batched")) {
        sums->batches++;
    } else if (json_object_get(args, "cause")) {
        int cause = cause_of(json_string_value(json_object_get(args, "cause")));

        sums->events[cause]++;
        sums->pages[cause] += at(args, "pages");
        if (json_object_get(args, "bytes"))
            sums->bytes_by_cause[cause] += at(args, "bytes");
        *copies |= json_object_get(args, "bytes") != NULL;
    }
}

static struct sums sums_of_perfetto(void)
{
    json_t *root = load("perfetto.json"), *item;
    struct sums sums = {0};
    bool copies = false;
    size_t i;

    json_array_foreach(json_object_get(root, "traceEvents"), i, item)
        add_item(&sums, item, &copies);
    assert_true(copies);
    json_decref(root);
    return sums;
}

/* The model that the page has in it; NULL: this command was built without the page. */
static json_t *model_of_page(void)
{
    static const char start[] = "<script type=\"application/json\" id=\"model\">";
    char path[128], *text = NULL, *model;
    size_t bytes = 0;
    json_error_t error;
    json_t *root;
    FILE *file;

    snprintf(path, sizeof(path), "%s/page.html", folder);
    file = fopen(path, "r");
    if (!file)
        return NULL;
    if (getdelim(&text, &bytes, '\0', file) < 0 || !(model = strstr(text, start)))
        fail_msg("the page has no model");
    fclose(file);
    root = json_loads(model + sizeof(start) - 1, JSON_DISABLE_EOF_CHECK, &error);
    if (!root)
        fail_msg("the page's model: %s", error.text);
    free(text);
    return root;
}

/* ---- they agree ------------------------------------------------------------------------------ */

/* What a table of costs sums up to, with its line of others. */
static void assert_table_sums_up(json_t *report, const char *name, const struct sums *sums)
{
    static const char *const bytes[] = {"bytes/h2d", "bytes/d2h", "bytes/d2d"};
    json_t *table = json_object_get(report, name), *row;
    json_t *others = json_object_get(table, "others");
    int64_t host = at(others, "faults_host"), device = at(others, "faults_device");
    int64_t moved[HUM_DIRECTION_COUNT];
    size_t i;

    for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
        moved[d] = at(others, bytes[d]);
    json_array_foreach(json_object_get(table, "row"), i, row) {
        json_t *cost = json_object_get(row, "cost");

        host += at(cost, "faults_host");
        device += at(cost, "faults_device");
        for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
            moved[d] += at(cost, bytes[d]);
    }
    assert_int_equal(host, sums->faults_host);
    assert_int_equal(device, sums->faults_device);
    for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
        assert_int_equal(moved[d], sums->bytes[d]);
}

static void assert_same(const char *who, const struct sums *a, const struct sums *b)
{
    const int64_t *x = (const int64_t *)a, *y = (const int64_t *)b;

    for (size_t i = 0; i < sizeof(*a) / sizeof(*x); i++)
        if (x[i] != y[i])
            fail_msg("%s: figure %zu is %lld, the program's own %lld", who, i, (long long)y[i],
                     (long long)x[i]);
}

/* Run it and ask everyone.  Returns what all say. */
static struct sums everyone(const char *program)
{
    struct sums sums, other;
    json_t *root;

    shell("cd %s && rm -f * && %s run --trace trace --json -o run.json -- %s >out && "
          "tail -n 1 out >program.json && %s trace info --json trace >info.json && "
          "%s report --json trace >report.json && "
          "%s trace export --format perfetto -o perfetto.json trace && "
          "{ %s report -o page.html trace 2>page.txt || grep -q 'without the page' page.txt; }",
          folder, command, program, command, command, command, command);
    sums = sums_of_program();
    other = sums_of_run();
    assert_same("hum run", &sums, &other);
    root = load("info.json");
    other = sums_of_metrics(root);
    assert_same("hum trace info", &sums, &other);
    assert_true(json_is_true(json_object_get(root, "totals_agree")));
    json_decref(root);
    root = load("report.json");
    other = sums_of_metrics(root);
    assert_same("hum report", &sums, &other);
    assert_table_sums_up(root, "regions", &sums);
    assert_table_sums_up(root, "kernels", &sums);
    assert_table_sums_up(root, "phases", &sums);
    json_decref(root);
    root = model_of_page();
    if (root) {
        other = sums_of_metrics(root);
        assert_same("the page", &sums, &other);
        json_decref(root);
    }
    other = sums_of_perfetto();
    other.evictions_clean = sums.evictions_clean; /* a timeline does not tell them apart */
    other.evictions_dirty = sums.evictions_dirty;
    assert_same("Perfetto", &sums, &other);
    assert_true(sums.bytes[HUM_H2D] > 0);
    return sums;
}

static struct sums everyone_about(const char *sample, const char *options)
{
    char program[512];

    snprintf(program, sizeof(program), "%s/%s --runs 1 --json %s", samples, sample, options);
    return everyone(program);
}

static void vector_add_is_counted_once(void **state)
{
    struct sums sums = everyone_about("vector_add", "--mode unified --size 1M");

    (void)state;
    assert_true(sums.faults_host > 0 && sums.faults_device > 0);
}

static void explicit_copies_are_counted_once(void **state)
{
    struct sums sums = everyone_about("vector_add", "--mode explicit --size 1M");

    (void)state;
    assert_true(sums.bytes_by_cause[HUM_CAUSE_PREFETCH_USER] > 0);
}

static void list_is_counted_once(void **state)
{
    (void)state;
    everyone_about("list", "--mode unified --size 30000");
}

static void hotspot_is_counted_once(void **state)
{
    (void)state;
    everyone_about("hotspot", "--mode unified --size 300 --steps 20");
}

static void bfs_is_counted_once(void **state)
{
    (void)state;
    everyone_about("bfs", "--mode unified --size 30000");
}

static void pagerank_is_counted_once(void **state)
{
    (void)state;
    everyone_about("pagerank", "--mode unified --size 30000 --steps 3");
}

static void a_device_too_small_is_counted_once(void **state)
{
    struct sums sums =
        everyone_about("vector_add", "--mode unified --size 4M --device-mem 24M");

    (void)state;
    assert_true(sums.evictions_clean + sums.evictions_dirty > 0);
    assert_true(sums.events[HUM_CAUSE_EVICTION] > 0);
}

static void two_devices_are_counted_once(void **state)
{
    struct sums sums = everyone(two_devices);

    (void)state;
    assert_true(sums.bytes[HUM_D2D] > 0);
    assert_true(sums.evictions_dirty > 0);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    shell("rm -r %s", folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vector_add_is_counted_once),
        cmocka_unit_test(explicit_copies_are_counted_once),
        cmocka_unit_test(list_is_counted_once),
        cmocka_unit_test(hotspot_is_counted_once),
        cmocka_unit_test(bfs_is_counted_once),
        cmocka_unit_test(pagerank_is_counted_once),
        cmocka_unit_test(a_device_too_small_is_counted_once),
        cmocka_unit_test(two_devices_are_counted_once),
    };

    command = getenv("HUM_COMMAND");
    samples = getenv("HUM_SAMPLES");
    two_devices = getenv("HUM_TWO_DEVICES");
    if (!command || !samples || !two_devices) {
        fprintf(stderr, "HUM_COMMAND, HUM_SAMPLES and HUM_TWO_DEVICES are not set\n");
        return 1;
    }
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
