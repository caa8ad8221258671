/* SPDX-License-Identifier: MIT */
/*
 * test_advise.c - hum advise as a user runs it, on made-up traces where the right advice is known.
 *
 * Whatever is advised is read back from its lines of code, as a user would write them, and replayed
 * here by hand: the figures must be the same.
 */
#include "unit/model/made_trace.h"

#include <jansson.h>
#include <sys/wait.h>

#include "bench/advise_hints.h"

#define POLICY_BYTES 512
#define MEASURES_MAX 64

static const char *command;

/* ---- running it ------------------------------------------------------------------------------ */

struct output {
    char text[1 << 20];
    int status;
};

static struct output *run_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* TRACE is the made trace, `hum` the command; standard error is with the text. */
static struct output *run_line(const char *format, ...)
{
    static struct output output;
    char line[1024];
    va_list args;
    size_t used = (size_t)snprintf(line, sizeof line, "TRACE='%s'; hum() { '%s' \"$@\"; }; { ",
                                   made_path, command);

    va_start(args, format);
    used += (size_t)vsnprintf(line + used, sizeof line - used, format, args);
    va_end(args);
    snprintf(line + used, sizeof line - used, "; } 2>&1");
    FILE *in = popen(line, "r");
    assert_non_null(in);
    size_t bytes = fread(output.text, 1, sizeof output.text - 1, in);
    output.text[bytes] = '\0';
    int ended = pclose(in);
    assert_true(WIFEXITED(ended));
    output.status = WEXITSTATUS(ended);
    return &output;
}

/* Released by the caller. */
static json_t *advise(const char *arguments)
{
    struct output *out = run_line("hum advise --json -q $TRACE %s", arguments);
    json_error_t error;
    json_t *root = json_loads(out->text, 0, &error);

    if (!root || out->status != 0)
        fail_msg("%s: %s", arguments, out->text);
    return root;
}

static void says(const char *line, int status, const char *text)
{
    struct output *out = run_line("%s", line);

    if (out->status != status || !strstr(out->text, text))
        fail_msg("%s: status %d: %s", line, out->status, out->text);
}

static uint64_t number(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    if (!json_is_integer(value))
        fail_msg("%s is no whole number", key);
    return (uint64_t)json_integer_value(value);
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    if (!value)
        fail_msg("%s is no text", key);
    return value;
}

/* ---- by hand --------------------------------------------------------------------------------- */

/* Launches of the made trace by device; each touches every region that the device uses. */
static uint64_t launches[2][64];
static size_t launch_count[2];
static uint64_t last_launch;

/* Lines of code as measures and a policy. */
struct written {
    struct humi_measure measures[MEASURES_MAX];
    char names[MEASURES_MAX][64], policies[MEASURES_MAX][64];
    size_t count;
    char policy[POLICY_BYTES];
};

static struct humi_measure *write_measure(struct written *written, enum humi_measure_kind kind,
                                          const char *name)
{
    struct humi_measure *measure = &written->measures[written->count];

    assert_true(written->count < MEASURES_MAX);
    snprintf(written->names[written->count], 64, "%s", name);
    *measure = (struct humi_measure){.kind = kind, .name = written->names[written->count]};
    if (sscanf(name, "region%u", &measure->region) == 1)
        measure->name = NULL;
    written->count++;
    return measure;
}

