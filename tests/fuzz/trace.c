/* SPDX-License-Identifier: MIT */
/*
 * trace.c - fuzz target: trace files.
 *
 * The input is read three ways: as a file as it is; as a chunk before compression, which no
 * checksum guards here; and as such a chunk in a file whose checksums are right.  Checked: the
 * reader ends, with HUM_ERR_NOT_FOUND or with a sentence; what it gives are records that a writer
 * takes, that come back the same, and that can be measured.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zstd.h>

#include "base/check.h"
#include "fuzz/fuzz.h"
#include "trace/chunk.h"
#include "trace/encode.h"
#include "trace/record.h"

enum { RECORDS_MAX = 4096 };

/* A file in memory, and a path that opens it. */
static int memory_file(const uint8_t *data, size_t size, char path_out[64])
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    humi_check(fd >= 0);
    humi_check(write(fd, data, size) == (ssize_t)size);
    snprintf(path_out, 64, "/proc/self/fd/%d", fd);
    return fd;
}

static void check_refused(enum hum_status status)
{
    humi_check(status == HUM_ERR_INVALID);
    humi_check(strlen(hum_error_text()) > 10);
}

/* Accesses to very many pages are right, but take their time to measure. */
static bool is_quick(const struct hum_trace_record *record)
{
    return record->kind != HUM_TRACE_ACCESS || record->access.pages < 4096;
}

static void read_all(const char *path)
{
    struct hum_metering *metering;
    struct hum_trace_record record;
    struct hum_metrics metrics;
    struct hum_trace_info info;
    struct hum_trace *trace;
    enum hum_status status = hum_trace_open(path, &trace);

    if (status != HUM_OK) {
        check_refused(status);
        return;
    }
    humi_check(hum_metering_create(&metering) == HUM_OK);
    for (unsigned i = 0; (status = hum_trace_next(trace, &record)) == HUM_OK; i++) {
        humi_check(!humi_trace_record_wrong(&record));
        if (i < RECORDS_MAX && is_quick(&record))
            humi_check(hum_metering_feed(metering, &record) == HUM_OK);
    }
    if (status != HUM_ERR_NOT_FOUND)
        check_refused(status);
    hum_metering_read(metering, &metrics);
    hum_trace_info(trace, &info);
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
    humi_check(humi_trace_decoder_start(&decoder, raw, join(encoder, raw)));
    humi_check(!humi_trace_decode(&decoder, &again));
    humi_check(humi_trace_decoder_is_done(&decoder));
    humi_check(memcmp(&again, record, sizeof again) == 0);
}

/* How many records a reader will ask for: one more than there are, unless all is used up. */
static uint32_t decode_all(const uint8_t *data, size_t size)
{
    static uint8_t columns[HUMI_COLUMNS][HUMI_TRACE_RECORD_MAX];
    static struct humi_trace_encoder encoder;
    struct humi_trace_decoder decoder;
    struct hum_trace_record record;
    uint32_t records = 0;

    for (unsigned c = 0; c < HUMI_COLUMNS; c++)
        encoder.column[c].data = columns[c];
    if (!humi_trace_decoder_start(&decoder, data, size))
        return 0;
    while (records < RECORDS_MAX && !humi_trace_decode(&decoder, &record)) {
        check_again(&record, &encoder);
        records++;
    }
    return records > 0 && humi_trace_decoder_is_done(&decoder) ? records : records + 1;
}

/* A file of one chunk with this inside. */
static void read_wrapped(const uint8_t *data, size_t size, uint32_t records)
{
    static uint8_t file[HUMI_TRACE_HEADER_BYTES + HUMI_TRACE_CHUNK_HEADER_BYTES +
                        HUMI_TRACE_BODY_MAX];
    static ZSTD_CCtx *zstd;
    uint8_t *body = file + HUMI_TRACE_HEADER_BYTES + HUMI_TRACE_CHUNK_HEADER_BYTES;
    struct humi_trace_chunk chunk = {.raw_bytes = (uint32_t)size, .records = records};
    char path[64];
    size_t bytes;
    int fd;

    if (!zstd)
        zstd = ZSTD_createCCtx();
    humi_check(zstd);
    bytes = ZSTD_compressCCtx(zstd, body, HUMI_TRACE_BODY_MAX, data, size, 1);
    humi_check(!ZSTD_isError(bytes));
    chunk.body_bytes = (uint32_t)bytes;
    chunk.body_check = humi_trace_crc(body, bytes);
    humi_trace_header_store(file);
    humi_trace_chunk_store(&chunk, file + HUMI_TRACE_HEADER_BYTES);
    fd = memory_file(file, (size_t)(body - file) + bytes, path);
    read_all(path);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd;

    if (size > HUMI_TRACE_RAW_MAX)
        return 0;
    fd = memory_file(data, size, path);
    read_all(path);
    close(fd);
    read_wrapped(data, size, decode_all(data, size));
    return 0;
}
