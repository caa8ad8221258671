/* SPDX-License-Identifier: MIT */
/* embed.c - see embed.h */
#include "report/embed.h"

#include <stdlib.h>
#include <string.h>

/* Where the numbers go, in a page's HTML. */
static const char place[] = "@MODEL@";

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

bool report_embed(const unsigned char *page, size_t bytes, json_t *value, FILE *out)
{
    const char *start = (const char *)page, *split;
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
    bool done = false;

    json_decref(value);
    split = memmem(start, bytes, place, sizeof(place) - 1);
    if (text && split) {
        const char *rest = split + sizeof(place) - 1;
        size_t before = (size_t)(split - start), behind = (size_t)(start + bytes - rest);

        done = fwrite(start, 1, before, out) == before && write_escaped(text, out) &&
               fwrite(rest, 1, behind, out) == behind;
    }
    free(text);
    return done;
}
