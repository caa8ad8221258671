/* SPDX-License-Identifier: MIT */
/*
 * trace.c - fuzz target: trace files.
 *
 * The input is read three ways: as a file as it is; as a chunk before compression, which no
 * checksum guards here; and as such a chunk in a file whose checksums are right.  Checked: the
 * reader ends, with HUM_ERR_NOT_FOUND or with a sentence; what it gives are records that a writer
 * takes, that come back the same, that can be measured, and whose accesses can be replayed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "fuzz/file.h"
#include "fuzz/fuzz.h"
#include "policy/evict/registry.h"
#include "replay/machine.h"
#include "trace/encode.h"
#include "trace/record.h"

static void check_refused(enum hum_status status)
{
    humi_check(status == HUM_ERR_INVALID);
    humi_check(strlen(hum_error_text()) > 10);
}

/* What was added before memory was too little is replayed, too. */
static void replay(struct humi_source *source)
{
    const struct humi_replay_setup setup = {
        .capacity = 7,
        .parts = {.evict = humi_evict_find("min"), .prefetch = HUMI_PREFETCH_TREE,
                  .place = HUMI_PLACE_SHARE}};
    struct humi_replay_result result;

    if (humi_source_finish(source, true) != HUM_OK)
        return;
    humi_check(humi_machine_run(source, &setup, &result) == HUM_OK);
    humi_check(result.accesses == source->touch_sum && result.misses <= source->count);
    humi_check((result.pages_in - result.first_touches) * HUM_PAGE_SIZE ==
               result.bytes_h2d + result.bytes_d2d);
}

static void read_all(const char *path)
{
    struct hum_metering *metering;
    struct hum_trace_record record;
    struct hum_metrics metrics;
    struct hum_trace_info info;
    struct hum_trace *trace;
    struct humi_source source;
    enum hum_status status = hum_trace_open(path, &trace);

    if (status != HUM_OK) {
        check_refused(status);
        return;
    }
    humi_check(hum_metering_create(&metering) == HUM_OK);
    humi_source_init(&source, 20000, 3000);
    for (unsigned i = 0; (status = hum_trace_next(trace, &record)) == HUM_OK; i++) {
        humi_check(!humi_trace_record_wrong(&record));
        if (i < FUZZ_RECORDS_MAX && fuzz_is_quick(&record))
            humi_check(hum_metering_feed(metering, &record) == HUM_OK);
        status = i < FUZZ_RECORDS_MAX ? humi_source_add(&source, &record) : HUM_OK;
        humi_check(status == HUM_OK || status == HUM_ERR_NO_MEMORY);
    }
    if (status != HUM_ERR_NOT_FOUND)
        check_refused(status);
    hum_metering_read(metering, &metrics);
    hum_trace_info(trace, &info);
    replay(&source);
    humi_source_fini(&source);
    hum_metering_destroy(metering);
    hum_trace_close(trace);
}

/* A chunk's bytes: lengths of the columns, columns.  Returns how many. */
static size_t join(struct humi_trace_encoder *encoder, uint8_t *raw_out)
{
    size_t bytes = humi_trace_encoder_finish(encoder), at;

    humi_check(bytes <= HUMI_TRACE_RECORD_MAX);
    at = humi_trace_encoder_lengths(encoder, raw_out);
    for (unsigned c = 0; c < HUMI_COLUMNS; c++) {
        memcpy(raw_out + at, encoder->column[c].data, encoder->column[c].used);
        at += encoder->column[c].used;
    }
    return at;
}

/* What was decoded, encoded again, is the same when it is decoded. */
static void check_again(const struct hum_trace_record *record, struct humi_trace_encoder *encoder)
{
    uint8_t raw[HUMI_TRACE_LENGTHS_MAX + HUMI_TRACE_RECORD_MAX];
    struct humi_trace_decoder decoder;
    struct hum_trace_record again;

    humi_trace_encoder_reset(encoder);
    humi_trace_encode(encoder, record);
    humi_check(humi_trace_decoder_start(&decoder, HUMI_TRACE_VERSION, raw, join(encoder, raw)));
    humi_check(!humi_trace_decode(&decoder, &again));
    humi_check(humi_trace_decoder_is_done(&decoder));
    humi_check(memcmp(&again, record, humi_trace_record_bytes(record->kind)) == 0);
}

static void decode_all(uint32_t version, const uint8_t *data, size_t size)
{
    static uint8_t columns[HUMI_COLUMNS][HUMI_TRACE_RECORD_MAX];
    static struct humi_trace_encoder encoder;
    struct humi_trace_decoder decoder;
    struct hum_trace_record record;

    for (unsigned c = 0; c < HUMI_COLUMNS; c++)
        encoder.column[c].data = columns[c];
    if (!humi_trace_decoder_start(&decoder, version, data, size))
        return;
    for (unsigned i = 0; i < FUZZ_RECORDS_MAX && !humi_trace_decode(&decoder, &record); i++)
        check_again(&record, &encoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH_BYTES];
    int fd;

    if (size > HUMI_TRACE_RAW_MAX)
        return 0;
    fd = fuzz_file(data, size, path);
    read_all(path);
    close(fd);
    for (uint32_t version = HUMI_TRACE_VERSION_LEAST; version <= HUMI_TRACE_VERSION; version++)
        decode_all(version, data, size);
    fd = fuzz_chunk_file(data, size, fuzz_count(data, size), path);
    read_all(path);
    close(fd);
    return 0;
}
