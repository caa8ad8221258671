/* SPDX-License-Identifier: MIT */
/*
 * turns.h - who used which lines of one page, and whether its users really share them.
 *
 * A *use* is what one launch (or, between launches, one processor) did to a page: the 64-byte lines
 * it read and wrote, bit i for bytes [64 i, 64 i + 64); or only that it touched the page, or could.
 * Uses in order of time make *turns*: neighbouring uses by the same processor are one.  A turn is
 * judged against what all others did since the same processor's turn before (or ever, if it had
 * none):
 *
 *     true     it uses a line that they wrote, or writes a line that they used
 *     false    no such line, though one of the two sides writes: the page need not have moved
 *     read     nobody writes
 *     unknown  lines of one side are not known, and what is known does not prove `true`.  A side
 *              that wrote every line shares one with whoever touched the page at all.
 *
 * A use that is only possible makes no turn, but leaves the others in doubt: no line of theirs is
 * known to be free of it.  The first turn of all has nothing to be judged against and counts for
 * nothing.
 *
 * Pure; sorts the uses it is given.
 */
#ifndef HUM_EXPLAIN_TURNS_H
#define HUM_EXPLAIN_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hum/hum.h>

struct use {
    uint64_t start_ns, end_ns;   /* of the launch, or of the touch */
    uint64_t launch;             /* 0: none */
    uint64_t read, write;        /* lines */
    int32_t processor;
    bool known;                  /* read and write say all of it */
    bool maybe;                  /* it could touch the page unseen; whether it did is not known */
};

struct turns {
    uint32_t count;              /* all turns */
    uint32_t is_true, is_false, is_read, is_unknown; /* their sum is count - 1, or 0 */
    uint32_t overwritten;        /* true ones that wrote every line and read none */
    uint32_t processors, writers; /* HUM_BIT; a writer is known to write */
    uint64_t read[HUM_PROCESSORS_MAX], write[HUM_PROCESSORS_MAX]; /* by processor + 1 */
};

#define USE_ALL_LINES UINT64_MAX

struct turns turns_of(struct use *use, size_t count);

#endif
