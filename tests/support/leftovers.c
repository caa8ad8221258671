/* SPDX-License-Identifier: MIT */
/* leftovers.c - counting in /proc/self. */
#include "support/leftovers.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define LARGE ((size_t)1 << 30)

static bool count_entries(const char *folder, unsigned *out)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;

    *out = 0;
    if (!entries)
        return false;
    while ((entry = readdir(entries)))
        *out += entry->d_name[0] != '.';
    closedir(entries);
    return true;
}

static bool count_mappings(struct leftovers *out)
{
    FILE *file = fopen("/proc/self/maps", "re");
    char line[4352];

    if (!file)
        return false;
    while (fgets(line, sizeof line, file)) {
        size_t start, end;
        if (sscanf(line, "%zx-%zx ", &start, &end) != 2)
            continue;
        if (end - start < LARGE && !strstr(line, "(deleted)"))
            continue;
        out->mappings++;
        out->bytes += end - start;
    }
    fclose(file);
    return true;
}

bool leftovers_take(struct leftovers *out)
{
    *out = (struct leftovers){0};
    return count_entries("/proc/self/fd", &out->descriptors) &&
           count_entries("/proc/self/task", &out->threads) && count_mappings(out);
}

void leftovers_compare(const struct leftovers *before, const struct leftovers *after, char *text,
                       size_t bytes)
{
    text[0] = '\0';
    if (memcmp(before, after, sizeof *before) != 0)
        snprintf(text, bytes,
                 "descriptors %u -> %u, threads %u -> %u, mappings %u -> %u (%zu -> %zu bytes)",
                 before->descriptors, after->descriptors, before->threads, after->threads,
                 before->mappings, after->mappings, before->bytes, after->bytes);
}
