/* SPDX-License-Identifier: MIT */
/* finding.c - see finding.h */
#include "platform/finding.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define PLACES_MAX 256u
#define NAME_BYTES 64u
#define FILE_ENV "HUM_CL_FINDINGS"

struct place {
    enum humi_misuse misuse;
    const char *call;
    unsigned memory;
    char kernel[NAME_BYTES]; /* cut off; "": none */
};

static struct place places[PLACES_MAX];
static unsigned place_count;
static bool is_more; /* than find a place */
static unsigned counts[HUMI_MISUSES];

/* False: it is there, or there is no place left. */
static bool add(const struct humi_finding *new)
{
    struct place place = {.misuse = new->misuse, .call = new->call, .memory = new->memory};

    if (new->kernel)
        snprintf(place.kernel, sizeof place.kernel, "%s", new->kernel);
    for (unsigned i = 0; i < place_count; i++) {
        const struct place *old = &places[i];

        if (old->misuse == new->misuse && strcmp(old->call, new->call) == 0 &&
            old->memory == new->memory && strcmp(old->kernel, place.kernel) == 0)
            return false;
    }
    if (place_count == PLACES_MAX) {
        is_more = true;
        return false;
    }
    places[place_count++] = place;
    return true;
}

/* ---- the file -------------------------------------------------------------------------------- */

/* A string of JSON; what is not ASCII, as in names that programs give, becomes '?'. */
static void put_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            fputc('\\', out);
        fputc(c < 0x20 || c > 0x7e ? '?' : c, out);
    }
    fputc('"', out);
}

static void put_member(FILE *out, const char *name, const char *text)
{
    fprintf(out, "\"%s\":", name);
    if (text)
        put_text(out, text);
    else
        fputs("null", out);
    fputc(',', out);
}

static void put_finding(FILE *out, const struct humi_finding *finding, const char *text)
{
    static const char *const kinds[] = {
#define KIND(name, kind, counted) kind,
        HUMI_MISUSE_LIST(KIND)
#undef KIND
    };

    fputc('{', out);
    put_member(out, "kind", kinds[finding->misuse]);
    put_member(out, "call", finding->call);
    put_member(out, "kernel", finding->kernel);
    put_member(out, "memory", finding->name);
    fprintf(out, "\"memory_bytes\":%zu,\"address\":\"%#lx\",\"bytes\":%zu,\"process\":%d,\"text\":",
            finding->memory_bytes, (unsigned long)finding->address, finding->bytes, (int)getpid());
    put_text(out, text);
    fputs("}\n", out);
}

/* With one write(), so that lines of several processes never mix.  What fails is only not there. */
static void append(const struct humi_finding *finding, const char *text)
{
    const char *path = getenv(FILE_ENV);
    char *line = NULL;
    size_t bytes = 0;
    FILE *out = path && *path ? open_memstream(&line, &bytes) : NULL;
    int fd;

    if (!out)
        return;
    put_finding(out, finding, text);
    fd = fclose(out) == 0 ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (fd >= 0) {
        (void)!write(fd, line, bytes);
        close(fd);
    }
    free(line);
}

/* ---- telling --------------------------------------------------------------------------------- */

void humi_finding_tell(const struct humi_finding *finding, const char *format, ...)
{
    char text[512];
    va_list arguments;

    if (!add(finding))
        return;
    counts[finding->misuse]++;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    humi_log_write(HUMI_LOG_WARN, "check: %s", text);
    append(finding, text);
}

void humi_findings_sum(void)
{
    static const char *const counted[] = {
#define COUNTED(name, kind, counted) counted,
        HUMI_MISUSE_LIST(COUNTED)
#undef COUNTED
    };
    char text[256];
    int length = 0;

    for (unsigned i = 0; i < HUMI_MISUSES; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "%s%u %s", i ? ", " : "",
                           counts[i], counted[i]);
    humi_log_write(HUMI_LOG_WARN, "check: %u found%s: %s", place_count,
                   is_more ? ", and more" : "", text);
}
