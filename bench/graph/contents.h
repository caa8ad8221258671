/* SPDX-License-Identifier: MIT */
/*
 * contents.h - files and directories, from the text of Contents indices.
 *
 *   usr/bin/ls                                              utils/coreutils
 *   usr/share/doc/two words                                 doc/a,doc/b
 *
 * The path is everything before the last white space.  Indices are sorted by path and are read side
 * by side, so a path in several of them becomes one node, and no path of a file has to be kept in
 * memory; directories are.  (Were an index not sorted, such a path could become several nodes.)
 */
#ifndef BENCH_GRAPH_CONTENTS_H
#define BENCH_GRAPH_CONTENTS_H

#include <stdint.h>
#include <stdio.h>

#include "builder.h"
#include "packages.h"

#define CONTENTS_MAX 64u        /* indices read side by side */

struct contents_totals {
    uint64_t ships, contains;   /* edges */
    uint64_t odd_lines;         /* lines that are not of this form, left out */
};

/*
 * Read all indices to their ends.  scale in (0, 1] is the part of the paths that is kept, chosen by
 * a hash of the path, so the same are kept every time.
 */
void contents_read(FILE *const *streams, unsigned count, double scale, struct packages *packages,
                   struct contents_totals *totals_out);

#endif
