/* SPDX-License-Identifier: MIT */
/* tool.c - see tool.h */
#include "command/trace/tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/*
 * The file that a rename may put there, behind all links.  NULL: what is there is none, such as a
 * device, a pipe or a link to nothing, and must not be replaced by one.
 */
static char *place_of(const char *path)
{
    struct stat about;

    if (stat(path, &about) == 0)
        return S_ISREG(about.st_mode) ? realpath(path, NULL) : NULL;
    return lstat(path, &about) == 0 ? NULL : strdup(path);
}

/* "<place>.part<pid>" where there is such a place. */
static bool name_part(struct trace_output *output, const char *path, struct trace_problem *problem)
{
    *output = (struct trace_output){.path = path, .place = place_of(path)};
    if (!output->place || asprintf(&output->part, "%s.part%d", output->place, (int)getpid()) >= 0)
        return true;
    free(output->place);
    return trace_problem_say(problem, "out of memory");
}

static void free_names(struct trace_output *output)
{
    free(output->place);
    free(output->part);
    output->place = output->part = NULL;
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
    output->file = output->part ? fopen(output->part, "w+e") : fopen(path, "we");
    if (output->file)
        return true;
    trace_problem_say(problem, "cannot write %s: %s", path, strerror(errno));
    free_names(output);
    return false;
}

bool trace_output_trace(struct trace_output *output, const char *path,
                        struct trace_problem *problem)
{
    if (!name_part(output, path, problem))
        return false;
    if (hum_trace_create(output->part ? output->part : path, &output->writer) == HUM_OK)
        return true;
    free_names(output);
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
    if (good && closed && output->part && rename(output->part, output->place) != 0)
        closed = trace_problem_say(&late, "cannot write %s: %s", output->path, strerror(errno));
    if (output->part && !(good && closed))
        unlink(output->part);
    if (good && !closed)
        *problem = late;
    free_names(output);
    return good && closed;
}
