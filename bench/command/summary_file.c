/* SPDX-License-Identifier: MIT */
/* summary_file.c - see summary_file.h */
#include "command/summary_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096

/* A key of a record and where its value goes; text is set for the one text value of a record. */
struct field {
    const char *key;
    size_t offset;
    bool text;
};

#define NUMBER(type, member)                          \
    {                                                 \
#member, offsetof(struct type, member), false \
    }
#define TEXT(type, member)                           \
    {                                                \
#member, offsetof(struct type, member), true \
    }
#define RENAMED(type, key, member, is_text)         \
    {                                               \
        key, offsetof(struct type, member), is_text \
    }

static const struct field process_fields[] = {
    NUMBER(summary_section, pid),
    RENAMED(summary_section, "name", program, true),
};
static const struct field space_fields[] = {
    RENAMED(summary_section, "bytes", space_bytes, false),
    RENAMED(summary_section, "regions", regions_live, false),
    NUMBER(summary_section, launches),
    NUMBER(summary_section, region_bytes),
    NUMBER(summary_section, metadata_bytes),
    NUMBER(summary_section, host_resident_bytes),
    NUMBER(summary_section, sample_ppm),
    NUMBER(summary_section, samples_taken),
    NUMBER(summary_section, samples_touched),
    NUMBER(summary_section, sample_ns),
    NUMBER(summary_section, told_thrashed),
    NUMBER(summary_section, told_throttled),
    NUMBER(summary_section, told_throttled_ns),
    NUMBER(summary_section, told_dropped),
    NUMBER(summary_section, violations),
    NUMBER(summary_section, huge_pages),
    NUMBER(summary_section, shared_read),
    NUMBER(summary_section, kernel_faults),
    TEXT(summary_section, policy),
};
static const struct field counter_fields[] = {
    NUMBER(summary_counters, faults_host),      NUMBER(summary_counters, faults_device),
    NUMBER(summary_counters, faults_duplicate), NUMBER(summary_counters, batches),
    NUMBER(summary_counters, bytes_h2d),        NUMBER(summary_counters, bytes_d2h),
    NUMBER(summary_counters, bytes_d2d),        NUMBER(summary_counters, evictions_clean),
    NUMBER(summary_counters, evictions_dirty),  NUMBER(summary_counters, move_ns_h2d),
    NUMBER(summary_counters, move_ns_d2h),      NUMBER(summary_counters, move_ns_d2d),
    NUMBER(summary_counters, service_ns),       NUMBER(summary_counters, modelled_ns_h2d),
    NUMBER(summary_counters, modelled_ns_d2h),  NUMBER(summary_counters, modelled_ns_d2d),
};
static const struct field device_fields[] = {
    NUMBER(summary_device, index),
    NUMBER(summary_device, memory_bytes),
    NUMBER(summary_device, workers),
    NUMBER(summary_device, restarts),
    NUMBER(summary_device, huge_pages),
    NUMBER(summary_device, lost),
    NUMBER(summary_device, resident_bytes),
    NUMBER(summary_device, frame_bytes),
    TEXT(summary_device, name),
};
static const struct field cause_fields[] = {
    NUMBER(summary_cause, events),
    NUMBER(summary_cause, pages),
    NUMBER(summary_cause, bytes),
    TEXT(summary_cause, name),
};
static const struct field region_fields[] = {
    NUMBER(summary_region, ptr),  NUMBER(summary_region, bytes), NUMBER(summary_region, regions),
    NUMBER(summary_region, live), TEXT(summary_region, name),
};

/* Where the values of a record go: one or two structures with their fields. */
struct target {
    void *object[2];
    const struct field *fields[2];
    size_t count[2];
};

/* Reading one file: the section at hand and what is wrong with it. */
struct reader {
    FILE *in;
    unsigned long line;
    struct summary_section *section; /* being read, NULL between sections */
    bool skipping;                   /* in a damaged section */
    bool has_total;
    struct summary_file *file;
};

