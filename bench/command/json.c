/* SPDX-License-Identifier: MIT */
/* json.c - see json.h */
#include "command/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

json_t *json_text(const char *text)
{
    json_t *value = json_string(text);
    char *plain;

    if (value)
        return value;
    plain = strdup(text);
    if (!plain)
        return NULL;
    for (char *c = plain; *c; c++)
        if ((unsigned char)*c > 126)
            *c = '?';
    value = json_string(plain);
    free(plain);
    return value;
}

json_t *json_number(double number)
{
    return isfinite(number) ? json_real(number) : json_null();
}

json_t *json_count(uint64_t count)
{
    return json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count);
}

bool json_print(json_t *value, FILE *out, bool pretty)
{
    bool done = value && json_dumpf(value, out, pretty ? JSON_INDENT(2) : JSON_COMPACT) == 0;

    json_decref(value);
    if (done)
        fputc('\n', out);
    return done;
}