static enum hum_advice advice_of(const char *name)
{
#define ADVICE_NAMED(called, bit, about)                                                           \
    if (strcmp(name, #called) == 0)                                                                \
        return called;
    HUM_ADVICE_LIST(ADVICE_NAMED)
#undef ADVICE_NAMED
    fail_msg("%s is no advice", name);
    return HUM_ADVISE_READ_MOSTLY;
}

static void write_policy(struct written *written, const char *line)
{
    char *rest = written->policy;

    assert_int_equal(sscanf(line, "HUM_POLICY='%511[^']'", written->policy), 1);
    strsep(&rest, ";");
    while (rest) {
        char *rule = strsep(&rest, ";"), name[64];

        assert_true(strncmp(rule, "region:", 7) == 0);
        snprintf(name, sizeof name, "%.*s", (int)strcspn(rule + 7, "="), rule + 7);
        struct humi_measure *measure = write_measure(written, HUMI_MEASURE_POLICY, name);
        char *policy = written->policies[written->count - 1];
        snprintf(policy, 64, "%s", strchr(rule, '=') + 1);
        measure->policy = policy;
    }
}

static void write_line(struct written *written, const char *line)
{
    char name[64], word[64], processor[16];

    if (strncmp(line, "HUM_POLICY=", 11) == 0) {
        write_policy(written, line);
    } else if (sscanf(line, "hum_advise(hum, %63[^,], bytes, %63[^,], %15[^)]);", name, word,
                      processor) == 3) {
        struct humi_measure *measure = write_measure(written, HUMI_MEASURE_ADVICE, name);
        measure->advice = advice_of(word);
        measure->processor = strcmp(processor, "HUM_HOST") == 0 ? HUM_HOST : atoi(processor);
    } else if (sscanf(line, "hum_prefetch(hum, %63[^,], bytes, %15[^,], stream);", name,
                      processor) == 2) {
        struct humi_measure *measure = write_measure(written, HUMI_MEASURE_PREFETCH, name);
        measure->processor = atoi(processor);
        assert_in_range(measure->processor, 0, 1);
        measure->launches = launches[measure->processor];
        measure->launch_count = launch_count[measure->processor];
    } else if (sscanf(line, "hum_policy_set(hum, %63[^,], \"%63[^\"]\");", name, word) == 2) {
        struct humi_measure *measure = write_measure(written, HUMI_MEASURE_POLICY, name);
        snprintf(written->policies[written->count - 1], 64, "%s", word);
        measure->policy = written->policies[written->count - 1];
    } else {
        fail_msg("what does this do: %s", line);
    }
}

static struct humi_model_result replay_written(const struct written *written)
{
    struct humi_link_model link;

    assert_int_equal(humi_link_parse("pcie4x16", &link), HUM_OK);
    return made_result(&(struct humi_model_params){
        .policy = *written->policy ? written->policy : NULL,
        .link = &link,
        .closed = true,
        .touch_ns = 0.1,
        .measures = {written->measures, written->count}});
}

/* The figures of an object that has "code" and "after". */
static void check_by_hand(const json_t *object, uint64_t before_ns)
{
    static struct written written;
    const json_t *after = json_object_get(object, "after");
    json_t *line;
    size_t i;

    memset(&written, 0, sizeof written);
    assert_true(json_array_size(json_object_get(object, "code")) > 0);
    json_array_foreach(json_object_get(object, "code"), i, line)
        write_line(&written, json_string_value(line));
    struct humi_model_result result = replay_written(&written);
    const struct hum_counters *c = &result.counters;
    if (number(after, "modelled_ns") != result.modelled_ns)
        fail_msg("%s: %llu ns by hand", json_dumps(object, 0),
                 (unsigned long long)result.modelled_ns);
    assert_int_equal(number(after, "far_faults"),
                     c->faults_host + c->faults_device - c->faults_duplicate);
    assert_int_equal(number(after, "bytes_h2d"), c->bytes[HUM_H2D]);
    assert_int_equal(number(after, "bytes_d2h"), c->bytes[HUM_D2H]);
    assert_int_equal(number(after, "bytes_d2d"), c->bytes[HUM_D2D]);
    assert_int_equal(number(after, "remote_accesses"), result.remote);
    double gain = json_real_value(json_object_get(object, "gain_modelled"));
    double mine = 1 - (double)result.modelled_ns / (double)before_ns;
    assert_true(gain > 0.01 && gain - mine < 1e-9 && mine - gain < 1e-9);
}

/* All of it by hand, and better ones first. */
static void check_all(const json_t *root)
{
    static const struct written nothing;
    const json_t *together = json_object_get(root, "together");
    uint64_t before_ns = number(json_object_get(root, "before"), "modelled_ns");
    uint64_t last_ns = 0;
    json_t *advice;
    size_t i;

    assert_int_equal(replay_written(&nothing).modelled_ns, before_ns);
    json_array_foreach(json_object_get(root, "advice"), i, advice) {
        check_by_hand(advice, before_ns);
        assert_true(*text(advice, "why"));
        assert_true(number(json_object_get(advice, "after"), "modelled_ns") >= last_ns);
        last_ns = number(json_object_get(advice, "after"), "modelled_ns");
    }
    assert_true(json_array_size(json_object_get(root, "advice")) > 0);
    check_by_hand(together, before_ns);
    advice = json_array_get(json_object_get(root, "advice"), 0);
    assert_true(number(json_object_get(together, "after"), "modelled_ns") <=
                number(json_object_get(advice, "after"), "modelled_ns"));
    assert_int_equal(number(root, "failed"), 0);
}

/* The best advice about a subject that is no policy. */
static const json_t *best_call(const json_t *root, const char *subject)
{
    json_t *advice;
    size_t i;

    json_array_foreach(json_object_get(root, "advice"), i, advice)
        if (strcmp(text(advice, "subject"), subject) == 0 &&
            strcmp(text(advice, "kind"), "policy") != 0)
            return advice;
    fail_msg("nothing to call for %s: %s", subject, json_dumps(root, JSON_INDENT(1)));
    return NULL;
}

static bool has_kind(const json_t *root, const char *subject, const char *kind)
{
    json_t *advice;
    size_t i;

    json_array_foreach(json_object_get(root, "advice"), i, advice)
        if (strcmp(text(advice, "subject"), subject) == 0 &&
            strcmp(text(advice, "kind"), kind) == 0)
            return true;
    return false;
}

/* ---- traces ---------------------------------------------------------------------------------- */

static void begin(const char *policy)
{
    launch_count[0] = launch_count[1] = last_launch = 0;
    made_begin(policy);
    made_setting(HUMI_RECORD_ABILITIES "-1", "huge shares opens");
    made_setting(HUMI_RECORD_ABILITIES "0", "huge shares opens");
    made_setting(HUMI_RECORD_ABILITIES "1", "huge shares opens");
}

static void named(uint32_t id, const char *name, uint64_t first_page, uint64_t pages)
{
    struct hum_trace_record record = {
        .kind = HUM_TRACE_REGION,
        .region = {.region = id, .first_page = first_page, .bytes = pages * HUM_PAGE_SIZE}};

    made_put(&record);
    snprintf(record.region.name, sizeof record.region.name, "%s", name);
    made_put(&record);
}

/* A launch of a device that touches these pages. */
struct part {
    uint64_t first_page;
    uint32_t pages, count;
    bool write;
};

static void launch(int device, const struct part *parts, size_t count)
{
    launches[device][launch_count[device]++] = ++last_launch;
    assert_true(launch_count[device] <= 64);
    made_epoch(last_launch);
    for (size_t i = 0; i < count; i++)
        made_access(&(struct made_access){.processor = device,
                                          .launch = last_launch,
                                          .first_page = parts[i].first_page,
                                          .pages = parts[i].pages,
                                          .count = parts[i].count,
                                          .write = parts[i].write});
    made_launch(last_launch, device, 0);
    made_epoch(0);
}

/* The host writes one page; two devices read all of it, and again, many times. */
static void make_table(void)
{
    begin("driver");
    named(1, "table", 0, 2 * PAGES);
    for (unsigned round = 0; round < 6; round++) {
        made_host(round, 1, true);
        if (round == 0)
            made_host(0, 2 * PAGES, true);
        for (int turn = 0; turn < 4; turn++)
            launch(turn % 2, &(struct part){0, 2 * PAGES, 2000, false}, 1);
    }
    made_end();
}

/* Few pages go to and fro, and are touched once each. */
static void make_pingpong(const char *name)
{
    begin("ahead");
    named(1, name, 0, PAGES);
    for (unsigned round = 0; round < 30; round++) {
        made_host(8 * (round % 4), 8, true);
        launch(0, &(struct part){8 * (round % 4), 8, 1, true}, 1);
    }
    made_end();
}

/* The host fills it, the device reads all of it once. */
static void make_scan(void)
{
    begin("ondemand");
    named(1, "input", 0, 4 * PAGES);
    made_host(0, 4 * PAGES, true);
    launch(0, &(struct part){0, 4 * PAGES, 500, false}, 1);
    made_end();
}

/* ---- the right advice ------------------------------------------------------------------------ */

static void a_table_that_two_read_is_read_mostly(void **state)
{
    (void)state;
    make_table();
    json_t *root = advise("");
    check_all(root);
    const json_t *call = best_call(root, "table");
    assert_string_equal(text(call, "kind"), "read-mostly");
    assert_string_equal(json_string_value(json_array_get(json_object_get(call, "code"), 0)),
                        "hum_advise(hum, table, bytes, HUM_ADVISE_READ_MOSTLY, 0);");
    assert_non_null(strstr(text(call, "why"), "read in 24 turns and written in 6: 4"));
    json_decref(root);
    made_remove();
}

static void what_goes_to_and_fro_stays(void **state)
{
    (void)state;
    make_pingpong("ball");
    json_t *root = advise("");
    check_all(root);
    const char *kind = text(best_call(root, "ball"), "kind");
    assert_true(strcmp(kind, "remote") == 0 || strcmp(kind, "preferred-accessed-by") == 0);
    const json_t *region = json_array_get(json_object_get(root, "regions"), 0);
    assert_int_equal(number(region, "handovers"), 59);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(region, "writes"), 1)), 240);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(region, "write_turns"), 0)),
                     30);
    json_decref(root);
    made_remove();
}

