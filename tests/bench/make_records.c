/* SPDX-License-Identifier: MIT */
/*
 * make_records.c - a trace of records of all kinds, for other readers.
 *
 *     make_records FILE COUNT CHUNK    CHUNK records a chunk; 0: as the writer likes
 */
#include <stdio.h>
#include <stdlib.h>

#include "unit/trace/records.h"

int main(int argc, char **argv)
{
    struct random random = random_make(random_seed("make_records"), 0);
    struct hum_trace_record *records;
    size_t count;

    if (argc != 4)
        return 2;
    count = strtoul(argv[2], NULL, 10);
    records = calloc(count, sizeof *records);
    if (!records)
        return 1;
    for (size_t i = 0; i < count; i++) {
        if (i / 64 % 2)
            records_typical(&random, i, &records[i]);
        else
            records_random(&random, &records[i]);
    }
    if (records_write(argv[1], records, count, strtoul(argv[3], NULL, 10)) != HUM_OK) {
        fprintf(stderr, "make_records: %s\n", hum_error_text());
        return 1;
    }
    free(records);
    return 0;
}
