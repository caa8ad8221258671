/* SPDX-License-Identifier: MIT */
/*
 * parse.c - PTX text to instructions, in one pass: labels that are used before they stand are
 * filled in at the end of their kernel.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/ptx/words.h"

/* ---- instructions ---------------------------------------------------------------------------- */

/* The words behind the dots of the token that is looked at. */
static void read_modifiers(struct parser *p, struct ptx_instruction *i)
{
    bool atomic = i->op == PTX_ATOM || i->op == PTX_RED, typed = false;
    char words[WORD], *rest = NULL;

    snprintf(words, sizeof(words), "%s", p->word);
    strtok_r(words, ".", &rest);
    for (const char *word; (word = strtok_r(NULL, ".", &rest));) {
        enum ptx_type type;
        if (ptx_find_type(word, &type)) {
            *(typed ? &i->from : &i->type) = type;
            typed = true;
        } else if (strcmp(word, "v2") == 0) {
            i->elements = 2;
        } else if (strcmp(word, "v4") == 0) {
            i->elements = 4;
        } else if (!ptx_find_space(word, &i->space) && !ptx_changes_nothing(word) &&
                   !ptx_find_mode(word, atomic, &i->mode)) {
            ptx_fail(p, "'.%s' of '%s' is not known", word, p->word);
        }
    }
    if (i->mode >= PTX_AT_ADD && i->mode <= PTX_AT_CAS && !atomic)
        ptx_fail(p, "'%s' is not known", p->word);
    ptx_next(p);
}

static void read_vector(struct parser *p, struct ptx_instruction *i)
{
    unsigned n = 0;

    ptx_want(p, "{");
    while (n < 4 && !p->failed) {
        i->vector[n++] = ptx_read_operand(p);
        if (!ptx_take(p, ","))
            break;
    }
    ptx_want(p, "}");
    if (n != i->elements)
        ptx_fail(p, "a vector of %u", n);
}

static void read_address(struct parser *p, struct ptx_instruction *i, struct ptx_operand *o)
{
    ptx_want(p, "[");
    *o = ptx_read_operand(p);
    if (ptx_take(p, "+"))
        i->offset = (int64_t)ptx_number(p);
    ptx_want(p, "]");
}

static void read_label(struct parser *p)
{
    struct label *uses = ptx_grown(p, p->uses, p->use_count, sizeof(*uses));

    if (!uses)
        return;
    p->uses = uses;
    uses[p->use_count].at = p->kernel->length;
    snprintf(uses[p->use_count++].word, WORD, "%s", p->word);
    ptx_next(p);
}

static void read_operands(struct parser *p, struct ptx_instruction *i)
{
    while (!ptx_is(p, ";") && !p->failed) {
        struct ptx_operand *o = &i->operand[i->count];
        if (i->count == 4)
            ptx_fail(p, "more than four operands");
        else if (i->op == PTX_BRA)
            read_label(p);
        else if (ptx_is(p, "{"))
            read_vector(p, i);
        else if (ptx_is(p, "["))
            read_address(p, i, o);
        else
            *o = ptx_read_operand(p);
        i->count++;
        if (!ptx_take(p, ","))
            break;
    }
    ptx_want(p, ";");
}

static void check_operands(struct parser *p, const struct ptx_instruction *i)
{
    static const unsigned char fewest[] = {
#define X(op, word, fewest, most) fewest,
        PTX_OPS(X)
#undef X
    };
    static const unsigned char most[] = {
#define X(op, word, fewest, most) most,
        PTX_OPS(X)
#undef X
    };

    if (i->count < fewest[i->op] || i->count > most[i->op])
        ptx_fail(p, "%u operands", i->count);
}

static void read_guard(struct parser *p, struct ptx_instruction *i)
{
    uint64_t number = 0;

    i->guard = -1;
    if (!ptx_take(p, "@"))
        return;
    i->guard_not = ptx_take(p, "!");
    if (!ptx_find_register(p, &number))
        ptx_fail(p, "'%s' is no register", p->word);
    i->guard = (int)number;
    ptx_next(p);
}

