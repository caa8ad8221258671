/* SPDX-License-Identifier: MIT */
/*
 * writer.c - records into a file, a chunk at a time.
 *
 * Records are encoded into two streams (encode.h) until a chunk is full or somebody flushes; then
 * the streams are compressed behind room for the chunk's header and leave with one write(2).  So a
 * killed program leaves whole chunks, and at most a part of one that the kernel was writing.
 * A failed write takes its part of a chunk away again; then the file ends at the last whole one and
 * the writer repeats its failure for ever.
 * Memory is all taken at create.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

#include "base/status.h"
#include "trace/chunk.h"
#include "trace/encode.h"
#include "trace/record.h"

#define LEVEL 3 /* of zstd: 1 is a third faster and 3 % larger */

struct hum_trace_writer {
    int fd;
    uint64_t file_bytes;              /* whole chunks written */
    uint32_t records;                 /* in the chunk that is being made */
    struct humi_trace_encoder encoder;
    uint8_t *file;                    /* header and compressed body, as they are written */
    uint8_t *raw;                     /* what is compressed; the shapes are made in it */
    uint8_t *timings;
    ZSTD_CCtx *zstd;
    enum hum_status failed;           /* first failure, HUM_OK: none */
    char path[];
};

#define FILE_ROOM (HUMI_TRACE_CHUNK_HEADER_BYTES + HUMI_TRACE_BODY_MAX)

static void writer_free(struct hum_trace_writer *writer)
{
    if (!writer)
        return;
    if (writer->fd >= 0)
        close(writer->fd);
    ZSTD_freeCCtx(writer->zstd);
    free(writer->file);
    free(writer->raw);
    free(writer->timings);
    free(writer);
}

static struct hum_trace_writer *writer_make(const char *path)
{
    size_t path_bytes = strlen(path) + 1;
    struct hum_trace_writer *writer = calloc(1, sizeof *writer + path_bytes);

    if (!writer)
        return NULL;
    writer->fd = -1;
    memcpy(writer->path, path, path_bytes);
    writer->file = malloc(FILE_ROOM);
    writer->raw = malloc(HUMI_TRACE_RAW_MAX);
    writer->timings = malloc(HUMI_TRACE_RAW_MAX);
    writer->zstd = ZSTD_createCCtx();
    if (!writer->file || !writer->raw || !writer->timings || !writer->zstd) {
        writer_free(writer);
        return NULL;
    }
    writer->encoder.shapes.data = writer->raw + 4;
    writer->encoder.timings.data = writer->timings;
    humi_trace_encoder_reset(&writer->encoder);
    return writer;
}

/* All of it with one call, unless the kernel takes less. */
static bool write_all(int fd, const uint8_t *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t written = write(fd, data, bytes);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        data += written;
        bytes -= (size_t)written;
    }
    return true;
}

static enum hum_status append(struct hum_trace_writer *writer, size_t bytes)
{
    if (!write_all(writer->fd, writer->file, bytes)) {
        writer->failed = humi_fail_errno("cannot write the trace %s", writer->path);
        (void)!ftruncate(writer->fd, (off_t)writer->file_bytes);
        return writer->failed;
    }
    writer->file_bytes += bytes;
    return HUM_OK;
}

enum hum_status hum_trace_create(const char *path, struct hum_trace_writer **writer_out)
{
    struct hum_trace_writer *writer;
    enum hum_status status;

    if (!path || !*path || !writer_out)
        return humi_fail(HUM_ERR_INVALID, "hum_trace_create: the path or writer_out is missing");
    writer = writer_make(path);
    if (!writer)
        return humi_fail(HUM_ERR_NO_MEMORY, "out of memory for the trace %s", path);
    writer->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (writer->fd < 0) {
        status = humi_fail_errno("cannot create the trace %s", path);
        writer_free(writer);
        return status;
    }
    humi_trace_header_store(writer->file);
    status = append(writer, HUMI_TRACE_HEADER_BYTES);
    if (status != HUM_OK) {
        writer_free(writer);
        return status;
    }
    *writer_out = writer;
    return HUM_OK;
}

