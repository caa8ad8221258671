/* SPDX-License-Identifier: MIT */
/*
 * reader.c - records out of a file, a chunk at a time.
 *
 * Two buffers hold one chunk, compressed and not; they grow to what the largest one needs, which
 * chunk.c limits.  Each chunk is checked before it is
 * decompressed and each record as it is decoded, so a damaged file ends with a sentence.  A chunk
 * that is not all there yet is looked at again by the next call: a file can be read while it grows.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zstd.h>

#include "base/status.h"
#include "trace/chunk.h"
#include "trace/encode.h"

struct hum_trace {
    int fd;
    uint64_t at;                      /* of the next chunk in the file */
    uint64_t chunk_at;                /* of the one that is being read */
    uint32_t left;                    /* records of it not read yet */
    bool ended;                       /* the end was read */
    bool damaged;                     /* nothing behind this can be read */
    struct humi_trace_decoder decoder;
    struct hum_trace_info info;
    struct buffer {
        uint8_t *data;
        size_t room;
    } body, raw;
    ZSTD_DCtx *zstd;
    char path[];
};

void hum_trace_close(struct hum_trace *trace)
{
    if (!trace)
        return;
    if (trace->fd >= 0)
        close(trace->fd);
    ZSTD_freeDCtx(trace->zstd);
    free(trace->body.data);
    free(trace->raw.data);
    free(trace);
}

static struct hum_trace *trace_make(const char *path)
{
    size_t path_bytes = strlen(path) + 1;
    struct hum_trace *trace = calloc(1, sizeof *trace + path_bytes);

    if (!trace)
        return NULL;
    trace->fd = -1;
    memcpy(trace->path, path, path_bytes);
    trace->zstd = ZSTD_createDCtx();
    if (!trace->zstd) {
        hum_trace_close(trace);
        return NULL;
    }
    return trace;
}

