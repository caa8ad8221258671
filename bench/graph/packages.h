/* SPDX-License-Identifier: MIT */
/*
 * packages.h - packages and their dependencies, from the text of `apt-cache dumpavail`.
 *
 * A package named in several stanzas (several suites) is one node with the dependencies of the
 * first.  Depends and Pre-Depends count, each alternative of "a | b" is an edge, once a package.  A
 * name that is only depended on, a virtual package, is a package node without dependencies.
 */
#ifndef BENCH_GRAPH_PACKAGES_H
#define BENCH_GRAPH_PACKAGES_H

#include <stdint.h>
#include <stdio.h>

#include "builder.h"
#include "names.h"

struct packages {
    struct builder *builder;
    struct names names;         /* to nodes */
    uint8_t *described;         /* by node: a stanza was seen */
    uint64_t described_room;
    uint64_t dependencies;      /* edges */
};

void packages_init(struct packages *packages, struct builder *builder);
void packages_fini(struct packages *packages);

/* Read stanzas to the end of the stream. */
void packages_read(struct packages *packages, FILE *stream);

/* The node of a package, made if needed. */
uint32_t packages_node(struct packages *packages, const char *name, size_t length);

#endif