static void read_instruction(struct parser *p)
{
    struct ptx_kernel *k = p->kernel;
    struct ptx_instruction i = {.elements = 1, .line = p->line};
    struct ptx_instruction *code = ptx_grown(p, k->code, k->length, sizeof(*code));
    char name[WORD];

    if (!code)
        return;
    k->code = code;
    read_guard(p, &i);
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(p->word, "."), p->word);
    if (!ptx_find_op(name, &i.op))
        ptx_fail(p, "the instruction '%s' is not known", p->word);
    read_modifiers(p, &i);
    read_operands(p, &i);
    check_operands(p, &i);
    code[k->length++] = i;
}

/* ---- kernels --------------------------------------------------------------------------------- */

/* .reg .type %r<n>; or .reg .type name, ...; */
static void read_registers(struct parser *p)
{
    struct ptx_kernel *k = p->kernel;
    char word[WORD];

    ptx_next(p);
    ptx_next(p); /* the type: see inside.h */
    do {
        snprintf(word, sizeof(word), "%s", p->word);
        ptx_next(p);
        unsigned many = ptx_take(p, "<") ? (unsigned)ptx_number(p) : 0;
        if (many)
            ptx_want(p, ">");
        ptx_declare(p, &p->registers, word, k->registers, many);
        k->registers += many ? many : 1;
    } while (ptx_take(p, ","));
    ptx_want(p, ";");
    if (k->registers > 1u << 20)
        ptx_fail(p, "%u registers", k->registers);
}

static void read_label_or_instruction(struct parser *p)
{
    const char *at = p->at;

    while (isspace((unsigned char)*at))
        at++;
    if (*at != ':') {
        read_instruction(p);
        return;
    }
    struct label *labels = ptx_grown(p, p->labels, p->label_count, sizeof(*labels));
    if (!labels)
        return;
    p->labels = labels;
    labels[p->label_count].at = p->kernel->length;
    snprintf(labels[p->label_count++].word, WORD, "%s", p->word);
    ptx_next(p);
    ptx_want(p, ":");
}

static void fill_in_labels(struct parser *p)
{
    for (unsigned u = 0; u < p->use_count; u++) {
        unsigned n = 0;
        while (n < p->label_count && strcmp(p->labels[n].word, p->uses[u].word))
            n++;
        if (n == p->label_count)
            ptx_fail(p, "no label '%s'", p->uses[u].word);
        else
            p->kernel->code[p->uses[u].at].operand[0] =
                (struct ptx_operand){PTX_VALUE, p->labels[n].at};
    }
    p->use_count = p->label_count = 0;
}

static void read_body(struct parser *p)
{
    unsigned depth = 1;

    ptx_want(p, "{");
    while (depth > 0 && *p->word) {
        if (ptx_take(p, "{"))
            depth++;
        else if (ptx_take(p, "}"))
            depth--;
        else if (ptx_is(p, ".reg"))
            read_registers(p);
        else if (ptx_is(p, ".pragma"))
            ptx_skip_to(p, ";");
        else
            read_label_or_instruction(p);
    }
    if (depth > 0)
        ptx_fail(p, "the text ends inside of a kernel");
    fill_in_labels(p);
}

/* .align A, .b8 or .u64 ..., name and [bytes], in this order; bytes_out 0: [] */
static void read_variable(struct parser *p, size_t *align_out, size_t *bytes_out)
{
    enum ptx_type type = PTX_B8;

    *align_out = ptx_take(p, ".align") ? ptx_number(p) : 0;
    if (p->word[0] != '.' || !ptx_find_type(p->word + 1, &type))
        ptx_fail(p, "the type '%s' is not known", p->word);
    *bytes_out = ptx_bits(type) / 8;
    if (!*align_out)
        *align_out = *bytes_out;
    if (*align_out & (*align_out - 1) || *align_out == 0 || *align_out > 4096)
        ptx_fail(p, "an alignment to %zu", *align_out);
    ptx_next(p);
    ptx_declare(p, &p->addresses, p->word, 0, 0);
    ptx_next(p);
    if (ptx_take(p, "[")) {
        *bytes_out *= ptx_is(p, "]") ? 0 : ptx_number(p);
        ptx_want(p, "]");
    }
}

static size_t aligned(size_t offset, size_t align)
{
    return align ? (offset + align - 1) & ~(align - 1) : offset;
}

