/* SPDX-License-Identifier: MIT */
/*
 * test_report_model.c - small traces whose models can be checked by hand; sums equal the metrics.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/encode.h"
#include "report/model.h"
#include "report/output.h"

enum { RECORDS_MAX = 4096 };

static struct hum_trace_record records[RECORDS_MAX];
static size_t count;

static int start(void **state)
{
    (void)state;
    memset(records, 0, sizeof(records));
    count = 0;
    return 0;
}

static struct hum_trace_record *add(enum hum_trace_kind kind, uint64_t time_ns)
{
    struct hum_trace_record *record = &records[count++];

    assert_true(count <= RECORDS_MAX);
    record->kind = kind;
    record->time_ns = time_ns;
    return record;
}

static void add_region(uint32_t region, uint64_t first_page, uint64_t pages, const char *name)
{
    struct hum_trace_record *record = add(HUM_TRACE_REGION, 0);

    record->region.region = region;
    record->region.first_page = first_page;
    record->region.bytes = pages * HUM_PAGE_SIZE;
    snprintf(record->region.name, sizeof(record->region.name), "%s", name);
}

/* Pages [first, end) of a block; bytes go to whom it serves, those of an eviction to the host. */
static struct hum_trace_event *add_event(uint64_t time_ns, enum hum_cause cause, int processor,
                                         uint32_t block, unsigned first, unsigned end, bool moves)
{
    struct hum_trace_event *event = &add(HUM_TRACE_EVENT, time_ns)->event;
    bool to_host = processor == HUM_HOST || cause == HUM_CAUSE_EVICTION;

    event->cause = cause;
    event->processor = processor;
    event->block = block;
    event->region = 1;
    event->evicted = cause == HUM_CAUSE_EVICTION;
    for (unsigned page = first; page < end; page++)
        event->pages.word[page / 64] |= UINT64_C(1) << page % 64;
    if (moves) {
        event->moved = event->pages;
        event->bytes[to_host ? HUM_D2H : HUM_H2D] = (end - first) * (uint64_t)HUM_PAGE_SIZE;
        event->move_ns = 10 * (end - first);
        event->modelled_ns = end - first;
    }
    return event;
}

static void add_faults(uint64_t time_ns, int processor, uint32_t faults)
{
    struct hum_trace_faults *record = &add(HUM_TRACE_FAULTS, time_ns)->faults;

    record->processor = processor;
    record->region = 1;
    record->faults = faults;
}

static void add_launch(uint64_t start_ns, uint64_t end_ns, uint32_t kernel, int device)
{
    struct hum_trace_launch *launch = &add(HUM_TRACE_LAUNCH, start_ns)->launch;

    launch->launch = count;
    launch->kernel = kernel;
    launch->device = device;
    launch->end_ns = end_ns;
}

static struct report_model *make(void)
{
    struct report_array array = {records, count, 0};
    struct report_source source = report_source_array(&array);
    struct report_model *model;

    assert_int_equal(report_model_create(&source, &model), HUM_OK);
    return model;
}

static uint64_t sum_of(const struct report_model *model, enum series series)
{
    uint64_t sum = 0;

    for (uint32_t bin = 0; bin < model->timeline.bins; bin++)
        sum += model->timeline.sum[series][bin];
    return sum;
}

/* ---- sums ----------------------------------------------------------------------------------- */

static uint32_t seed = 7;

static uint32_t random_below(uint32_t limit)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % limit;
}

static void add_noise(unsigned events)
{
    static const enum hum_cause causes[] = {HUM_CAUSE_FIRST_TOUCH, HUM_CAUSE_HOST_FAULT,
                                            HUM_CAUSE_DEVICE_FAULT, HUM_CAUSE_EVICTION,
                                            HUM_CAUSE_PREFETCH_USER};
    uint64_t time_ns = 0;

    for (unsigned i = 0; i < events; i++) {
        enum hum_cause cause = causes[random_below(5)];
        unsigned first = random_below(512), end = first + 1 + random_below(512 - first);
        int processor = cause == HUM_CAUSE_HOST_FAULT ? HUM_HOST : (int)random_below(2);

        time_ns += random_below(100000);
        add_event(time_ns, cause, processor, random_below(7), first, end,
                  cause != HUM_CAUSE_FIRST_TOUCH && random_below(2))
            ->region = random_below(4);
        add_faults(time_ns, processor, 1 + random_below(3));
    }
}