/* As many of `bytes` as the file has there; -1: a failure, errno says which. */
static ssize_t read_at(int fd, uint8_t *data, size_t bytes, uint64_t at)
{
    size_t got = 0;

    while (got < bytes) {
        ssize_t n = pread(fd, data + got, bytes - got, (off_t)(at + got));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (ssize_t)got;
}

static enum hum_status look_at_size(struct hum_trace *trace)
{
    struct stat stat;

    if (fstat(trace->fd, &stat) != 0)
        return humi_fail_errno("cannot read the trace %s", trace->path);
    if (!S_ISREG(stat.st_mode))
        return humi_fail(HUM_ERR_INVALID, "cannot read %s: it is no file", trace->path);
    trace->info.file_bytes = (uint64_t)stat.st_size;
    return HUM_OK;
}

static enum hum_status open_file(struct hum_trace *trace)
{
    uint8_t header[HUMI_TRACE_HEADER_BYTES];
    enum hum_status status;
    const char *wrong;
    ssize_t bytes;

    trace->fd = open(trace->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (trace->fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return humi_fail(HUM_ERR_NOT_FOUND, "there is no trace %s", trace->path);
    if (trace->fd < 0)
        return humi_fail_errno("cannot open the trace %s", trace->path);
    status = look_at_size(trace);
    if (status != HUM_OK)
        return status;
    bytes = read_at(trace->fd, header, sizeof header, 0);
    if (bytes < 0)
        return humi_fail_errno("cannot read the trace %s", trace->path);
    wrong = humi_trace_header_wrong(header, (size_t)bytes);
    if (wrong)
        return humi_fail(HUM_ERR_INVALID, "cannot read %s: %s", trace->path, wrong);
    trace->info.version =
        (size_t)bytes < sizeof header ? HUMI_TRACE_VERSION : humi_load_32(header + 8);
    return HUM_OK;
}

enum hum_status hum_trace_open(const char *path, struct hum_trace **trace_out)
{
    struct hum_trace *trace;
    enum hum_status status;

    if (!path || !trace_out)
        return humi_fail(HUM_ERR_INVALID, "hum_trace_open: the path or trace_out is missing");
    trace = trace_make(path);
    if (!trace)
        return humi_fail(HUM_ERR_NO_MEMORY, "out of memory for the trace %s", path);
    status = open_file(trace);
    if (status == HUM_OK)
        status = hum_trace_rewind(trace);
    if (status != HUM_OK) {
        hum_trace_close(trace);
        return status;
    }
    *trace_out = trace;
    return HUM_OK;
}

enum hum_status hum_trace_rewind(struct hum_trace *trace)
{
    struct hum_trace_info fresh = {0};

    if (!trace)
        return humi_fail(HUM_ERR_INVALID, "hum_trace_rewind: the trace is missing");
    fresh.version = trace->info.version;
    fresh.file_bytes = trace->info.file_bytes;
    trace->info = fresh;
    trace->at = HUMI_TRACE_HEADER_BYTES;
    trace->left = 0;
    trace->ended = trace->damaged = false;
    return HUM_OK;
}

static enum hum_status damaged(struct hum_trace *trace, const char *how)
{
    trace->damaged = true;
    return humi_fail(HUM_ERR_INVALID, "the trace %s is damaged: in its chunk at byte %llu %s",
                     trace->path, (unsigned long long)trace->chunk_at, how);
}

/* The end of the file: after the end chunk, or too early. */
static enum hum_status at_end(struct hum_trace *trace, bool truncated)
{
    enum hum_status status = look_at_size(trace);

    if (status != HUM_OK)
        return status;
    trace->info.truncated = truncated;
    if (!truncated && trace->info.file_bytes > trace->at)
        return damaged(trace, "there are bytes behind the end");
    return humi_fail(HUM_ERR_NOT_FOUND, "the trace %s has no more records", trace->path);
}

/* Room for so many bytes; what was in the buffer is lost.  false: out of memory. */
static bool make_room(struct buffer *buffer, size_t bytes)
{
    uint8_t *data;

    if (bytes <= buffer->room)
        return true;
    data = malloc(bytes);
    if (!data)
        return false;
    free(buffer->data);
    *buffer = (struct buffer){data, bytes};
    return true;
}

static enum hum_status unpack(struct hum_trace *trace, const struct humi_trace_chunk *chunk)
{
    size_t raw_bytes;

    if (humi_trace_crc(trace->body.data, chunk->body_bytes) != chunk->body_check)
        return damaged(trace, "the checksum is wrong");
    raw_bytes = ZSTD_decompressDCtx(trace->zstd, trace->raw.data, chunk->raw_bytes,
                                    trace->body.data, chunk->body_bytes);
    if (ZSTD_isError(raw_bytes) || raw_bytes != chunk->raw_bytes)
        return damaged(trace, "the body is not what was compressed");
    if (!humi_trace_decoder_start(&trace->decoder, trace->info.version, trace->raw.data,
                                  raw_bytes))
        return damaged(trace, "the columns are not as long as the chunk");
    trace->left = chunk->records;
    trace->info.chunks++;
    trace->info.raw_bytes += raw_bytes;
    return HUM_OK;
}

/* HUM_OK: a chunk with records is there. */
static enum hum_status next_chunk(struct hum_trace *trace)
{
    uint8_t header[HUMI_TRACE_CHUNK_HEADER_BYTES];
    struct humi_trace_chunk chunk;
    uint64_t body_at = trace->at + sizeof header;
    ssize_t bytes;

    trace->chunk_at = trace->at;
    if (trace->ended)
        return at_end(trace, false);
    bytes = read_at(trace->fd, header, sizeof header, trace->at);
    if (bytes < 0)
        return humi_fail_errno("cannot read the trace %s", trace->path);
    if ((size_t)bytes < sizeof header)
        return at_end(trace, true);
    if (!humi_trace_chunk_load(header, &chunk))
        return damaged(trace, "the header is no chunk's");
    if (!make_room(&trace->body, chunk.body_bytes) || !make_room(&trace->raw, chunk.raw_bytes))
        return humi_fail(HUM_ERR_NO_MEMORY, "out of memory for the trace %s", trace->path);
    bytes = read_at(trace->fd, trace->body.data, chunk.body_bytes, body_at);
    if (bytes < 0)
        return humi_fail_errno("cannot read the trace %s", trace->path);
    if ((size_t)bytes < chunk.body_bytes)
        return at_end(trace, true);
    trace->at = body_at + chunk.body_bytes;
    if (!chunk.is_end)
        return unpack(trace, &chunk);
    trace->ended = true;
    return at_end(trace, false);
}

enum hum_status hum_trace_next(struct hum_trace *trace, struct hum_trace_record *record_out)
{
    const char *wrong;

    if (!trace || !record_out)
        return humi_fail(HUM_ERR_INVALID, "hum_trace_next: the trace or record_out is missing");
    if (trace->damaged)
        return humi_fail(HUM_ERR_INVALID, "the trace %s is damaged behind what was read",
                         trace->path);
    if (trace->left == 0) {
        enum hum_status status = next_chunk(trace);

        if (status != HUM_OK)
            return status;
    }
    wrong = humi_trace_decode(&trace->decoder, record_out);
    if (wrong)
        return damaged(trace, wrong);
    if (--trace->left == 0 && !humi_trace_decoder_is_done(&trace->decoder))
        return damaged(trace, "there are bytes behind the last record");
    trace->info.records[record_out->kind]++;
    return HUM_OK;
}

void hum_trace_info(const struct hum_trace *trace, struct hum_trace_info *info_out)
{
    *info_out = trace->info;
}