/* The chunk as zstd wants it, in one piece: length of the shapes, shapes, timings. */
static size_t join(struct hum_trace_writer *writer)
{
    struct humi_trace_encoder *encoder = &writer->encoder;
    size_t shapes_end = 4 + encoder->shapes.used;

    humi_store_32(writer->raw, (uint32_t)encoder->shapes.used);
    memcpy(writer->raw + shapes_end, writer->timings, encoder->timings.used);
    return shapes_end + encoder->timings.used;
}

enum hum_status hum_trace_flush(struct hum_trace_writer *writer)
{
    struct humi_trace_chunk chunk = {0};
    uint8_t *body;
    size_t raw_bytes, body_bytes;

    if (!writer)
        return humi_fail(HUM_ERR_INVALID, "hum_trace_flush: the writer is missing");
    if (writer->failed != HUM_OK)
        return humi_fail(writer->failed, "an earlier write to the trace %s failed", writer->path);
    if (writer->records == 0)
        return HUM_OK;
    body = writer->file + HUMI_TRACE_CHUNK_HEADER_BYTES;
    raw_bytes = join(writer);
    body_bytes = ZSTD_compressCCtx(writer->zstd, body, HUMI_TRACE_BODY_MAX, writer->raw, raw_bytes,
                                   LEVEL);
    if (ZSTD_isError(body_bytes)) {
        writer->failed = humi_fail(HUM_ERR_NO_MEMORY, "cannot compress the trace %s: %s",
                                   writer->path, ZSTD_getErrorName(body_bytes));
        return writer->failed;
    }
    chunk.body_bytes = (uint32_t)body_bytes;
    chunk.raw_bytes = (uint32_t)raw_bytes;
    chunk.records = writer->records;
    chunk.body_check = humi_trace_crc(body, body_bytes);
    humi_trace_chunk_store(&chunk, writer->file);
    writer->records = 0;
    humi_trace_encoder_reset(&writer->encoder);
    return append(writer, HUMI_TRACE_CHUNK_HEADER_BYTES + body_bytes);
}

static bool has_room(const struct humi_trace_encoder *encoder)
{
    return 4 + encoder->shapes.used + encoder->timings.used + HUMI_TRACE_RECORD_MAX <=
           HUMI_TRACE_RAW_MAX;
}

enum hum_status hum_trace_put(struct hum_trace_writer *writer,
                              const struct hum_trace_record *record)
{
    const char *wrong;

    if (!writer || !record)
        return humi_fail(HUM_ERR_INVALID, "hum_trace_put: the writer or the record is missing");
    wrong = humi_trace_record_wrong(record);
    if (wrong)
        return humi_fail(HUM_ERR_INVALID, "hum_trace_put: %s", wrong);
    if (writer->failed != HUM_OK)
        return humi_fail(writer->failed, "an earlier write to the trace %s failed", writer->path);
    if (!has_room(&writer->encoder)) {
        enum hum_status status = hum_trace_flush(writer);

        if (status != HUM_OK)
            return status;
    }
    humi_trace_encode(&writer->encoder, record);
    writer->records++;
    return HUM_OK;
}

static enum hum_status write_end(struct hum_trace_writer *writer)
{
    const struct humi_trace_chunk end = {.is_end = true};

    humi_trace_chunk_store(&end, writer->file);
    return append(writer, HUMI_TRACE_CHUNK_HEADER_BYTES);
}

enum hum_status hum_trace_writer_close(struct hum_trace_writer *writer)
{
    enum hum_status status;

    if (!writer)
        return HUM_OK;
    status = hum_trace_flush(writer);
    if (status == HUM_OK)
        status = write_end(writer);
    if (close(writer->fd) != 0 && status == HUM_OK)
        status = humi_fail_errno("cannot write the trace %s", writer->path);
    writer->fd = -1;
    writer_free(writer);
    return status;
}
