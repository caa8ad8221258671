/* SPDX-License-Identifier: MIT */
/*
 * export_oracle.c - the accesses of a trace for libCacheSim (oracle.h).
 *
 * First the records are written in order, without the next access; then the file is gone through
 * from its end, where the next access of a page is what was seen last.  So memory follows the
 * distinct pages, not the accesses.
 */
#include <errno.h>
#include <string.h>

#include "command/trace/map.h"
#include "command/trace/oracle.h"
#include "command/trace/tool.h"

#define PART 4096u /* records that are patched at a time */

static bool failed_write(struct trace_problem *problem)
{
    return trace_problem_say(problem, "cannot write: %s", strerror(errno));
}

static bool put_access(FILE *out, const struct hum_trace_record *record, bool repeat)
{
    uint64_t seconds = record->time_ns / 1000000000;
    struct oracle oracle = {seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX, 0,
                            HUM_PAGE_SIZE, -1};
    unsigned char bytes[ORACLE_BYTES];

    for (uint32_t page = 0; page < record->access.pages; page++) {
        oracle.object = record->access.first_page + page;
        oracle_store(&oracle, bytes);
        for (uint32_t i = 0; i < (repeat ? record->access.count : 1); i++)
            if (fwrite(bytes, sizeof(bytes), 1, out) != 1)
                return false;
    }
    return true;
}

static bool put_all(struct hum_trace *trace, FILE *out, bool repeat, struct trace_problem *problem)
{
    struct hum_trace_record record;
    bool more;

    while (trace_read(trace, &record, &more, problem)) {
        if (!more)
            return fflush(out) == 0 || failed_write(problem);
        if (record.kind == HUM_TRACE_ACCESS && !put_access(out, &record, repeat))
            return failed_write(problem);
    }
    return false;
}

/* Records [first, first + count), which `bytes` holds, from the last to the first. */
static bool patch(unsigned char *bytes, uint64_t first, uint64_t count, struct trace_map *seen)
{
    for (uint64_t i = count; i-- > 0;) {
        unsigned char *at = bytes + i * ORACLE_BYTES;
        uint64_t *next = trace_map_get(seen, oracle_get(at + 4, 8)); /* index + 1; 0: none */

        if (!next)
            return false;
        oracle_put(at + 16, *next - 1, 8);
        *next = first + i + 1;
    }
    return true;
}

static bool patch_all(FILE *out, struct trace_map *seen, struct trace_problem *problem)
{
    static unsigned char bytes[PART * ORACLE_BYTES];
    off_t end = ftello(out);

    if (end < 0)
        return trace_problem_say(problem, "the output must be a file (-o FILE)");
    for (uint64_t left = (uint64_t)end / ORACLE_BYTES; left > 0;) {
        uint64_t count = left < PART ? left : PART;

        left -= count;
        if (fseeko(out, (off_t)(left * ORACLE_BYTES), SEEK_SET) != 0 ||
            fread(bytes, ORACLE_BYTES, count, out) != count)
            return trace_problem_say(problem, "cannot read back what was written: %s",
                                     strerror(errno));
        if (!patch(bytes, left, count, seen))
            return trace_problem_say(problem, "out of memory");
        if (fseeko(out, (off_t)(left * ORACLE_BYTES), SEEK_SET) != 0 ||
            fwrite(bytes, ORACLE_BYTES, count, out) != count)
            return failed_write(problem);
    }
    return fseeko(out, 0, SEEK_END) == 0 || failed_write(problem);
}

bool trace_export_oracle(struct hum_trace *trace, FILE *out, bool repeat,
                         struct trace_problem *problem)
{
    struct trace_map seen = {0};
    bool good;

    if (fseeko(out, 0, SEEK_SET) != 0)
        return trace_problem_say(problem, "the output must be a file (-o FILE)");
    good = put_all(trace, out, repeat, problem) && patch_all(out, &seen, problem);
    trace_map_free(&seen);
    return good;
}
