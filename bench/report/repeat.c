/* SPDX-License-Identifier: MIT */
/* repeat.c - the command line that repeats a run; see output.h */
#include "report/output.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

struct line {
    char *text;
    size_t room, used;
};

static void add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct line *line, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(line->text + line->used, line->room - line->used, format, args);
    va_end(args);
    if (length > 0)
        line->used += (size_t)length;
    if (line->used >= line->room)
        line->used = line->room - 1;
}

static void add_setting(struct line *line, const struct report_model *model, const char *key)
{
    const char *value = report_setting(model, key);

    if (value && *value)
        add(line, " --%s '%s'", key, value);
}

/* "emu:mem=256M,workers=2;..." from the processors; memory is whole blocks. */
static void add_devices(struct line *line, const struct report_model *model)
{
    const char *separator = " --devices '";
    bool any = false;

    for (int d = 0; d < HUM_DEVICES_MAX; d++) {
        const struct hum_trace_processor *processor = &model->processor[d + 1];
        uint64_t mib = processor->capacity_bytes >> 20;

        if (!model->has_processor[d + 1])
            continue;
        add(line, "%s%s", separator, processor->kind);
        if (mib)
            add(line, ":mem=%" PRIu64 "M", mib);
        if (strcmp(processor->kind, "emu") == 0)
            add(line, "%sworkers=%u", mib ? "," : ":", processor->workers);
        separator = ";";
        any = true;
    }
    if (any)
        add(line, "'");
}

void report_repeat(const struct report_model *model, char *text, size_t bytes)
{
    const char *generator = report_setting(model, "generator");
    const char *accesses = report_setting(model, "accesses");
    const char *deterministic = report_setting(model, "deterministic");
    struct line line = {text, bytes, 0};

    text[0] = '\0';
    if (!model->space.program[0])
        return;
    if (generator) {
        add(&line, "%s --output again.trace", generator);
        return;
    }
    if (strncmp(model->space.program, "hum replay ", 11) == 0) { /* as --record writes it */
        add(&line, "%s", model->space.program);
        return;
    }
    add(&line, "hum run --trace again.trace");
    add_devices(&line, model);
    add_setting(&line, model, "policy");
    add_setting(&line, model, "link");
    if (accesses && strcmp(accesses, "none") != 0 && strcmp(accesses, "told") != 0)
        add_setting(&line, model, "accesses");
    if (deterministic && strcmp(deterministic, "yes") == 0)
        add(&line, " --deterministic");
    add(&line, " -- %s", model->space.program);
}
