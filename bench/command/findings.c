/* SPDX-License-Identifier: MIT */
/* findings.c - see findings.h */
#include "command/findings.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 2048

json_t *findings_read(const char *path)
{
    json_t *list = json_array();
    FILE *in = fopen(path, "re");
    char line[LINE_MAX_BYTES];

    while (list && in && fgets(line, sizeof(line), in)) {
        json_t *finding = json_loads(line, 0, NULL);

        if (json_is_object(finding))
            json_array_append(list, finding);
        json_decref(finding);
    }
    if (in)
        fclose(in);
    return list;
}
