/* SPDX-License-Identifier: MIT */
/* chunk.c - the header of the file and of its chunks, as bytes. */
#include "trace/chunk.h"

#include <pthread.h>
#include <string.h>

#include "trace/bytes.h"

static uint32_t crc_table[256];

static void fill_crc_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;

        for (unsigned bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
        crc_table[i] = crc;
    }
}

uint32_t humi_trace_crc(const uint8_t *data, size_t bytes)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    uint32_t crc = UINT32_MAX;

    pthread_once(&once, fill_crc_table);
    for (size_t i = 0; i < bytes; i++)
        crc = (crc >> 8) ^ crc_table[(crc ^ data[i]) & 0xff];
    return ~crc;
}

void humi_trace_header_store(uint8_t header_out[HUMI_TRACE_HEADER_BYTES])
{
    memcpy(header_out, HUMI_TRACE_MAGIC, 8);
    humi_store_32(header_out + 8, HUMI_TRACE_VERSION);
    humi_store_32(header_out + 12, 0);
}

const char *humi_trace_header_wrong(const uint8_t *header, size_t bytes)
{
    if (memcmp(header, HUMI_TRACE_MAGIC, bytes < 8 ? bytes : 8) != 0)
        return "it is not a trace";
    if (bytes < HUMI_TRACE_HEADER_BYTES)
        return NULL;
    if (humi_load_32(header + 8) > HUMI_TRACE_VERSION)
        return "it was written by a newer version of hum; read it with that one";
    if (humi_load_32(header + 8) == 1)
        return "it was written by a version of hum before the first release; record it again";
    if (humi_load_32(header + 8) < HUMI_TRACE_VERSION_LEAST || humi_load_32(header + 12) != 0)
        return "its header is damaged";
    return NULL;
}

void humi_trace_chunk_store(const struct humi_trace_chunk *chunk,
                            uint8_t header_out[HUMI_TRACE_CHUNK_HEADER_BYTES])
{
    humi_store_32(header_out, chunk->is_end ? HUMI_TRACE_END_MAGIC : HUMI_TRACE_CHUNK_MAGIC);
    humi_store_32(header_out + 4, chunk->body_bytes);
    humi_store_32(header_out + 8, chunk->raw_bytes);
    humi_store_32(header_out + 12, chunk->records);
    humi_store_32(header_out + 16, chunk->body_check);
    humi_store_32(header_out + 20, humi_trace_crc(header_out, 20));
}

static bool is_possible(const struct humi_trace_chunk *chunk)
{
    if (chunk->is_end)
        return chunk->body_bytes == 0 && chunk->raw_bytes == 0 && chunk->records == 0;
    return chunk->body_bytes > 0 && chunk->body_bytes <= HUMI_TRACE_BODY_MAX &&
           chunk->raw_bytes >= HUMI_COLUMNS && chunk->raw_bytes <= HUMI_TRACE_RAW_MAX &&
           chunk->records > 0;
}

bool humi_trace_chunk_load(const uint8_t header[HUMI_TRACE_CHUNK_HEADER_BYTES],
                           struct humi_trace_chunk *chunk_out)
{
    uint32_t magic = humi_load_32(header);

    chunk_out->is_end = magic == HUMI_TRACE_END_MAGIC;
    chunk_out->body_bytes = humi_load_32(header + 4);
    chunk_out->raw_bytes = humi_load_32(header + 8);
    chunk_out->records = humi_load_32(header + 12);
    chunk_out->body_check = humi_load_32(header + 16);
    return (chunk_out->is_end || magic == HUMI_TRACE_CHUNK_MAGIC) &&
           humi_load_32(header + 20) == humi_trace_crc(header, 20) && is_possible(chunk_out);
}
