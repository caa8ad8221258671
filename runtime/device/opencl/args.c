/* SPDX-License-Identifier: MIT */
/* args.c - see args.h */
#include "device/opencl/args.h"

#include <string.h>

static const struct {
    const char *name;
    size_t size;
} scalars[] = {
    {"char", 1},  {"uchar", 1}, {"short", 2}, {"ushort", 2}, {"half", 2}, {"int", 4},
    {"uint", 4},  {"float", 4}, {"long", 8},  {"ulong", 8},  {"double", 8},
};

/* How many scalars of room a vector with this suffix takes, 0: there is none such. */
static size_t width_of(const char *suffix)
{
    static const struct {
        const char *suffix;
        size_t width;
    } widths[] = {{"", 1}, {"2", 2}, {"3", 4}, {"4", 4}, {"8", 8}, {"16", 16}};

    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++)
        if (strcmp(suffix, widths[i].suffix) == 0)
            return widths[i].width;
    return 0;
}

size_t humi_cl_type_size(const char *name)
{
    for (size_t i = 0; i < sizeof scalars / sizeof scalars[0]; i++) {
        size_t length = strlen(scalars[i].name);
        if (strncmp(name, scalars[i].name, length) == 0 && width_of(name + length) > 0)
            return scalars[i].size * width_of(name + length);
    }
    return 0;
}

static size_t round_up(size_t value, size_t alignment)
{
    return (value + alignment - 1) / alignment * alignment;
}

size_t humi_cl_layout(struct humi_cl_arg *args, unsigned count)
{
    size_t end = 0, widest = 1;

    for (unsigned i = 0; i < count; i++) {
        size_t align = args[i].align ? args[i].align : args[i].size;
        args[i].offset = round_up(end, align);
        end = args[i].offset + args[i].size;
        widest = align > widest ? align : widest;
    }
    return round_up(end, widest);
}