static void cost_of_all(const struct report_model *model, enum report_table table,
                        struct cost *sum_out)
{
    const struct ledger *l = &model->ledger;

    memset(sum_out, 0, sizeof(*sum_out));
    for (uint32_t i = 0; table == TABLE_OF_REGIONS && i < l->regions; i++)
        cost_add(sum_out, &l->region[i].cost);
    for (uint32_t i = 0; table == TABLE_OF_KERNELS && i < l->kernels; i++)
        cost_add(sum_out, &l->kernel[i].cost);
    for (uint32_t i = 0; table == TABLE_OF_PHASES && i < l->phases; i++)
        cost_add(sum_out, &l->phase[i].cost);
}

static void every_table_and_the_timeline_sum_up_to_the_metrics(void **state)
{
    struct report_model *model;
    const struct hum_metrics *m;

    (void)state;
    add_region(1, 0, 1024, "a");
    add_region(2, 1024, 512, "b");
    add_launch(1000, 500000, 1, 0);
    add_launch(600000, 900000, 2, 1);
    add_noise(1000);
    model = make();
    m = &model->metrics;
    assert_true(m->bytes[HUM_H2D] > 0 && m->faults[0] > 0);
    assert_int_equal(sum_of(model, SERIES_FAULTS_HOST), m->faults[0]);
    assert_int_equal(sum_of(model, SERIES_FAULTS_DEVICE), m->faults[1]);
    assert_int_equal(sum_of(model, SERIES_BYTES_H2D), m->bytes[HUM_H2D]);
    assert_int_equal(sum_of(model, SERIES_BYTES_D2H), m->bytes[HUM_D2H]);
    assert_int_equal(sum_of(model, SERIES_EVICTIONS), m->evictions_clean + m->evictions_dirty);
    for (int table = TABLE_OF_REGIONS; table <= TABLE_OF_PHASES; table++) {
        struct cost sum;

        cost_of_all(model, (enum report_table)table, &sum);
        assert_int_equal(sum.faults[0], m->faults[0]);
        assert_int_equal(sum.faults[1], m->faults[1]);
        assert_int_equal(sum.bytes[HUM_H2D], m->bytes[HUM_H2D]);
        assert_int_equal(sum.bytes[HUM_D2H], m->bytes[HUM_D2H]);
        assert_int_equal(sum.copy_ns, sum_of(model, SERIES_COPY_NS));
        assert_int_equal(sum.modelled_ns, sum_of(model, SERIES_MODELLED_NS));
        assert_int_equal(sum.modelled_ns, m->modelled_ns[HUM_H2D] + m->modelled_ns[HUM_D2H] +
                                              m->modelled_ns[HUM_D2D]);
    }
    report_model_destroy(model);
}

static void counters_of_the_runtime_are_compared(void **state)
{
    struct report_model *model;
    struct hum_trace_record *totals;

    (void)state;
    add_faults(10, 0, 3);
    model = make();
    assert_int_equal(model->check, CHECK_ABSENT);
    report_model_destroy(model);
    totals = add(HUM_TRACE_TOTALS, 20);
    totals->totals.counters.faults_device = 3;
    model = make();
    assert_int_equal(model->check, CHECK_AGREES);
    report_model_destroy(model);
    totals->totals.counters.faults_device = 4;
    model = make();
    assert_int_equal(model->check, CHECK_DIFFERS);
    assert_int_equal(model->differences, 1);
    assert_string_equal(model->difference[0].name, "device faults");
    assert_int_equal(model->difference[0].counted, 4);
    assert_int_equal(model->difference[0].summed, 3);
    report_model_destroy(model);
}

/* ---- timeline ------------------------------------------------------------------------------- */

