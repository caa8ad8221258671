/* SPDX-License-Identifier: MIT */
/* options.c - "name=value,name=value": what the double should be like.  README.md lists them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/cuda_double/double.h"

static bool read_number(const char *text, uint64_t *out)
{
    char *end;
    uint64_t value = strtoull(text, &end, 10);

    if (end == text)
        return false;
    if (*end == 'K' || *end == 'M' || *end == 'G') {
        value <<= *end == 'K' ? 10 : *end == 'M' ? 20 : 30;
        end++;
    }
    *out = value;
    return *end == '\0';
}

static bool copy_name(char to[48], const char *from, size_t length)
{
    if (length == 0 || length >= 48)
        return false;
    memcpy(to, from, length);
    to[length] = '\0';
    return true;
}

/* "cuMemCreate:3" or "cuMemCreate:3:2": the third call fails, with that code. */
static bool read_fail(struct options *o, const char *value)
{
    const char *colon = strchr(value, ':');
    char *end;

    if (!colon || o->fail_count == NAMES_MAX)
        return false;
    if (!copy_name(o->fail[o->fail_count].name, value, (size_t)(colon - value)))
        return false;
    o->fail[o->fail_count].call = (unsigned)strtoul(colon + 1, &end, 10);
    o->fail[o->fail_count].result = HUMI_CUDA_ERROR_OUT_OF_MEMORY;
    if (*end == ':')
        o->fail[o->fail_count].result = (int)strtol(end + 1, &end, 10);
    return *end == '\0' && o->fail[o->fail_count++].call > 0;
}

static bool read_flag(bool *flag, uint64_t n)
{
    *flag = n != 0;
    return n <= 1;
}

static bool read_one(struct options *o, const char *name, const char *value)
{
    uint64_t n = 0;

    if (strcmp(name, "missing") == 0)
        return o->missing_count < NAMES_MAX &&
               copy_name(o->missing[o->missing_count++], value, strlen(value));
    if (strcmp(name, "fail") == 0)
        return read_fail(o, value);
    if (strcmp(name, "compute") == 0)
        return sscanf(value, "%d.%d", &o->compute[0], &o->compute[1]) == 2;
    if (!read_number(value, &n))
        return false;

    if (strcmp(name, "devices") == 0)
        o->devices = (int)n;
    else if (strcmp(name, "memory") == 0)
        o->memory = n;
    else if (strcmp(name, "managed_most") == 0)
        o->managed_most = n;
    else if (strcmp(name, "granularity") == 0)
        o->granularity = n;
    else if (strcmp(name, "version") == 0)
        o->version = (int)n;
    else if (strcmp(name, "compute_mode") == 0)
        o->compute_mode = (int)n;
    else if (strcmp(name, "delay_us") == 0)
        o->delay_us = (unsigned)n;
    else if (strcmp(name, "seed") == 0)
        o->seed = (unsigned)n;
    else if (strcmp(name, "turns") == 0)
        o->turns = (unsigned)n;
    else if (strcmp(name, "peers") == 0)
        return read_flag(&o->peers, n);
    else if (strcmp(name, "concurrent") == 0)
        return read_flag(&o->concurrent, n);
    else if (strcmp(name, "vmm") == 0)
        return read_flag(&o->vmm, n);
    else if (strcmp(name, "managed") == 0)
        return read_flag(&o->managed, n);
    else if (strcmp(name, "cupti") == 0)
        return read_flag(&o->cupti, n);
    else if (strcmp(name, "cupti_early") == 0)
        return read_flag(&o->cupti_early, n);
    else if (strcmp(name, "recover") == 0)
        return read_flag(&o->recover, n);
    else if (strcmp(name, "over_host") == 0)
        return read_flag(&o->over_host, n);
    else
        return false;
    return o->devices <= DEVICES_MAX && o->granularity >= PAGE &&
           (o->granularity & (o->granularity - 1)) == 0;
}

bool options_read(struct options *out, const char *text)
{
    struct options o = {.devices = 1, .version = 13000, .compute = {8, 0}, .memory = 256u << 20,
                        .managed_most = (size_t)2 << 30,
                        .granularity = 2u << 20, .peers = true, .concurrent = true, .vmm = true,
                        .managed = true, .cupti = true,
                        .cupti_early = true, .recover = true, .delay_us = 20, .seed = 1};
    char *copy = strdup(text), *rest = copy, *item;
    bool good = copy != NULL;

    while (good && (item = strsep(&rest, ",")) != NULL) {
        char *value = strchr(item, '=');
        if (*item == '\0')
            continue;
        if (value)
            *value++ = '\0';
        good = value && read_one(&o, item, value);
        if (!good)
            fprintf(stderr, "cuda double: option '%s' is not known or has a wrong value\n", item);
    }
    free(copy);
    if (good)
        *out = o;
    return good;
}

bool options_hide(const struct options *o, const char *symbol, const char *name, int since)
{
    for (int i = 0; i < o->missing_count; i++)
        if (strcmp(o->missing[i], symbol) == 0 || strcmp(o->missing[i], name) == 0)
            return true;
    return since > o->version;
}