static void read_parameters(struct parser *p)
{
    size_t align, bytes;

    if (!ptx_take(p, "("))
        return;
    while (!p->failed && !ptx_is(p, ")")) {
        ptx_want(p, ".param");
        read_variable(p, &align, &bytes);
        size_t offset = aligned(p->kernel->args_bytes, align);
        p->addresses.list[p->addresses.count - 1].first = (unsigned)offset;
        p->kernel->args_bytes = offset + bytes;
        if (!ptx_take(p, ","))
            break;
    }
    ptx_want(p, ")");
}

static void read_kernel(struct parser *p)
{
    struct ptx_kernel **last = &p->module->kernels, *k = calloc(1, sizeof(*k));

    if (!k) {
        ptx_fail(p, "no memory");
        return;
    }
    while (*last)
        last = &(*last)->next;
    *last = p->kernel = k;
    k->module = p->module;
    unsigned outside = p->addresses.count;
    p->registers.count = 0;
    ptx_next(p);
    snprintf(k->name, sizeof(k->name), "%s", p->word);
    ptx_next(p);
    read_parameters(p);
    while (*p->word == '.') { /* .maxntid 256, 1, 1 and others that ask for nothing here */
        ptx_next(p);
        while (*p->word && *p->word != '.' && !ptx_is(p, "{"))
            ptx_next(p);
    }
    read_body(p);
    p->addresses.count = outside;
}

/* ---- modules --------------------------------------------------------------------------------- */

/* Shared memory has the size that the launch gives it: from address 0. */
static void read_shared(struct parser *p)
{
    size_t align, bytes;

    ptx_next(p);
    read_variable(p, &align, &bytes);
    if (bytes > 0)
        ptx_fail(p, "shared memory of a fixed size is not known");
    ptx_want(p, ";");
}

static void read_statement(struct parser *p)
{
    if (ptx_take(p, ".version") || ptx_take(p, ".address_size")) {
        ptx_next(p);
    } else if (ptx_take(p, ".target")) {
        do
            ptx_next(p);
        while (ptx_take(p, ","));
    } else if (ptx_take(p, ".visible") || ptx_take(p, ".extern") || ptx_take(p, ".weak")) {
        ; /* and on with what is */
    } else if (ptx_is(p, ".entry")) {
        read_kernel(p);
    } else if (ptx_is(p, ".shared")) {
        read_shared(p);
    } else {
        ptx_fail(p, "'%s' is not known", p->word);
    }
}

struct ptx_module *ptx_parse(const char *text, char *why_out, size_t why_bytes)
{
    struct parser *p = calloc(1, sizeof(*p));
    struct ptx_module *module = calloc(1, sizeof(*module));

    if (!p || !module) {
        snprintf(why_out, why_bytes, "no memory");
        free(p);
        free(module);
        return NULL;
    }
    *p = (struct parser){.at = text, .line = 1, .why = why_out, .why_bytes = why_bytes,
                         .module = module};
    ptx_next(p);
    if (!ptx_is(p, ".version"))
        ptx_fail(p, "no '.version': not PTX");
    while (*p->word && !p->failed)
        read_statement(p);
    bool failed = p->failed;
    free(p->labels);
    free(p->uses);
    free(p);
    if (!failed)
        return module;
    ptx_free(module);
    return NULL;
}

void ptx_free(struct ptx_module *module)
{
    if (!module)
        return;
    while (module->kernels) {
        struct ptx_kernel *k = module->kernels;
        module->kernels = k->next;
        free(k->code);
        free(k);
    }
    free(module->threads);
    free(module->registers);
    free(module->shared);
    free(module->args);
    free(module);
}

struct ptx_kernel *ptx_find(struct ptx_module *module, const char *name)
{
    for (struct ptx_kernel *k = module->kernels; k; k = k->next)
        if (strcmp(k->name, name) == 0)
            return k;
    return NULL;
}

struct ptx_kernel *ptx_kernel_at(struct ptx_module *module, unsigned n)
{
    struct ptx_kernel *k = module->kernels;

    while (k && n-- > 0)
        k = k->next;
    return k;
}

const char *ptx_name(const struct ptx_kernel *kernel)
{
    return kernel->name;
}

size_t ptx_args_bytes(const struct ptx_kernel *kernel)
{
    return kernel->args_bytes;
}
