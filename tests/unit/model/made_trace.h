/* SPDX-License-Identifier: MIT */
/*
 * made_trace.h - traces that tests write record by record, and their replay.
 *
 * Everything asserts, so it is for the main thread only.
 */
#ifndef MADE_TRACE_H
#define MADE_TRACE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/replay.h"
#include "support/test.h"

#define PAGES HUM_PAGES_PER_BLOCK

static char made_path[] = "/tmp/hum-made-trace-XXXXXX";
static struct hum_trace_writer *made;

static inline void made_put(const struct hum_trace_record *record)
{
    assert_int_equal(hum_trace_put(made, record), HUM_OK);
}

static inline void made_setting(const char *key, const char *value)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_SETTING};

    snprintf(record.setting.key, sizeof record.setting.key, "%s", key);
    snprintf(record.setting.value, sizeof record.setting.value, "%s", value);
    made_put(&record);
}

static inline void made_begin(const char *policy)
{
    strcpy(made_path + strlen(made_path) - 6, "XXXXXX");
    int file = mkstemp(made_path);

    assert_true(file >= 0);
    close(file);
    assert_int_equal(hum_trace_create(made_path, &made), HUM_OK);
    made_setting("policy", policy);
}

static inline void made_region(uint32_t id, uint64_t first_page, uint64_t pages)
{
    const struct hum_trace_record record = {.kind = HUM_TRACE_REGION,
                                            .region = {.region = id,
                                                       .first_page = first_page,
                                                       .bytes = pages * HUM_PAGE_SIZE}};
    made_put(&record);
}

static inline void made_region_end(uint32_t id)
{
    const struct hum_trace_record record = {.kind = HUM_TRACE_REGION_END,
                                            .region_end = {.region = id}};
    made_put(&record);
}

static inline void made_epoch(uint64_t launch)
{
    static uint64_t epoch;
    const struct hum_trace_record record = {.kind = HUM_TRACE_EPOCH,
                                            .epoch = {.epoch = ++epoch, .launch = launch}};
    made_put(&record);
}

/* It ended. */
static inline void made_launch(uint64_t launch, int device, uint32_t stream)
{
    const struct hum_trace_record record = {
        .kind = HUM_TRACE_LAUNCH,
        .launch = {.launch = launch, .device = device, .stream = stream, .count = 1}};
    made_put(&record);
}

struct made_access {
    int processor;
    uint32_t worker;
    uint64_t launch, first_page;
    uint32_t pages, count;
    bool write;
};

static inline void made_access(const struct made_access *access)
{
    const struct hum_trace_record record = {
        .kind = HUM_TRACE_ACCESS,
        .access = {.agent = (uint32_t)(access->processor + 1) * 1024u + access->worker,
                   .processor = access->processor,
                   .launch = access->launch,
                   .first_page = access->first_page,
                   .pages = access->pages,
                   .count = access->count ? access->count : 1,
                   .write = access->write}};
    made_put(&record);
}

static inline void made_host(uint64_t first_page, uint32_t pages, bool write)
{
    made_access(&(struct made_access){
        .processor = HUM_HOST, .first_page = first_page, .pages = pages, .write = write});
}

static inline void made_end(void)
{
    assert_int_equal(hum_trace_writer_close(made), HUM_OK);
}

/* What the replay of the made trace says; *result_out only if it is HUM_OK. */
static inline enum hum_status made_replay(const struct humi_model_params *params,
                                          struct humi_model_result *result_out)
{
    struct hum_trace *trace;
    struct humi_survey survey;

    assert_int_equal(hum_trace_open(made_path, &trace), HUM_OK);
    assert_int_equal(humi_survey_read(&survey, trace), HUM_OK);
    enum hum_status status = humi_model_replay(trace, &survey, params, result_out);
    humi_survey_fini(&survey);
    hum_trace_close(trace);
    return status;
}

static inline struct humi_model_result made_result(const struct humi_model_params *params)
{
    struct humi_model_result result;

    if (made_replay(params, &result) != HUM_OK)
        fail_msg("%s", hum_error_text());
    return result;
}

static inline void made_remove(void)
{
    unlink(made_path);
}

#endif
