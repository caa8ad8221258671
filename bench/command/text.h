/* SPDX-License-Identifier: MIT */
/*
 * text.h - numbers and tables for people.
 *
 * struct text is returned by value, so that it can stand in an argument list:
 *     table_row(t, "moved", text_bytes(n).s, NULL);
 */
#ifndef HUM_COMMAND_TEXT_H
#define HUM_COMMAND_TEXT_H

#include <stdint.h>
#include <stdio.h>

struct text {
    char s[32];
};

struct text text_bytes(uint64_t bytes); /* "256.0 MiB" */
struct text text_count(uint64_t count); /* "1 234 567" */
struct text text_time(double seconds);  /* "12.3 ms" */
struct text text_number(double number); /* three or four significant digits; "-" if not finite */
struct text text_hex(uint64_t number);

/*
 * Rows of cells, aligned when printed: the first column to the left, the others to the right, the
 * last one to the left where the table was made so.  Cells are copied.
 */
struct table;

enum table_shape { TABLE_NUMBERS, TABLE_NOTE_LAST };

/* Ends the program with a message if there is no memory, as does table_row(). */
struct table *table_create(enum table_shape shape);
/* Cells up to a NULL; at most 12. */
void table_row(struct table *table, ...) __attribute__((sentinel));
/* Print with `indent` spaces before each line, and free. */
void table_print(struct table *table, FILE *out, unsigned indent);

#endif