static void damaged(struct reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void damaged(struct reader *r, const char *format, ...)
{
    char text[128];
    va_list args;

    if (r->skipping)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (r->file->damaged++ == 0)
        snprintf(r->file->reason, sizeof(r->file->reason), "line %lu: %s", r->line, text);
    free(r->section);
    r->section = NULL;
    r->skipping = true;
}

/* ---- values --------------------------------------------------------------------------------- */

static bool parse_number(const char *text, uint64_t *number_out)
{
    uint64_t number = 0;

    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
            return false;
    }
    *number_out = number;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* %XX undone, control characters made harmless, cut to the room there is. */
static void copy_text(const char *text, char *out, size_t room)
{
    size_t at = 0;

    while (*text && at + 1 < room) {
        int c = (unsigned char)*text++;

        if (c == '%' && hex_digit(text[0]) >= 0 && hex_digit(text[1]) >= 0) {
            c = hex_digit(text[0]) * 16 + hex_digit(text[1]);
            text += 2;
        }
        out[at++] = (char)(c < 32 || c == 127 ? '?' : c);
    }
    out[at] = '\0';
}

static const struct field *find_field(const struct target *target, const char *key, void **at_out)
{
    for (unsigned i = 0; i < 2; i++)
        for (size_t f = 0; f < target->count[i]; f++)
            if (strcmp(target->fields[i][f].key, key) == 0) {
                *at_out = (char *)target->object[i] + target->fields[i][f].offset;
                return &target->fields[i][f];
            }
    return NULL;
}

/*
 * key=value ... into the target.  A text value runs to the end of the line.  Unknown keys are
 * skipped, so that a later libhum can say more.
 */
static bool parse_values(struct reader *r, char *text, const struct target *target)
{
    while (*text) {
        char *key = text, *value = strchr(text, '=');
        const struct field *field;
        void *at;

        if (!value) {
            damaged(r, "'%.40s' has no value", key);
            return false;
        }
        *value++ = '\0';
        field = find_field(target, key, &at);
        if (field && field->text) {
            copy_text(value, at, SUMMARY_NAME_BYTES);
            return true;
        }
        text = value + strcspn(value, " ");
        if (*text)
            *text++ = '\0';
        if (field && !parse_number(value, at)) {
            damaged(r, "%.40s: '%.40s' is not a number below 2^64", key, value);
            return false;
        }
    }
    return true;
}

/* ---- records -------------------------------------------------------------------------------- */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TARGET(pointer, list)              \
    {                                      \
        {(pointer), NULL}, {(list), NULL}, \
        {                                  \
            COUNT(list), 0                 \
        }                                  \
    }

static void parse_device(struct reader *r, char *values)
{
    struct summary_section *s = r->section;
    struct target target = TARGET(&s->device[s->devices], device_fields);

    if (s->devices == SUMMARY_DEVICES_MAX)
        damaged(r, "more than %d devices", SUMMARY_DEVICES_MAX);
    else if (parse_values(r, values, &target))
        s->devices++;
}

static void parse_cause(struct reader *r, char *values)
{
    struct summary_section *s = r->section;
    struct target target = TARGET(&s->cause[s->causes], cause_fields);

    if (s->causes == SUMMARY_CAUSES_MAX)
        damaged(r, "more than %d causes", SUMMARY_CAUSES_MAX);
    else if (parse_values(r, values, &target))
        s->causes++;
}

static void parse_region(struct reader *r, char *values)
{
    struct summary_section *s = r->section;
    struct summary_region *region = &s->region[s->regions];
    struct target target = {{region, &region->counters},
                            {region_fields, counter_fields},
                            {COUNT(region_fields), COUNT(counter_fields)}};

    if (s->regions == SUMMARY_REGIONS_MAX)
        damaged(r, "more than %d regions", SUMMARY_REGIONS_MAX);
    else if (parse_values(r, values, &target))
        s->regions++;
}

static void parse_process(struct reader *r, char *values)
{
    struct target target = TARGET(r->section, process_fields);

    (void)parse_values(r, values, &target);
}

static void parse_space(struct reader *r, char *values)
{
    struct target target = TARGET(r->section, space_fields);

    (void)parse_values(r, values, &target);
}

static void parse_total(struct reader *r, char *values)
{
    struct target target = TARGET(&r->section->total, counter_fields);

    r->has_total = parse_values(r, values, &target);
}

static void section_start(struct reader *r, const char *version)
{
    uint64_t number;

    if (r->section)
        damaged(r, "a section is cut off: its program was ended while it wrote");
    r->skipping = false;
    if (!parse_number(version, &number))
        damaged(r, "'%.40s' is not a version", version);
    else if (number != SUMMARY_VERSION)
        damaged(r, "the summary has version %" PRIu64 ", this command reads version %d", number,
                SUMMARY_VERSION);
    else if (r->file->count == SUMMARY_SECTIONS_MAX)
        damaged(r, "more than %d spaces", SUMMARY_SECTIONS_MAX);
    if (r->skipping)
        return;
    r->section = calloc(1, sizeof(*r->section));
    r->has_total = false;
    if (!r->section)
        damaged(r, "out of memory");
}

static void section_end(struct reader *r)
{
    struct summary_file *file = r->file;
    struct summary_section *grown;

    if (!r->has_total) {
        damaged(r, "a section has no totals");
        return;
    }
    grown = realloc(file->section, (file->count + 1) * sizeof(*grown));
    if (!grown) {
        damaged(r, "out of memory");
        return;
    }
    file->section = grown;
    file->section[file->count++] = *r->section;
    free(r->section);
    r->section = NULL;
}

static void parse_record(struct reader *r, const char *word, char *values)
{
    static const struct {
        const char *word;
        void (*parse)(struct reader *r, char *values);
    } records[] = {
        {"process", parse_process}, {"space", parse_space}, {"device", parse_device},
        {"total", parse_total},     {"cause", parse_cause}, {"region", parse_region},
    };

    for (size_t i = 0; i < COUNT(records); i++)
        if (strcmp(records[i].word, word) == 0) {
            records[i].parse(r, values);
            return;
        }
}

static void parse_line(struct reader *r, char *line)
{
    char *values = line + strcspn(line, " ");

    if (*values)
        *values++ = '\0';
    if (strcmp(line, "hum-summary") == 0)
        section_start(r, values);
    else if (r->skipping)
        return;
    else if (!r->section)
        damaged(r, "this is not a summary");
    else if (strcmp(line, "end") == 0)
        section_end(r);
    else
        parse_record(r, line, values);
}

static void skip_line(FILE *in)
{
    int c;

    do
        c = getc(in);
    while (c != '\n' && c != EOF);
}

/* The next line without its end; false at the end of the file.  A bad line damages its section. */
static bool next_line(struct reader *r, char *line)
{
    for (;;) {
        size_t length;

        line[LINE_MAX_BYTES - 1] = 'x';
        if (!fgets(line, LINE_MAX_BYTES, r->in))
            return false;
        r->line++;
        length = strlen(line);
        if (length > 0 && line[length - 1] == '\n') {
            line[length - 1] = '\0';
            return true;
        }
        damaged(r, "a line is cut off, too long or holds a zero byte");
        if (line[LINE_MAX_BYTES - 1] == '\0') /* the buffer is full */
            skip_line(r->in);
    }
}

int summary_file_create(char *path, size_t room)
{
    const char *folder = getenv("TMPDIR");
    int fd, length = snprintf(path, room, "%s/hum-summary-XXXXXX",
                              folder && *folder ? folder : "/tmp");

    if (length < 0 || (size_t)length >= room)
        return ENAMETOOLONG;
    fd = mkstemp(path);
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

int summary_file_read(const char *path, struct summary_file *file_out)
{
    struct reader reader = {.file = file_out};
    char *line;
    int error = 0;

    memset(file_out, 0, sizeof(*file_out));
    reader.in = fopen(path, "re");
    if (!reader.in)
        return errno;
    line = malloc(LINE_MAX_BYTES);
    if (!line) {
        fclose(reader.in);
        return ENOMEM;
    }
    while (next_line(&reader, line))
        parse_line(&reader, line);
    if (ferror(reader.in))
        error = EIO;
    if (reader.section)
        damaged(&reader, "a section is cut off: its program was ended while it wrote");
    free(line);
    fclose(reader.in);
    if (error)
        summary_file_free(file_out);
    return error;
}

void summary_file_free(struct summary_file *file)
{
    free(file->section);
    file->section = NULL;
    file->count = 0;
}
