/* SPDX-License-Identifier: MIT */
/*
 * map.h - a hash table from numbers to numbers, and names by number on top of it.
 * Start with all zero; free with the _free function.  Threads: one at a time.
 */
#ifndef HUM_COMMAND_TRACE_MAP_H
#define HUM_COMMAND_TRACE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_map {
    struct trace_map_slot {
        uint64_t key, value;
        bool used;
    } *slots;
    size_t slot_count, used;    /* a power of two or 0; at most half are used */
};

void trace_map_free(struct trace_map *map);
/* Where the value of the key is; NULL: it has none. */
uint64_t *trace_map_find(const struct trace_map *map, uint64_t key);
/* The same, made with value 0 if there is none; NULL: out of memory. */
uint64_t *trace_map_get(struct trace_map *map, uint64_t key);

struct trace_names {
    struct trace_map map;       /* number to place in text */
    char (*text)[64];
    size_t count, room;
};

void trace_names_free(struct trace_names *names);
/* false: out of memory.  A later name replaces an earlier one. */
bool trace_names_set(struct trace_names *names, uint32_t number, const char *text);
/* NULL if it has none. */
const char *trace_names_find(const struct trace_names *names, uint32_t number);

#endif
