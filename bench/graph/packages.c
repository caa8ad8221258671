/* SPDX-License-Identifier: MIT */
#include "packages.h"

#include <stdlib.h>
#include <string.h>

/* The package whose stanza is being read. */
struct stanza {
    uint32_t node;
    bool counts;                /* it is the first of its package */
    uint32_t *targets;          /* dependencies so far, to leave out repeated ones */
    size_t count, room;
};

void packages_init(struct packages *packages, struct builder *builder)
{
    *packages = (struct packages){.builder = builder};
    names_init(&packages->names);
}

void packages_fini(struct packages *packages)
{
    names_fini(&packages->names);
    free(packages->described);
}

uint32_t packages_node(struct packages *packages, const char *name, size_t length)
{
    uint32_t node;

    if (names_find(&packages->names, name, length, &node))
        return node;
    node = builder_node(packages->builder, GRAPH_PACKAGE);
    names_add(&packages->names, name, length, node);
    return node;
}

/* Mark a package as described; false if it was. */
static bool first_description(struct packages *packages, uint32_t node)
{
    while (packages->described_room <= node) {
        uint64_t old = packages->described_room, room = old ? old * 2 : 1u << 16;
        packages->described = builder_realloc(packages->described, (size_t)room);
        memset(packages->described + old, 0, (size_t)(room - old));
        packages->described_room = room;
    }
    if (packages->described[node])
        return false;
    packages->described[node] = 1;
    return true;
}

static void stanza_start(struct packages *packages, struct stanza *stanza, const char *name)
{
    size_t length = strcspn(name, " \t\r\n");

    stanza->count = 0;
    stanza->counts = false;
    if (length == 0)
        return;
    stanza->node = packages_node(packages, name, length);
    stanza->counts = first_description(packages, stanza->node);
}

static void dependency_add(struct packages *packages, struct stanza *stanza, const char *name,
                           size_t length)
{
    uint32_t target = packages_node(packages, name, length);

    for (size_t i = 0; i < stanza->count; i++) {
        if (stanza->targets[i] == target)
            return;
    }
    if (stanza->count == stanza->room) {
        stanza->room = stanza->room ? stanza->room * 2 : 256;
        stanza->targets =
            builder_realloc(stanza->targets, stanza->room * sizeof *stanza->targets);
    }
    stanza->targets[stanza->count++] = target;
    builder_edge(packages->builder, stanza->node, target);
    packages->dependencies++;
}

/* "a (>= 1), b:any | c [amd64]": names are what stands in front of " (:[" and between ",|". */
static void dependencies_read(struct packages *packages, struct stanza *stanza, const char *list)
{
    while (*list) {
        size_t length;

        list += strspn(list, " \t\r\n,|");
        length = strcspn(list, " \t\r\n,|(:[");
        if (length > 0)
            dependency_add(packages, stanza, list, length);
        list += length;
        list += strcspn(list, ",|");
    }
}

/* What stands behind "Field:" if the line is that field, else NULL. */
static const char *field_value(const char *line, const char *field)
{
    size_t length = strlen(field);

    if (strncmp(line, field, length) != 0)
        return NULL;
    return line + length + strspn(line + length, " \t");
}

void packages_read(struct packages *packages, FILE *stream)
{
    struct stanza stanza = {0};
    const char *value;
    char *line = NULL;
    size_t room = 0;

    while (getline(&line, &room, stream) > 0) {
        if ((value = field_value(line, "Package:")))
            stanza_start(packages, &stanza, value);
        else if (stanza.counts && ((value = field_value(line, "Depends:")) ||
                                   (value = field_value(line, "Pre-Depends:"))))
            dependencies_read(packages, &stanza, value);
        else if (line[0] == '\n')
            stanza.counts = false;
    }
    if (ferror(stream))
        builder_die("the packages cannot be read");
    free(line);
    free(stanza.targets);
}
