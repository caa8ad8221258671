/* SPDX-License-Identifier: MIT */
/* tool.c - see tool.h */
#include "command/trace/tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool trace_problem_say(struct trace_problem *problem, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(problem->text, sizeof(problem->text), format, args);
    va_end(args);
    return false;
}

bool trace_problem_hum(struct trace_problem *problem)
{
    return trace_problem_say(problem, "%s", hum_error_text());
}

bool trace_read(struct hum_trace *trace, struct hum_trace_record *record_out, bool *more_out,
                struct trace_problem *problem)
{
    enum hum_status status = hum_trace_next(trace, record_out);

    *more_out = status == HUM_OK;
    return status == HUM_OK || status == HUM_ERR_NOT_FOUND || trace_problem_hum(problem);
}

/* "<path>.part<pid>" */
static bool name_part(struct trace_output *output, const char *path, struct trace_problem *problem)
{
    memset(output, 0, sizeof(*output));
    output->path = path;
    if (asprintf(&output->part, "%s.part%d", path, (int)getpid()) >= 0)
        return true;
    output->part = NULL;
    return trace_problem_say(problem, "out of memory");
}

bool trace_output_file(struct trace_output *output, const char *path,
                       struct trace_problem *problem)
{
    if (!path || strcmp(path, "-") == 0) {
        memset(output, 0, sizeof(*output));
        output->file = stdout;
        return true;
    }
    if (!name_part(output, path, problem))
        return false;
    output->file = fopen(output->part, "w+e");
    if (output->file)
        return true;
    trace_problem_say(problem, "cannot write %s: %s", path, strerror(errno));
    free(output->part);
    return false;
}

bool trace_output_trace(struct trace_output *output, const char *path,
                        struct trace_problem *problem)
{
    if (!name_part(output, path, problem))
        return false;
    if (hum_trace_create(output->part, &output->writer) == HUM_OK)
        return true;
    free(output->part);
    return trace_problem_hum(problem);
}

static bool close_file(struct trace_output *output, struct trace_problem *problem)
{
    bool good = fflush(output->file) == 0 && !ferror(output->file);

    if (!good)
        trace_problem_say(problem, "cannot write %s: %s", output->path ? output->path : "output",
                          strerror(errno));
    if (output->file != stdout)
        fclose(output->file);
    return good;
}

bool trace_output_close(struct trace_output *output, bool good, struct trace_problem *problem)
{
    struct trace_problem late;
    bool closed = true;

    if (output->file)
        closed = close_file(output, &late);
    if (output->writer && hum_trace_writer_close(output->writer) != HUM_OK)
        closed = trace_problem_hum(&late);
    if (good && closed && output->part && rename(output->part, output->path) != 0)
        closed = trace_problem_say(&late, "cannot write %s: %s", output->path, strerror(errno));
    if (output->part && !(good && closed))
        unlink(output->part);
    if (good && !closed)
        *problem = late;
    free(output->part);
    return good && closed;
}