/* 40 ns of copying from 3 on and 20 from 25 on; what is behind the end, 31, is the last bin's. */
static void a_bin_holds_what_began_in_it_and_the_time_that_passed(void **state)
{
    struct report_model *model;
    uint64_t *const *sum;

    (void)state;
    add_faults(0, 0, 1);
    add_faults(5, 0, 2);
    add_event(3, HUM_CAUSE_DEVICE_FAULT, 0, 0, 0, 4, true);
    add_event(25, HUM_CAUSE_DEVICE_FAULT, 0, 1, 0, 2, true);
    add_faults(30, HUM_HOST, 4);
    model = make();
    sum = model->timeline.sum;
    assert_int_equal(model->timeline.bins, 31);
    assert_int_equal(sum[SERIES_FAULTS_DEVICE][0], 1);
    assert_int_equal(sum[SERIES_FAULTS_DEVICE][5], 2);
    assert_int_equal(sum[SERIES_FAULTS_HOST][30], 4);
    assert_int_equal(sum[SERIES_BYTES_H2D][3], 4 * HUM_PAGE_SIZE);
    for (uint32_t bin = 0; bin < 30; bin++)
        assert_int_equal(sum[SERIES_COPY_NS][bin], (bin >= 3) + (bin >= 25));
    assert_int_equal(sum[SERIES_COPY_NS][30], 13 + 15);
    for (uint32_t bin = 0; bin < 31; bin++)
        assert_int_equal(sum[SERIES_MODELLED_NS][bin],
                         (bin >= 3 && bin < 7) + (bin >= 25 && bin < 27));
    report_model_destroy(model);
}

static void a_lane_names_the_kernel_that_ran(void **state)
{
    struct report_model *model;
    const struct lane *lane;

    (void)state;
    add_launch(0, 4, 10, 0);
    add_launch(6, 8, 11, 0);
    add_launch(2, 8, 11, 1);
    model = make();
    lane = &model->timeline.lane[0];
    for (unsigned bin = 0; bin < 8; bin++) {
        uint16_t kernel = bin < 4 ? 1 : bin < 6 ? 0 : 2;

        assert_int_equal(lane->kernel[bin], kernel);
        assert_int_equal(timeline_busy_percent(&model->timeline, lane, bin), kernel ? 100 : 0);
    }
    assert_string_equal(report_kernel_name(model, 2), "kernel 11");
    assert_int_equal(model->timeline.lane[1].launches, 1);
    assert_null(model->timeline.lane[2].kernel);
    report_model_destroy(model);
}

static void many_short_launches_share_bins_and_keep_their_time(void **state)
{
    enum { LAUNCHES = 1000, EACH_NS = 1000 };
    struct report_model *model;
    uint64_t busy_ns = 0;

    (void)state;
    for (uint64_t i = 0; i < LAUNCHES; i++)
        add_launch(i * EACH_NS * 1000, i * EACH_NS * 1000 + EACH_NS, 1 + (uint32_t)i % 3, 0);
    model = make();
    assert_true(model->timeline.bins <= TIMELINE_BINS);
    for (uint32_t bin = 0; bin < model->timeline.bins; bin++)
        busy_ns += model->timeline.lane[0].busy_ns[bin];
    assert_int_equal(busy_ns, (uint64_t)LAUNCHES * EACH_NS);
    report_model_destroy(model);
}

/* ---- phases --------------------------------------------------------------------------------- */

static void a_phase_lasts_until_the_next_kernel_starts(void **state)
{
    struct report_model *model;

    (void)state;
    add_event(1, HUM_CAUSE_FIRST_TOUCH, HUM_HOST, 0, 0, 512, false);
    add_launch(10, 20, 1, 0);
    add_launch(20, 30, 1, 0);
    add_event(35, HUM_CAUSE_HOST_FAULT, HUM_HOST, 0, 0, 1, true);
    add_launch(40, 50, 2, 0);
    add_event(41, HUM_CAUSE_DEVICE_FAULT, 0, 0, 0, 2, true);
    model = make();
    assert_int_equal(model->ledger.phases, 3);
    assert_int_equal(model->ledger.phase[0].cost.events, 1);
    assert_int_equal(model->ledger.phase[1].launches, 2);
    assert_int_equal(model->ledger.phase[1].busy_ns, 20);
    assert_int_equal(model->ledger.phase[1].cost.bytes[HUM_D2H], 4096);
    assert_int_equal(model->ledger.phase[2].cost.bytes[HUM_H2D], 8192);
    report_model_destroy(model);
}

