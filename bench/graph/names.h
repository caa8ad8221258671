/* SPDX-License-Identifier: MIT */
/*
 * names.h - from names to nodes: a hash table of byte strings that only grows.
 * Invariant: at most 3/4 of the slots are used, so a search always ends.
 * Threads: one.  Running out of memory ends the program (builder.h).
 */
#ifndef BENCH_GRAPH_NAMES_H
#define BENCH_GRAPH_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct names_slot {
    uint64_t start;         /* of the name in text; UINT64_MAX: free */
    uint32_t length, node;
};

struct names {
    struct names_slot *slots;
    size_t slot_count, used;    /* slot_count is a power of two */
    char *text;                 /* all names, one behind the other */
    size_t text_bytes, text_room;
};

void names_init(struct names *names);
void names_fini(struct names *names);

bool names_find(const struct names *names, const char *name, size_t length, uint32_t *node_out);

/* The name must not be there yet. */
void names_add(struct names *names, const char *name, size_t length, uint32_t node);

uint64_t names_hash(const char *name, size_t length);

#endif
