/* SPDX-License-Identifier: MIT */
/*
 * encode.h - records to bytes and back, within one chunk.
 *
 * A chunk keeps columns apart (format.h): what happened to what repeats and compresses to almost
 * nothing, times are noise.  Mixed, noise would hide the repetition.
 *
 * Threads: plain data of a writer or a reader.
 */
#ifndef HUMI_TRACE_ENCODE_H
#define HUMI_TRACE_ENCODE_H

#include "trace/numbers.h"
#include "trace/state.h"

struct humi_trace_encoder {
    struct humi_trace_state state;
    struct humi_out column[HUMI_COLUMNS];
    struct humi_bits bits;
};

/* No columns' bytes, first record of a chunk. */
void humi_trace_encoder_reset(struct humi_trace_encoder *encoder);

/*
 * Append a record that humi_trace_record_wrong() finds nothing wrong with.  The columns together
 * grow by at most HUMI_TRACE_RECORD_MAX bytes, for which each must have room.
 */
void humi_trace_encode(struct humi_trace_encoder *encoder, const struct hum_trace_record *record);

/* Behind the last record: the columns are complete.  Returns the bytes of them all. */
size_t humi_trace_encoder_finish(struct humi_trace_encoder *encoder);

/* The columns' lengths as a chunk begins with them; returns their number of bytes. */
size_t humi_trace_encoder_lengths(const struct humi_trace_encoder *encoder,
                                  uint8_t lengths_out[HUMI_TRACE_LENGTHS_MAX]);

struct humi_trace_decoder {
    uint32_t version;            /* of the file */
    struct humi_trace_state state;
    struct humi_in column[HUMI_COLUMNS];
    struct humi_bits bits;
};

/*
 * Start on a chunk's bytes before compression, which must stay, of a file of that version.  false:
 * they are no chunk.
 */
bool humi_trace_decoder_start(struct humi_trace_decoder *decoder, uint32_t version,
                              const uint8_t *raw, size_t bytes);

/*
 * The next record, checked; only what humi_trace_record_bytes() of its kind says is written.  NULL,
 * or what is wrong with the bytes: then it is none.
 */
const char *humi_trace_decode(struct humi_trace_decoder *decoder,
                              struct hum_trace_record *record_out);

/* Nothing is left of any column. */
bool humi_trace_decoder_is_done(const struct humi_trace_decoder *decoder);

#endif