static void what_is_scanned_once_is_prefetched(void **state)
{
    (void)state;
    make_scan();
    json_t *root = advise("");
    check_all(root);
    assert_true(has_kind(root, "input", "prefetch"));
    /* 500 touches of each page are too many to reach over the link */
    assert_string_equal(text(best_call(root, "input"), "kind"), "prefetch");
    json_decref(root);
    made_remove();
}

/* A table, a ball, and a region of no name: what is best for one is not for the others. */
static void the_best_of_each_is_replayed_together(void **state)
{
    (void)state;
    begin("driver");
    named(1, "table", 0, 2 * PAGES);
    named(2, "ball", 2 * PAGES, PAGES);
    made_region(3, 3 * PAGES, PAGES);
    made_host(0, 4 * PAGES, true);
    for (unsigned round = 0; round < 16; round++) {
        const struct part parts[] = {{0, 2 * PAGES, 20, false},
                                     {2 * PAGES + 8 * (round % 4), 8, 1, true},
                                     {3 * PAGES, PAGES, 20, true}};
        made_host(2 * PAGES + 8 * (round % 4), 8, true);
        made_host(3 * PAGES, PAGES, true);
        launch(0, parts, 3);
        launch(1, parts, 3);
    }
    made_end();
    json_t *root = advise("");
    check_all(root);
    assert_true(number(json_object_get(root, "together"), "members") >= 2);
    json_t *one = advise("--regions 1");
    assert_int_equal(json_array_size(json_object_get(one, "regions")), 1);
    assert_int_equal(json_array_size(json_object_get(root, "regions")), 3);
    json_decref(one);
    json_decref(root);
    made_remove();
}

