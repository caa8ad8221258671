/* SPDX-License-Identifier: MIT */
/*
 * import_oracle.c - libCacheSim's oracleGeneral records (oracle.h) as accesses of one host thread.
 * A record is one touch of one page, whatever its size; the next access is not kept, it follows.
 */
#include <string.h>

#include "command/trace/map.h"
#include "command/trace/oracle.h"
#include "command/trace/tool.h"

/* The object's page: itself, or its place in order of appearance. */
static bool page_of(uint64_t object, struct trace_map *places, bool renumber, uint64_t *page_out,
                    struct trace_problem *problem)
{
    uint64_t *place;

    *page_out = object;
    if (!renumber && object >= HUM_TRACE_PAGES_MAX)
        return trace_problem_say(problem, "object %llu is no page number; try --renumber",
                                 (unsigned long long)object);
    if (!renumber)
        return true;
    place = trace_map_get(places, object);
    if (!place)
        return trace_problem_say(problem, "out of memory");
    if (*place == 0)
        *place = places->used;
    *page_out = *place - 1;
    return true;
}

static bool import_all(FILE *in, struct hum_trace_writer *out, struct trace_map *places,
                       bool renumber, struct trace_problem *problem)
{
    unsigned char bytes[ORACLE_BYTES];
    uint64_t count = 0;
    size_t got;

    while ((got = fread(bytes, 1, sizeof(bytes), in)) == sizeof(bytes)) {
        struct oracle oracle = oracle_load(bytes);
        struct hum_trace_record record;

        memset(&record, 0, sizeof(record));
        record.kind = HUM_TRACE_ACCESS;
        record.time_ns = (uint64_t)oracle.time_s * 1000000000;
        record.access.processor = HUM_HOST;
        record.access.pages = record.access.count = 1;
        if (!page_of(oracle.object, places, renumber, &record.access.first_page, problem))
            return false;
        if (hum_trace_put(out, &record) != HUM_OK)
            return trace_problem_hum(problem);
        count++;
    }
    if (got == 0 && !ferror(in))
        return true;
    return trace_problem_say(problem, "record %llu is cut off: the file is no oracleGeneral trace",
                             (unsigned long long)count);
}

bool trace_import_oracle(FILE *in, struct hum_trace_writer *out,
                         const struct trace_import_options *options,
                         struct trace_problem *problem)
{
    struct trace_map places = {0};
    bool good = import_all(in, out, &places, options->renumber, problem);

    trace_map_free(&places);
    return good;
}
