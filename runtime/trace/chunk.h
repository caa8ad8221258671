/* SPDX-License-Identifier: MIT */
/*
 * chunk.h - the header of the file and of its chunks, as bytes.
 * Threads: any; nothing here keeps anything.
 */
#ifndef HUMI_TRACE_CHUNK_H
#define HUMI_TRACE_CHUNK_H

#include <stdbool.h>

#include "trace/format.h"

struct humi_trace_chunk {
    uint32_t body_bytes;  /* compressed */
    uint32_t raw_bytes;   /* before compression */
    uint32_t records;
    uint32_t body_check;  /* CRC-32 of the body */
    bool is_end;          /* nothing comes behind it */
};

void humi_trace_header_store(uint8_t header_out[HUMI_TRACE_HEADER_BYTES]);

/* NULL: the first `bytes` bytes of a file are, as far as they go, a trace that can be read. */
const char *humi_trace_header_wrong(const uint8_t *header, size_t bytes);

void humi_trace_chunk_store(const struct humi_trace_chunk *chunk,
                            uint8_t header_out[HUMI_TRACE_CHUNK_HEADER_BYTES]);

/* false: this is no chunk header, or one that claims more than a chunk may hold. */
bool humi_trace_chunk_load(const uint8_t header[HUMI_TRACE_CHUNK_HEADER_BYTES],
                           struct humi_trace_chunk *chunk_out);

/* CRC-32 as of zip, Ethernet and PNG: reflected polynomial 0xedb88320. */
uint32_t humi_trace_crc(const uint8_t *data, size_t bytes);

#endif