static void where_nothing_gains_nothing_is_advised(void **state)
{
    (void)state;
    begin("ahead");
    named(1, "own", 0, PAGES);
    launch(0, &(struct part){5, 1, 1000000000, true}, 1);
    made_end();
    json_t *root = advise("");
    assert_int_equal(json_array_size(json_object_get(root, "advice")), 0);
    assert_true(json_is_null(json_object_get(root, "together")));
    assert_true(number(root, "replays") > 10);
    json_decref(root);
    says("hum advise $TRACE", 0, "nothing to advise: none of");
    made_remove();
}

/* ---- names, rules, options ------------------------------------------------------------------- */

static void names_that_no_rule_takes_are_set_by_a_call(void **state)
{
    (void)state;
    make_pingpong("a=b;c d");
    struct output *out = run_line("hum advise --json -q $TRACE");
    assert_int_equal(out->status, 0);
    assert_non_null(strstr(out->text, "hum_policy_set(hum, a_b_c_d, \\\""));
    assert_non_null(strstr(out->text, "hum_advise(hum, a_b_c_d, bytes, "));
    assert_null(strstr(out->text, "region:a"));
    made_remove();
}

/* The base has the rules that the run had, and what is advised keeps them. */
static void rules_of_the_run_are_kept(void **state)
{
    const struct humi_measure rule = {
        .kind = HUMI_MEASURE_POLICY, .name = "input", .policy = "tree"};
    struct humi_link_model link;
    (void)state;
    begin("ondemand;region:input=tree");
    named(1, "input", 0, 4 * PAGES);
    made_host(0, 4 * PAGES, true);
    launch(0, &(struct part){0, 4 * PAGES, 50, false}, 1);
    made_end();
    assert_int_equal(humi_link_parse("pcie4x16", &link), HUM_OK);
    const struct humi_model_params params = {.policy = "ondemand",
                                             .link = &link,
                                             .closed = true,
                                             .touch_ns = 0.1,
                                             .measures = {&rule, 1}};
    struct humi_model_result mine = made_result(&params);
    json_t *root = advise("");
    assert_string_equal(text(root, "policy"), "ondemand;region:input=tree");
    assert_int_equal(number(json_object_get(root, "before"), "modelled_ns"), mine.modelled_ns);
    json_t *same = advise("--policy 'ondemand;region:input=tree' --link pcie4x16");
    assert_true(json_equal(root, same));
    json_decref(same);
    json_decref(root);
    made_remove();
}