/* ---- the map -------------------------------------------------------------------------------- */

static void the_axis_leaves_out_what_was_never_touched(void **state)
{
    struct report_model *model;

    (void)state;
    add_event(0, HUM_CAUSE_FIRST_TOUCH, HUM_HOST, 2, 10, 14, false);
    add_event(1, HUM_CAUSE_FIRST_TOUCH, HUM_HOST, 900000, 508, 512, false);
    model = make();
    assert_int_equal(model->pages.axis_pages, 8);
    assert_int_equal(model->heat.rows, 8);
    assert_int_equal(pages_at(&model->pages, 0), 2 * 512 + 10);
    assert_int_equal(pages_at(&model->pages, 3), 2 * 512 + 13);
    assert_int_equal(pages_at(&model->pages, 4), UINT64_C(900000) * 512 + 508);
    report_model_destroy(model);
}

static unsigned holder(const struct report_model *model, unsigned row, unsigned column)
{
    return model->heat.holder[row * model->heat.columns + column];
}

static void pages_are_held_by_who_received_them_last(void **state)
{
    struct report_model *model;

    (void)state;
    add_event(0, HUM_CAUSE_FIRST_TOUCH, HUM_HOST, 0, 0, 2, false);
    add_event(2, HUM_CAUSE_DEVICE_FAULT, 1, 0, 0, 1, true);
    add_event(4, HUM_CAUSE_REMAP, HUM_HOST, 0, 0, 1, false);
    add_event(6, HUM_CAUSE_EVICTION, 1, 0, 0, 1, true);
    add_event(8, HUM_CAUSE_FREE, HUM_HOST, 0, 0, 2, false);
    model = make();
    assert_int_equal(model->heat.rows, 2);
    assert_int_equal(model->heat.columns, 9);
    assert_int_equal(holder(model, 0, 0), HOLDER_HOST);
    assert_int_equal(holder(model, 0, 3), HOLDER_DEVICE + 1);
    assert_int_equal(holder(model, 0, 5), HOLDER_DEVICE + 1);
    assert_int_equal(holder(model, 0, 7), HOLDER_HOST);
    assert_int_equal(holder(model, 0, 8), HOLDER_NOBODY);
    assert_int_equal(holder(model, 1, 7), HOLDER_HOST);
    report_model_destroy(model);
}

static void accesses_say_who_touched_where_there_are_any(void **state)
{
    struct report_model *model;
    struct hum_trace_access *access;

    (void)state;
    add_event(0, HUM_CAUSE_FIRST_TOUCH, HUM_HOST, 0, 0, 2, false);
    model = make();
    assert_false(model->heat.from_accesses);
    assert_int_equal(model->heat.by[0], HUM_BIT(HUM_HOST));
    report_model_destroy(model);
    access = &add(HUM_TRACE_ACCESS, 1)->access;
    *access = (struct hum_trace_access){.processor = 0, .first_page = 1, .pages = 513, .count = 3};
    model = make();
    assert_true(model->heat.from_accesses);
    assert_int_equal(model->heat.columns, 2);
    assert_int_equal(model->heat.touched[0], 0);
    uint64_t touched = 0;
    for (uint32_t row = 0; row < model->heat.rows; row++)
        touched += model->heat.touched[2 * row + 1];
    assert_int_equal(touched, 3 * 513);
    assert_int_equal(model->heat.by[1], HUM_BIT(0));
    report_model_destroy(model);
}

