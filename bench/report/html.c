/* SPDX-License-Identifier: MIT */
/* html.c - the page: its template with the model put in; see output.h */
#include "report/output.h"

#include <stdlib.h>
#include <string.h>

#include "report/page.h"

/* Where the model goes, in page.html. */
static const char place[] = "@MODEL@";

bool report_has_page(void)
{
    return report_page_bytes > 0;
}

/* '<' occurs in strings only, and there it could end the script element. */
static bool write_escaped(const char *text, FILE *out)
{
    for (const char *next; *text; text = next) {
        size_t plain = strcspn(text, "<");

        if (fwrite(text, 1, plain, out) != plain)
            return false;
        next = text + plain;
        if (*next == '<') {
            fputs("\\u003c", out);
            next++;
        }
    }
    return true;
}

bool report_print_page(const struct report_model *model, FILE *out)
{
    const char *page = (const char *)report_page, *split;
    json_t *value = report_json_of(model);
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
    bool done = false;

    json_decref(value);
    split = memmem(page, report_page_bytes, place, sizeof(place) - 1);
    if (text && split) {
        const char *rest = split + sizeof(place) - 1;

        done = fwrite(page, 1, (size_t)(split - page), out) == (size_t)(split - page) &&
               write_escaped(text, out) &&
               fwrite(rest, 1, (size_t)(page + report_page_bytes - rest), out) ==
                   (size_t)(page + report_page_bytes - rest);
    }
    free(text);
    return done;
}
