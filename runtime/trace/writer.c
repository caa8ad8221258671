/* SPDX-License-Identifier: MIT */
/*
 * writer.c - records into a file, a chunk at a time.
 *
 * Records are encoded into columns (encode.h) until a chunk is full or somebody flushes; then the
 * columns are compressed behind room for the chunk's header and leave with one write(2).  So a
 * killed program leaves whole chunks, and at most a part of one that the kernel was writing.
 * Columns end blocks of the zstd frame, because a block has one table of how long the code of each
 * byte is: a tenth of the file.
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

#include "base/check.h"
#include "base/status.h"
#include "trace/chunk.h"
#include "trace/encode.h"
#include "trace/record.h"

/*
 * Of zstd.  5 takes three quarters of the time and is 2 % larger; 8 would clear tables of a MiB for
 * each chunk, so these are smaller: 2^16 entries.
 */
#define LEVEL 8
#define TABLE_LOG 16

#define BLOCK_MIN 256 /* bytes of a column that is worth a table */

struct hum_trace_writer {
    int fd;
    uint64_t file_bytes;              /* whole chunks written */
    uint32_t records;                 /* in the chunk that is being made */
    struct humi_trace_encoder encoder;
    uint8_t *file;                    /* header and compressed body, as they are written */
    uint8_t *columns;                 /* the encoder's, one behind the other */
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
    free(writer->columns);
    free(writer);
}

static bool set_up(ZSTD_CCtx *zstd)
{
    return zstd && !ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, LEVEL)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_hashLog, TABLE_LOG)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_chainLog, TABLE_LOG));
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
    writer->columns = malloc(HUMI_COLUMNS * HUMI_TRACE_COLUMN_MAX);
    writer->zstd = ZSTD_createCCtx();
    if (!writer->file || !writer->columns || !set_up(writer->zstd)) {
        writer_free(writer);
        return NULL;
    }
    for (unsigned c = 0; c < HUMI_COLUMNS; c++)
        writer->encoder.column[c].data = writer->columns + c * HUMI_TRACE_COLUMN_MAX;
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

/* Append to the body; `end` says what follows.  Returns 0 or zstd's code of an error. */
static size_t compress_part(struct hum_trace_writer *writer, ZSTD_outBuffer *body,
                            const void *data, size_t bytes, ZSTD_EndDirective end)
{
    ZSTD_inBuffer in = {data, bytes, 0};
    size_t left;

    do
        left = ZSTD_compressStream2(writer->zstd, body, &in, end);
    while (!ZSTD_isError(left) && body->pos < body->size &&
           (in.pos < in.size || (left != 0 && end != ZSTD_e_continue)));
    humi_check(in.pos == in.size || ZSTD_isError(left));
    return end == ZSTD_e_continue && !ZSTD_isError(left) ? 0 : left;
}

/* Lengths of the columns, columns.  Returns the bytes of the body, or zstd's code of an error. */
static size_t compress(struct hum_trace_writer *writer, uint8_t *body, size_t raw_bytes,
                       const uint8_t *lengths, size_t length_bytes)
{
    ZSTD_outBuffer out = {body, HUMI_TRACE_BODY_MAX, 0};
    size_t left = ZSTD_CCtx_reset(writer->zstd, ZSTD_reset_session_only);

    if (!ZSTD_isError(left))
        left = ZSTD_CCtx_setPledgedSrcSize(writer->zstd, raw_bytes);
    if (!ZSTD_isError(left))
        left = compress_part(writer, &out, lengths, length_bytes, ZSTD_e_continue);
    for (unsigned c = 0; c < HUMI_COLUMNS && !ZSTD_isError(left); c++) {
        const struct humi_out *column = &writer->encoder.column[c];
        bool alone = column->used >= BLOCK_MIN || c + 1 == HUMI_COLUMN_BITS;

        left = compress_part(writer, &out, column->data, column->used,
                             c == HUMI_COLUMN_BITS ? ZSTD_e_end
                             : alone               ? ZSTD_e_flush
                                                   : ZSTD_e_continue);
    }
    humi_check(left == 0 || ZSTD_isError(left));
    return left == 0 ? out.pos : left;
}

enum hum_status hum_trace_flush(struct hum_trace_writer *writer)
{
    struct humi_trace_chunk chunk = {0};
    uint8_t *body, lengths[HUMI_TRACE_LENGTHS_MAX];
    size_t raw_bytes, body_bytes, length_bytes;

    if (!writer)
        return humi_fail(HUM_ERR_INVALID, "hum_trace_flush: the writer is missing");
    if (writer->failed != HUM_OK)
        return humi_fail(writer->failed, "an earlier write to the trace %s failed", writer->path);
    if (writer->records == 0)
        return HUM_OK;
    body = writer->file + HUMI_TRACE_CHUNK_HEADER_BYTES;
    raw_bytes = humi_trace_encoder_finish(&writer->encoder);
    length_bytes = humi_trace_encoder_lengths(&writer->encoder, lengths);
    raw_bytes += length_bytes;
    body_bytes = compress(writer, body, raw_bytes, lengths, length_bytes);
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
    size_t bytes = HUMI_TRACE_LENGTHS_MAX + HUMI_TRACE_RECORD_MAX, most = 0;

    for (unsigned c = 0; c < HUMI_COLUMNS; c++) {
        size_t used = encoder->column[c].used;

        bytes += used;
        most = used > most ? used : most;
    }
    return bytes <= HUMI_TRACE_RAW_MAX && most + HUMI_TRACE_RECORD_MAX <= HUMI_TRACE_COLUMN_MAX;
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