static void the_pages_that_moved_most_come_first_in_runs(void **state)
{
    struct report_model *model;

    (void)state;
    for (uint64_t t = 0; t < 3; t++) {
        add_event(2 * t, HUM_CAUSE_DEVICE_FAULT, 0, 5, 8, 16, true);
        add_event(2 * t + 1, HUM_CAUSE_EVICTION, 0, 5, 8, 16, true);
    }
    add_event(9, HUM_CAUSE_DEVICE_FAULT, 0, 5, 20, 21, true);
    model = make();
    assert_int_equal(model->worst_count, 2);
    assert_int_equal(model->worst[0].first_page, 5 * 512 + 8);
    assert_int_equal(model->worst[0].pages, 8);
    assert_int_equal(model->worst[0].to_device, 3);
    assert_int_equal(model->worst[0].to_host, 3);
    assert_int_equal(model->worst[1].pages, 1);
    report_model_destroy(model);
}

/* ---- rows as text --------------------------------------------------------------------------- */

static void rows_of_numbers_are_runs_in_base64(void **state)
{
    static const struct {
        uint64_t value[6];
        unsigned count;
        const char *text;
    } cases[] = {
        {{0}, 0, ""},
        {{1}, 1, "Ag=="},                  /* 2 */
        {{0, 0, 0}, 3, "AQE="},            /* 1, 1 */
        {{5, 5, 7}, 3, "CwAO"},            /* 11 0 14 */
        {{64}, 1, "gAE="},                 /* 128 */
        {{UINT64_MAX}, 1, "/v///////x8="}, /* 2 * (2^53 - 1) */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct encoder encoder;
        char *text;

        encoder_init(&encoder);
        for (unsigned k = 0; k < cases[i].count; k++)
            encoder_put(&encoder, cases[i].value[k]);
        text = encoder_finish(&encoder);
        assert_string_equal(text, cases[i].text);
        free(text);
    }
}

/* ---- outputs -------------------------------------------------------------------------------- */

static char *printed(const struct report_model *model,
                     bool (*print)(const struct report_model *, FILE *))
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);

    assert_non_null(out);
    assert_true(print(model, out));
    assert_int_equal(fclose(out), 0);
    return text;
}

static void modelled_times_are_called_so_and_absent_without_a_link(void **state)
{
    struct hum_trace_event *event;
    struct report_model *model;
    char *text;

    (void)state;
    event = add_event(0, HUM_CAUSE_DEVICE_FAULT, 0, 0, 0, 4, true);
    model = make();
    text = printed(model, report_print_text);
    assert_non_null(strstr(text, "link (modelled)"));
    free(text);
    report_model_destroy(model);
    event->modelled_ns = 0;
    model = make();
    text = printed(model, report_print_text);
    assert_null(strstr(text, "modelled"));
    free(text);
    report_model_destroy(model);
}

static void names_cannot_break_out_of_a_picture_or_a_page(void **state)
{
    struct report_model *model;
    char *text;

    (void)state;
    add(HUM_TRACE_SPACE, 0);
    snprintf(records[0].space.program, sizeof(records[0].space.program), "</script><b>&");
    add_event(1, HUM_CAUSE_DEVICE_FAULT, 0, 0, 0, 4, true);
    model = make();
    text = printed(model, report_print_svg);
    assert_null(strstr(text, "<b>"));
    assert_non_null(strstr(text, "&lt;/script>&lt;b>&amp;"));
    free(text);
    if (report_has_page()) {
        text = printed(model, report_print_page);
        assert_null(strstr(text, "</script><b>"));
        assert_non_null(strstr(text, "\\u003c/script>\\u003cb>&"));
        free(text);
    }
    report_model_destroy(model);
}

static void a_trace_of_one_record_is_shown_and_none_is_refused(void **state)
{
    struct report_array none = {records, 0, 0};
    struct report_source source = report_source_array(&none);
    struct report_model *model;

    (void)state;
    assert_int_equal(report_model_create(&source, &model), HUM_ERR_INVALID);
    add(HUM_TRACE_SPACE, 0);
    model = make();
    free(printed(model, report_print_text));
    free(printed(model, report_print_svg));
    free(printed(model, report_print_json));
    report_model_destroy(model);
}

