/* SPDX-License-Identifier: MIT */
/*
 * words.h - the parser: where it stands in the text, and what it has read about names.
 *
 * The first failure is kept; from then on there is no word any more, so that every loop ends.
 */
#ifndef SUPPORT_PTX_WORDS_H
#define SUPPORT_PTX_WORDS_H

#include "support/ptx/inside.h"

#define WORD 128
#define NAMES_MAX 64

/* Registers first .. first + count - 1, word0 and so on (count 0: one, of exactly this name), or an
 * address. */
struct name {
    char word[WORD];
    unsigned first, count;
};

struct names {
    struct name list[NAMES_MAX];
    unsigned count;
};

struct label {
    char word[WORD];
    unsigned at;                /* instruction */
};

struct parser {
    const char *at;             /* behind the word */
    unsigned line;
    char word[WORD];            /* that is looked at; "" at the end */
    bool failed;
    char *why;
    size_t why_bytes;
    struct ptx_module *module;
    struct ptx_kernel *kernel;
    struct names registers, addresses; /* of the kernel; of the module, then of the kernel */
    struct label *labels, *uses; /* of the kernel; uses: `at` is the instruction that jumps there */
    unsigned label_count, use_count;
};

__attribute__((format(printf, 2, 3))) void ptx_fail(struct parser *p, const char *format, ...);
/* An array with room for one more; NULL and failed: no memory. */
void *ptx_grown(struct parser *p, void *old, unsigned count, size_t each);

void ptx_next(struct parser *p);
bool ptx_is(const struct parser *p, const char *word);
/* True: it was this word, and the next is looked at. */
bool ptx_take(struct parser *p, const char *word);
void ptx_want(struct parser *p, const char *word);
void ptx_skip_to(struct parser *p, const char *word);
uint64_t ptx_number(struct parser *p);
/* A register, a special register, an address or a number. */
struct ptx_operand ptx_read_operand(struct parser *p);

void ptx_declare(struct parser *p, struct names *names, const char *word, unsigned first,
                 unsigned count);
/* Of the word that is looked at. */
bool ptx_find_register(const struct parser *p, uint64_t *number_out);

bool ptx_find_op(const char *word, enum ptx_op *op_out);
bool ptx_find_type(const char *word, enum ptx_type *type_out);
/* The first mode of that word that the operation can mean. */
bool ptx_find_mode(const char *word, bool atomic, enum ptx_mode *mode_out);
bool ptx_find_space(const char *word, enum ptx_space *space_out);
/* Modifiers without effect: everything here is ordered, all in one process. */
bool ptx_changes_nothing(const char *word);

#endif
