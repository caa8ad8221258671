/* SPDX-License-Identifier: MIT */
/* words.c - PTX text to words, and what a word means: a number, a declared name, a modifier. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/ptx/words.h"

void ptx_fail(struct parser *p, const char *format, ...)
{
    va_list arguments;
    char text[256];

    if (p->failed)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    snprintf(p->why, p->why_bytes, "line %u: %s", p->line, text);
    p->failed = true;
}

/* Grown by one; NULL and failed: no memory. */
void *ptx_grown(struct parser *p, void *old, unsigned count, size_t each)
{
    void *now = (count & (count - 1)) == 0 ? realloc(old, (count ? count * 2u : 1u) * each) : old;

    if (!now)
        ptx_fail(p, "no memory");
    return now;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static void skip_blank(struct parser *p)
{
    for (;;) {
        if (p->at[0] == '/' && p->at[1] == '/')
            p->at += strcspn(p->at, "\n");
        else if (isspace((unsigned char)*p->at))
            p->line += *p->at++ == '\n';
        else
            return;
    }
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '%' || c == '$';
}

void ptx_next(struct parser *p)
{
    size_t n = 0;

    skip_blank(p);
    if (p->failed)
        n = 0; /* everybody comes to an end */
    else if (*p->at == '"')
        n = strcspn(p->at + 1, "\"") + 2;
    else if (is_word(*p->at))
        while (is_word(p->at[n]))
            n++;
    else if (*p->at)
        n = 1;
    if (n >= WORD) {
        ptx_fail(p, "a word of %zu letters", n);
        n = 0;
    }
    memcpy(p->word, p->at, n);
    p->word[n] = '\0';
    p->at += n;
}

bool ptx_is(const struct parser *p, const char *word)
{
    return strcmp(p->word, word) == 0;
}

bool ptx_take(struct parser *p, const char *word)
{
    if (!ptx_is(p, word))
        return false;
    ptx_next(p);
    return true;
}

void ptx_want(struct parser *p, const char *word)
{
    if (!ptx_take(p, word))
        ptx_fail(p, "'%s' instead of '%s'", p->word, word);
}

void ptx_skip_to(struct parser *p, const char *word)
{
    while (*p->word && !ptx_is(p, word))
        ptx_next(p);
    ptx_want(p, word);
}

/* ---- numbers and names ----------------------------------------------------------------------- */

/* 0f and 0d are the bits of a float and of a double. */
uint64_t ptx_number(struct parser *p)
{
    bool negative = ptx_take(p, "-");
    const char *word = p->word;
    char *end = NULL;
    uint64_t value;

    if (word[0] == '0' && strchr("fFdD", word[1]) && word[1])
        value = strtoull(word + 2, &end, 16);
    else
        value = strtoull(word, &end, 0);
    if (*end == 'U')
        end++;
    if (end == word || *end)
        ptx_fail(p, "'%s' is no number", p->word);
    ptx_next(p);
    return negative ? 0 - value : value;
}

void ptx_declare(struct parser *p, struct names *names, const char *word, unsigned first,
                 unsigned count)
{
    struct name *name = &names->list[names->count];

    if (names->count == NAMES_MAX) {
        ptx_fail(p, "more than %d names", NAMES_MAX);
        return;
    }
    name->first = first;
    name->count = count;
    snprintf(name->word, WORD, "%s", word);
    names->count++;
}

bool ptx_find_register(const struct parser *p, uint64_t *number_out)
{
    for (unsigned i = 0; i < p->registers.count; i++) {
        const struct name *name = &p->registers.list[i];
        size_t length = strlen(name->word);
        char *end;
        if (!name->count && strcmp(p->word, name->word) == 0) {
            *number_out = name->first;
            return true;
        }
        if (!name->count || strncmp(p->word, name->word, length) ||
            !isdigit((unsigned char)p->word[length]))
            continue;
        unsigned long n = strtoul(p->word + length, &end, 10);
        if (*end || n >= name->count)
            continue;
        *number_out = name->first + n;
        return true;
    }
    return false;
}

static bool find_address(const struct parser *p, uint64_t *address_out)
{
    for (unsigned i = p->addresses.count; i-- > 0;)
        if (strcmp(p->word, p->addresses.list[i].word) == 0) {
            *address_out = p->addresses.list[i].first;
            return true;
        }
    return false;
}

static bool find_special(const char *word, uint64_t *number_out)
{
    static const char *const names[PTX_SPECIAL_COUNT] = {
        "%tid.x",   "%tid.y",   "%tid.z",   "%ntid.x",   "%ntid.y",   "%ntid.z",
        "%ctaid.x", "%ctaid.y", "%ctaid.z", "%nctaid.x", "%nctaid.y", "%nctaid.z"};

    for (unsigned i = 0; i < PTX_SPECIAL_COUNT; i++)
        if (strcmp(word, names[i]) == 0) {
            *number_out = i;
            return true;
        }
    return false;
}

struct ptx_operand ptx_read_operand(struct parser *p)
{
    struct ptx_operand o = {.kind = PTX_REGISTER};

    if (ptx_find_register(p, &o.value)) {
        ptx_next(p);
        return o;
    }
    o.kind = PTX_SPECIAL;
    if (find_special(p->word, &o.value)) {
        ptx_next(p);
        return o;
    }
    o.kind = PTX_VALUE;
    if (find_address(p, &o.value))
        ptx_next(p);
    else
        o.value = ptx_number(p);
    return o;
}

/* ---- words of the language ---- */
bool ptx_find_op(const char *word, enum ptx_op *op_out)
{
    static const char *const words[] = {
#define X(op, word, fewest, most) word,
        PTX_OPS(X)
#undef X
    };

    for (unsigned i = 0; i < PTX_OP_COUNT; i++)
        if (strcmp(word, words[i]) == 0) {
            *op_out = (enum ptx_op)i;
            return true;
        }
    return false;
}

bool ptx_find_type(const char *word, enum ptx_type *type_out)
{
    static const char *const words[] = {
#define X(type, word, bits) word,
        PTX_TYPES(X)
#undef X
    };

    for (unsigned i = 0; i < PTX_TYPE_COUNT; i++)
        if (strcmp(word, words[i]) == 0) {
            *type_out = (enum ptx_type)i;
            return true;
        }
    return false;
}

/* The first mode of that word that the operation can mean. */
bool ptx_find_mode(const char *word, bool atomic, enum ptx_mode *mode_out)
{
    static const char *const words[] = {
        "",
#define X(mode, word) word,
        PTX_MODES(X)
#undef X
    };

    for (unsigned i = atomic ? PTX_AT_ADD : 1; i < sizeof(words) / sizeof(*words); i++)
        if (strcmp(word, words[i]) == 0) {
            *mode_out = (enum ptx_mode)i;
            return true;
        }
    return false;
}

bool ptx_find_space(const char *word, enum ptx_space *space_out)
{
    if (strcmp(word, "global") == 0)
        *space_out = PTX_GLOBAL;
    else if (strcmp(word, "shared") == 0)
        *space_out = PTX_SHARED;
    else if (strcmp(word, "param") == 0)
        *space_out = PTX_PARAM;
    else
        return false;
    return true;
}

/* Everything here is ordered, all in one process. */
bool ptx_changes_nothing(const char *word)
{
    static const char *const words[] = {"volatile", "uni", "sys",     "gpu",     "cta",  "relaxed",
                                        "acquire",  "sc",  "release", "acq_rel", "sync", "nc",
                                        "aligned",  "gl"};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}