static enum hum_status damaged_next(void *of, struct hum_trace_record *record_out)
{
    struct report_array *array = of;

    if (array->at == array->count)
        return HUM_ERR_INVALID;
    *record_out = array->record[array->at++];
    return HUM_OK;
}

static void a_damaged_trace_is_shown_up_to_there(void **state)
{
    struct report_array array = {records, 2, 0};
    struct report_source source = report_source_array(&array);
    struct report_model *model;
    char *text;

    (void)state;
    source.next = damaged_next;
    add_faults(0, 0, 2);
    add_faults(9, 0, 5);
    assert_int_equal(report_model_create(&source, &model), HUM_OK);
    assert_int_equal(model->metrics.faults[1], 7);
    text = printed(model, report_print_json);
    assert_non_null(strstr(text, "\"damage\":"));
    free(text);
    report_model_destroy(model);
}

/* ---- the line that repeats it ---------------------------------------------------------------- */

static void add_setting(const char *key, const char *value)
{
    struct hum_trace_setting *setting = &add(HUM_TRACE_SETTING, 0)->setting;

    snprintf(setting->key, sizeof(setting->key), "%s", key);
    snprintf(setting->value, sizeof(setting->value), "%s", value);
}

static void expect_line(const char *line)
{
    struct report_model *model = make();
    char text[256];

    report_repeat(model, text, sizeof(text));
    assert_string_equal(text, line);
    report_model_destroy(model);
}

static void a_line_repeats_the_run(void **state)
{
    struct hum_trace_processor *device = &add(HUM_TRACE_PROCESSOR, 0)->processor;

    (void)state;
    strcpy(add(HUM_TRACE_SPACE, 0)->space.program, "./a --b");
    *device = (struct hum_trace_processor){.capacity_bytes = 4 << 20, .workers = 2};
    strcpy(device->kind, "emu");
    add_setting("policy", "tree");
    add_setting("link", "");
    expect_line("hum run --trace again.trace --devices 'emu:mem=4M,workers=2' --policy 'tree' "
                "-- ./a --b");
    add_setting("accesses", "full");
    add_setting("deterministic", "yes");
    strcpy(device->kind, "cuda");
    expect_line("hum run --trace again.trace --devices 'cuda:mem=4M' --policy 'tree' "
                "--accesses 'full' --deterministic -- ./a --b");
    strcpy(records[1].space.program, "hum replay a.trace");
    expect_line("hum replay a.trace");
    add_setting("generator", "hum trace generate zipf");
    expect_line("hum trace generate zipf --output again.trace");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_table_and_the_timeline_sum_up_to_the_metrics, start),
        cmocka_unit_test_setup(counters_of_the_runtime_are_compared, start),
        cmocka_unit_test_setup(a_bin_holds_what_began_in_it_and_the_time_that_passed, start),
        cmocka_unit_test_setup(a_line_repeats_the_run, start),
        cmocka_unit_test_setup(a_lane_names_the_kernel_that_ran, start),
        cmocka_unit_test_setup(many_short_launches_share_bins_and_keep_their_time, start),
        cmocka_unit_test_setup(a_phase_lasts_until_the_next_kernel_starts, start),
        cmocka_unit_test_setup(the_axis_leaves_out_what_was_never_touched, start),
        cmocka_unit_test_setup(pages_are_held_by_who_received_them_last, start),
        cmocka_unit_test_setup(accesses_say_who_touched_where_there_are_any, start),
        cmocka_unit_test_setup(the_pages_that_moved_most_come_first_in_runs, start),
        cmocka_unit_test_setup(rows_of_numbers_are_runs_in_base64, start),
        cmocka_unit_test_setup(modelled_times_are_called_so_and_absent_without_a_link, start),
        cmocka_unit_test_setup(names_cannot_break_out_of_a_picture_or_a_page, start),
        cmocka_unit_test_setup(a_trace_of_one_record_is_shown_and_none_is_refused, start),
        cmocka_unit_test_setup(a_damaged_trace_is_shown_up_to_there, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
