/* SPDX-License-Identifier: MIT */
/* file.c - inputs as files in memory. */
#include "fuzz/file.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zstd.h>

#include "base/check.h"
#include "trace/chunk.h"
#include "trace/encode.h"

int fuzz_file(const uint8_t *data, size_t size, char path_out[FUZZ_PATH_BYTES])
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    humi_check(fd >= 0);
    humi_check(write(fd, data, size) == (ssize_t)size);
    snprintf(path_out, FUZZ_PATH_BYTES, "/proc/self/fd/%d", fd);
    return fd;
}

uint32_t fuzz_count(const uint8_t *data, size_t size)
{
    struct humi_trace_decoder decoder;
    struct hum_trace_record record;
    uint32_t records = 0;

    if (!humi_trace_decoder_start(&decoder, HUMI_TRACE_VERSION, data, size))
        return 0;
    while (records < FUZZ_RECORDS_MAX && !humi_trace_decode(&decoder, &record))
        records++;
    return records > 0 && humi_trace_decoder_is_done(&decoder) ? records : records + 1;
}

int fuzz_chunk_file(const uint8_t *data, size_t size, uint32_t records,
                    char path_out[FUZZ_PATH_BYTES])
{
    static uint8_t file[HUMI_TRACE_HEADER_BYTES + 2 * HUMI_TRACE_CHUNK_HEADER_BYTES +
                        HUMI_TRACE_BODY_MAX];
    static ZSTD_CCtx *zstd;
    uint8_t *body = file + HUMI_TRACE_HEADER_BYTES + HUMI_TRACE_CHUNK_HEADER_BYTES;
    struct humi_trace_chunk chunk = {.raw_bytes = (uint32_t)size, .records = records};
    const struct humi_trace_chunk end = {.is_end = true};
    size_t bytes;

    if (!zstd)
        zstd = ZSTD_createCCtx();
    humi_check(zstd);
    bytes = ZSTD_compressCCtx(zstd, body, HUMI_TRACE_BODY_MAX, data, size, 1);
    humi_check(!ZSTD_isError(bytes));
    chunk.body_bytes = (uint32_t)bytes;
    chunk.body_check = humi_trace_crc(body, bytes);
    humi_trace_header_store(file);
    humi_trace_chunk_store(&chunk, file + HUMI_TRACE_HEADER_BYTES);
    humi_trace_chunk_store(&end, body + bytes);
    return fuzz_file(file, (size_t)(body - file) + bytes + HUMI_TRACE_CHUNK_HEADER_BYTES,
                     path_out);
}

bool fuzz_is_quick(const struct hum_trace_record *record)
{
    return record->kind != HUM_TRACE_ACCESS || record->access.pages < 4096;
}
