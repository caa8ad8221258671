/* SPDX-License-Identifier: MIT */
/*
 * tool.h - what the verbs of `hum trace` share.
 *
 * A verb is one file that exports one const table, like a subcommand.  The work of exporters and
 * importers is apart from their options, so that tests call it: they read a trace or a FILE, write
 * a FILE or a trace, and say in a sentence what stopped them.
 */
#ifndef HUM_COMMAND_TRACE_TOOL_H
#define HUM_COMMAND_TRACE_TOOL_H

#include <stdbool.h>
#include <stdio.h>

#include <hum/trace.h>

#include "command/command.h"

extern const struct command trace_info;
extern const struct command trace_cut;
extern const struct command trace_merge;
extern const struct command trace_export;
extern const struct command trace_import;
extern const struct command trace_generate;

/* Why something could not be done. */
struct trace_problem {
    char text[640];
};

/* Say it; returns false, so that a function can end with it. */
bool trace_problem_say(struct trace_problem *problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The last failure of a function of libhum's, as it says itself.  Returns false. */
bool trace_problem_hum(struct trace_problem *problem);

/* The next record; at the end *more_out is false.  false: the file is damaged or cannot be read. */
bool trace_read(struct hum_trace *trace, struct hum_trace_record *record_out, bool *more_out,
                struct trace_problem *problem);

/*
 * An output file appears under its name only when it is whole: it is written beside it and renamed.
 * So it may also be the input.  Links are followed, and what is no file, such as a device or a
 * pipe, is written to as it stands.  path NULL or "-": standard output.
 */
struct trace_output {
    const char *path;
    char *place;                /* the file that becomes whole; NULL: it is no file */
    char *part;                 /* what is written meanwhile; NULL: the same */
    FILE *file;                 /* of trace_output_file() */
    struct hum_trace_writer *writer; /* of trace_output_trace() */
};

bool trace_output_file(struct trace_output *output, const char *path,
                       struct trace_problem *problem);
bool trace_output_trace(struct trace_output *output, const char *path,
                        struct trace_problem *problem);
/* Close; keep it if `good`.  false: it is not kept, and the problem says why if `good` was. */
bool trace_output_close(struct trace_output *output, bool good, struct trace_problem *problem);

/* ---- formats -------------------------------------------------------------------------------- */

bool trace_export_csv(struct hum_trace *trace, FILE *out, struct trace_problem *problem);
bool trace_export_perfetto(struct hum_trace *trace, FILE *out, struct trace_problem *problem);
/* Every access once, or `count` times if `repeat`.  `out` must be a file: it is written twice. */
bool trace_export_oracle(struct hum_trace *trace, FILE *out, bool repeat,
                         struct trace_problem *problem);

struct trace_import_options {
    bool instructions;          /* lackey: also I lines */
    bool renumber;              /* oracle: pages by first appearance, for objects that are hashes */
};
bool trace_import_csv(FILE *in, struct hum_trace_writer *out, struct trace_problem *problem);
bool trace_import_oracle(FILE *in, struct hum_trace_writer *out,
                         const struct trace_import_options *options,
                         struct trace_problem *problem);
bool trace_import_lackey(FILE *in, struct hum_trace_writer *out,
                         const struct trace_import_options *options,
                         struct trace_problem *problem);

#endif
