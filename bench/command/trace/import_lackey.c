/* SPDX-License-Identifier: MIT */
/*
 * import_lackey.c - the text of `valgrind --tool=lackey --trace-mem=yes` as accesses of one host
 * thread.
 *
 *     I  0023c790,2     an instruction       " L 1ffeffe7e8,8"   a load, " S" a store, " M" both
 *
 * Neighbours in the text that touch the same page in the same way are one access with a count and
 * the lines of the page that they touched.  Time is the number of instructions so far, as
 * nanoseconds.  Everything else in the text is what valgrind and the program said: it is skipped.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command/trace/tool.h"

#define LINE_BYTES 64u   /* of a cache line */
#define LINE_TEXT_MAX 256

struct lackey {
    struct hum_trace_writer *out;
    uint64_t time;                    /* instructions so far */
    struct hum_trace_record held;     /* not written yet; access.count 0: none */
    struct trace_problem *problem;
};

static bool write_held(struct lackey *lackey)
{
    if (lackey->held.access.count == 0)
        return true;
    if (hum_trace_put(lackey->out, &lackey->held) != HUM_OK)
        return trace_problem_hum(lackey->problem);
    lackey->held.access.count = 0;
    return true;
}

/* Bytes [first, end) of a page. */
static uint64_t lines_of(unsigned first, unsigned end)
{
    uint64_t lines = 0;

    for (unsigned line = first / LINE_BYTES; line <= (end - 1) / LINE_BYTES; line++)
        lines |= UINT64_C(1) << line;
    return lines;
}

static bool touch_page(struct lackey *lackey, uint64_t page, uint64_t lines, bool write)
{
    struct hum_trace_access *held = &lackey->held.access;

    if (held->count && held->first_page == page && held->write == write &&
        held->count < UINT32_MAX) {
        held->count++;
        held->lines |= lines;
        return true;
    }
    if (!write_held(lackey))
        return false;
    memset(&lackey->held, 0, sizeof(lackey->held));
    lackey->held.kind = HUM_TRACE_ACCESS;
    lackey->held.time_ns = lackey->time;
    held->processor = HUM_HOST;
    held->first_page = page;
    held->pages = held->count = 1;
    held->write = write;
    held->lines = lines;
    return true;
}

static bool touch(struct lackey *lackey, uint64_t address, uint64_t bytes, bool write)
{
    uint64_t end = address + bytes;

    while (address < end) {
        uint64_t page = address / HUM_PAGE_SIZE, start = page * HUM_PAGE_SIZE;
        uint64_t stop = end - start < HUM_PAGE_SIZE ? end : start + HUM_PAGE_SIZE;

        if (!touch_page(lackey, page,
                        lines_of((unsigned)(address - start), (unsigned)(stop - start)), write))
            return false;
        address = stop;
    }
    return true;
}

/* "<hex address>,<decimal bytes>" up to the end of the line; false: it is something else. */
static bool parse_place(const char *text, uint64_t *address_out, uint64_t *bytes_out)
{
    char *end;

    if (strspn(text, "0123456789abcdefABCDEF") == 0)
        return false;
    errno = 0;
    *address_out = strtoull(text, &end, 16);
    if (errno || *end != ',' || end[1] < '0' || end[1] > '9')
        return false;
    *bytes_out = strtoull(end + 1, &end, 10);
    return !errno && *bytes_out > 0 && *bytes_out <= HUM_PAGE_SIZE &&
           *address_out <= UINT64_MAX - HUM_PAGE_SIZE && *end == '\n';
}

static bool import_line(struct lackey *lackey, const char *line, bool instructions)
{
    bool instruction = strncmp(line, "I  ", 3) == 0;
    bool data = line[0] == ' ' && line[1] && strchr("LSM", line[1]) && line[2] == ' ';
    uint64_t address, bytes;

    if ((!instruction && !data) || !parse_place(line + 3, &address, &bytes))
        return true;
    lackey->time += instruction;
    if (instruction)
        return !instructions || touch(lackey, address, bytes, false);
    if (line[1] != 'S' && !touch(lackey, address, bytes, false))
        return false;
    return line[1] == 'L' || touch(lackey, address, bytes, true);
}

bool trace_import_lackey(FILE *in, struct hum_trace_writer *out,
                         const struct trace_import_options *options,
                         struct trace_problem *problem)
{
    struct lackey lackey = {.out = out, .problem = problem};
    char line[LINE_TEXT_MAX];

    while (fgets(line, sizeof(line), in))
        if (!import_line(&lackey, line, options->instructions))
            return false;
    if (ferror(in))
        return trace_problem_say(problem, "cannot read: %s", strerror(errno));
    if (lackey.time == 0 && lackey.held.access.count == 0)
        return trace_problem_say(problem, "there is no line of lackey's in it; run valgrind "
                                          "--tool=lackey --trace-mem=yes");
    return write_held(&lackey);
}