static void processes_change_nothing(void **state)
{
    (void)state;
    make_pingpong("ball");
    json_t *one = advise("--jobs 1"), *three = advise("--jobs 3");
    assert_true(json_equal(one, three));
    json_decref(one);
    json_decref(three);
    made_remove();
}

/* What does not fit is told with what more memory would do. */
static void other_sizes_are_hinted_at(void **state)
{
    (void)state;
    begin("ondemand");
    named(1, "big", 0, 32 * PAGES);
    made_host(0, 32 * PAGES, true);
    for (unsigned round = 0; round < 3; round++)
        launch(0, &(struct part){0, 32 * PAGES, 1, false}, 1);
    made_end();
    json_t *root = advise("--capacity 32M --regions 1 --policy chunk");
    const json_t *sizes = json_object_get(root, "capacities");
    assert_int_equal(json_array_size(sizes), 2); /* half of it, and all; twice is all */
    assert_int_equal(number(json_array_get(sizes, 0), "capacity_bytes"), 16 << 20);
    assert_int_equal(number(json_array_get(sizes, 1), "capacity_bytes"), 64 << 20);
    assert_int_equal(
        number(json_object_get(json_array_get(sizes, 1), "after"), "evictions"), 0);
    assert_true(number(json_object_get(root, "before"), "evictions") > 0);
    json_decref(root);
    made_remove();
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    make_scan();
    says("hum advise", 2, "one trace is looked at, not 0");
    says("hum advise $TRACE $TRACE", 2, "one trace is looked at, not 2");
    says("hum advise --nonesuch $TRACE", 2, "Try 'hum advise --help'");
    says("hum advise --regions 0 $TRACE", 2, "--regions takes 1 to 64, not '0'");
    says("hum advise --jobs x $TRACE", 2, "--jobs takes 1 to");
    says("hum advise --policy nonesuch $TRACE", 2, "nonesuch");
    says("hum advise --policy 'ahead;input=tree' $TRACE", 2, "is no rule for a region");
    says("hum advise --policy 'ahead;region:input=nonesuch' $TRACE", 2, "nonesuch");
    says("hum advise --link nonesuch $TRACE", 2, "nonesuch");
    says("hum advise --capacity 0 $TRACE", 2, "is no capacity");
    says("hum advise --capacity pages=100 $TRACE", 1, "the core keeps whole blocks");
    says("hum advise /nonesuch.hum", 1, "/nonesuch.hum");
    says("hum advise --help", 0, "Usage: hum advise");
    says("hum advise -q $TRACE", 0, "hum_prefetch(hum, input, bytes, 0, stream);");
    says("hum advise -q $TRACE", 0, "all times and gains are modelled");
    made_remove();
    begin("ahead");
    named(1, "untouched", 0, PAGES);
    made_end();
    says("hum advise $TRACE", 0, "there is no access");
    made_remove();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_that_two_read_is_read_mostly),
        cmocka_unit_test(what_goes_to_and_fro_stays),
        cmocka_unit_test(what_is_scanned_once_is_prefetched),
        cmocka_unit_test(the_best_of_each_is_replayed_together),
        cmocka_unit_test(where_nothing_gains_nothing_is_advised),
        cmocka_unit_test(names_that_no_rule_takes_are_set_by_a_call),
        cmocka_unit_test(rules_of_the_run_are_kept),
        cmocka_unit_test(processes_change_nothing),
        cmocka_unit_test(other_sizes_are_hinted_at),
        cmocka_unit_test(what_is_wrong_is_said),
    };

    command = getenv("HUM_COMMAND");
    if (!command) {
        fprintf(stderr, "HUM_COMMAND names the command\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL) + advise_hints(command);
}
