/* SPDX-License-Identifier: MIT */
/* run.c - a launch: blocks, the turns of their threads, and what one instruction does. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/ptx/inside.h"

#define STEPS_MAX 64u           /* of a turn, if turns are random */
#define SHARED_ALIGN 256u

enum state { RUNS, WAITS, ENDED };

struct thread {
    enum state state;
    unsigned next;              /* instruction */
    unsigned id[3];
    uint64_t *registers;
};

struct run {
    struct ptx_kernel *kernel;
    const struct ptx_launch *launch;
    unsigned block[3];          /* the one that runs */
    struct thread *threads;
    unsigned thread_count;
    char *shared, *args;
    uint64_t random;            /* xorshift64, never 0 */
    bool failed;
    char *why;
    size_t why_bytes;
};

static void fail(struct run *r, const struct thread *t, const struct ptx_instruction *i,
                 const char *format, ...)
{
    va_list arguments;
    char text[200];

    if (r->failed)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    snprintf(r->why, r->why_bytes, "%s, line %u, thread %u %u %u of block %u %u %u: %s",
             r->kernel->name, i->line, t->id[0], t->id[1], t->id[2], r->block[0], r->block[1],
             r->block[2], text);
    r->failed = true;
}

/* ---- values ---------------------------------------------------------------------------------- */

static uint64_t special(const struct run *r, const struct thread *t, uint64_t which)
{
    unsigned dimension = (unsigned)(which % 3);

    if (which < PTX_NTID_X)
        return t->id[dimension];
    if (which < PTX_CTAID_X)
        return r->launch->block[dimension];
    if (which < PTX_NCTAID_X)
        return r->block[dimension];
    return r->launch->grid[dimension];
}

static uint64_t value(const struct run *r, const struct thread *t, const struct ptx_operand *o)
{
    if (o->kind == PTX_REGISTER)
        return t->registers[o->value];
    return o->kind == PTX_VALUE ? o->value : special(r, t, o->value);
}

static void set(struct run *r, struct thread *t, const struct ptx_instruction *i,
                const struct ptx_operand *o, uint64_t value)
{
    if (o->kind == PTX_REGISTER)
        t->registers[o->value] = value;
    else
        fail(r, t, i, "writes what is no register");
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* Where the host has [address, +bytes) of the instruction's space; NULL and failed: nowhere. */
static char *place(struct run *r, const struct thread *t, const struct ptx_instruction *i,
                   uint64_t address, size_t bytes)
{
    uint64_t in_shared = address - (uint64_t)(uintptr_t)r->shared;
    size_t limit = i->space == PTX_PARAM ? r->kernel->args_bytes : r->launch->shared_bytes;

    if (address % bytes) {
        fail(r, t, i, "%zu bytes at 0x%llx are not aligned", bytes, (unsigned long long)address);
        return NULL;
    }
    if (i->space == PTX_GENERIC || (i->space == PTX_GLOBAL && in_shared >= limit))
        return (char *)(uintptr_t)address;
    if (i->space == PTX_GLOBAL) {
        fail(r, t, i, "shared memory is touched as global memory");
        return NULL;
    }
    if (limit < bytes || address > limit - bytes) {
        fail(r, t, i, "%zu bytes at %llu of %zu", bytes, (unsigned long long)address, limit);
        return NULL;
    }
    return (i->space == PTX_PARAM ? r->args : r->shared) + address;
}

static uint64_t read_memory(enum ptx_type type, const char *p)
{
    switch (ptx_bits(type)) {
    case 8: return ptx_narrow(type, __atomic_load_n((const uint8_t *)p, __ATOMIC_RELAXED));
    case 16: return ptx_narrow(type, __atomic_load_n((const uint16_t *)p, __ATOMIC_RELAXED));
    case 32: return ptx_narrow(type, __atomic_load_n((const uint32_t *)p, __ATOMIC_RELAXED));
    default: return __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED);
    }
}

static void write_memory(enum ptx_type type, char *p, uint64_t value)
{
    switch (ptx_bits(type)) {
    case 8: __atomic_store_n((uint8_t *)p, (uint8_t)value, __ATOMIC_RELAXED); break;
    case 16: __atomic_store_n((uint16_t *)p, (uint16_t)value, __ATOMIC_RELAXED); break;
    case 32: __atomic_store_n((uint32_t *)p, (uint32_t)value, __ATOMIC_RELAXED); break;
    default: __atomic_store_n((uint64_t *)p, value, __ATOMIC_RELAXED); break;
    }
}

static uint64_t address_of(const struct run *r, const struct thread *t,
                           const struct ptx_instruction *i, unsigned operand)
{
    return value(r, t, &i->operand[operand]) + (uint64_t)i->offset;
}

static void load(struct run *r, struct thread *t, const struct ptx_instruction *i)
{
    size_t each = ptx_bits(i->type) / 8;
    char *p = place(r, t, i, address_of(r, t, i, 1), each * i->elements);

    for (unsigned e = 0; p && e < i->elements; e++)
        set(r, t, i, i->elements > 1 ? &i->vector[e] : &i->operand[0],
            read_memory(i->type, p + e * each));
}

static void store(struct run *r, struct thread *t, const struct ptx_instruction *i)
{
    size_t each = ptx_bits(i->type) / 8;
    char *p = i->space == PTX_PARAM ? NULL
                                    : place(r, t, i, address_of(r, t, i, 0), each * i->elements);

    if (i->space == PTX_PARAM)
        fail(r, t, i, "parameters are not written");
    for (unsigned e = 0; p && e < i->elements; e++)
        write_memory(i->type, p + e * each,
                     value(r, t, i->elements > 1 ? &i->vector[e] : &i->operand[1]));
}

static void atomic(struct run *r, struct thread *t, const struct ptx_instruction *i)
{
    unsigned at = i->op == PTX_ATOM ? 1 : 0;
    size_t bytes = ptx_bits(i->type) / 8;
    char *p = NULL;

    if (bytes < 4 || ptx_is_float(i->type) || i->mode < PTX_AT_ADD || i->mode > PTX_AT_CAS ||
        i->space == PTX_PARAM || (i->mode == PTX_AT_CAS) != (i->count == at + 3))
        fail(r, t, i, "no such atomic operation");
    else
        p = place(r, t, i, address_of(r, t, i, at), bytes);
    if (!p)
        return;
    uint64_t was = ptx_atomic(i, p, value(r, t, &i->operand[at + 1]),
                              i->count > at + 2 ? value(r, t, &i->operand[at + 2]) : 0);
    if (at)
        set(r, t, i, &i->operand[0], was);
}

/* Generic addresses of shared memory are where the host has it, those of global memory the same. */
static uint64_t converted_address(struct run *r, const struct thread *t,
                                  const struct ptx_instruction *i)
{
    uint64_t address = value(r, t, &i->operand[1]), base = (uint64_t)(uintptr_t)r->shared;

    if (i->space == PTX_SHARED)
        return i->mode == PTX_TO ? address - base : address + base;
    if (i->space != PTX_GLOBAL)
        fail(r, t, i, "cvta of this space is not known");
    return address;
}

/* ---- instructions ---------------------------------------------------------------------------- */

static uint64_t result(struct run *r, const struct thread *t, const struct ptx_instruction *i)
{
    uint64_t a = value(r, t, &i->operand[1]);
    uint64_t b = i->count > 2 ? value(r, t, &i->operand[2]) : 0;
    uint64_t c = i->count > 3 ? value(r, t, &i->operand[3]) : 0;

    switch (i->op) {
    case PTX_MOV: return ptx_narrow(i->type, a);
    case PTX_CVTA: return converted_address(r, t, i);
    case PTX_CVT: return ptx_convert(i, a);
    case PTX_SETP: return ptx_compare(i->mode, i->type, a, b);
    case PTX_SELP: return ptx_narrow(i->type, c & 1 ? a : b);
    default: return ptx_compute(i, a, b, c);
    }
}

/* False: the turn is over. */
static bool step(struct run *r, struct thread *t)
{
    const struct ptx_instruction *i = &r->kernel->code[t->next++];

    if (i->guard >= 0 && (bool)(t->registers[i->guard] & 1) == i->guard_not)
        return true;
    switch (i->op) {
    case PTX_LD: load(r, t, i); break;
    case PTX_ST: store(r, t, i); break;
    case PTX_ATOM:
    case PTX_RED: atomic(r, t, i); break;
    case PTX_MEMBAR:
    case PTX_FENCE: __atomic_thread_fence(__ATOMIC_SEQ_CST); break;
    case PTX_BRA: t->next = (unsigned)i->operand[0].value; break;
    case PTX_BAR:
    case PTX_BARRIER: t->state = WAITS; return false;
    case PTX_RET:
    case PTX_EXIT: t->state = ENDED; return false;
    default: set(r, t, i, &i->operand[0], result(r, t, i)); break;
    }
    return !r->failed;
}

/* ---- turns ----------------------------------------------------------------------------------- */

static uint64_t draw(struct run *r)
{
    r->random ^= r->random << 13;
    r->random ^= r->random >> 7;
    r->random ^= r->random << 17;
    return r->random;
}

static void turn(struct run *r, struct thread *t)
{
    uint64_t steps = r->launch->seed ? draw(r) % STEPS_MAX + 1 : UINT64_MAX;

    while (steps-- > 0) {
        if (t->next >= r->kernel->length) {
            t->state = ENDED;
            return;
        }
        if (!step(r, t))
            return;
    }
}

/* Whoever waits goes on when nobody runs any more; false: nobody waits. */
static bool open_barrier(struct run *r)
{
    bool waited = false;

    for (unsigned n = 0; n < r->thread_count; n++) {
        struct thread *t = &r->threads[n];
        if (t->state == RUNS)
            return true;
        waited |= t->state == WAITS;
    }
    for (unsigned n = 0; waited && n < r->thread_count; n++)
        if (r->threads[n].state == WAITS)
            r->threads[n].state = RUNS;
    return waited;
}

static void run_block(struct run *r)
{
    const unsigned *size = r->launch->block;

    memset(r->shared, 0xa5, r->launch->shared_bytes);
    for (unsigned n = 0; n < r->thread_count; n++) {
        struct thread *t = &r->threads[n];
        t->state = RUNS;
        t->next = 0;
        t->id[0] = n % size[0];
        t->id[1] = n / size[0] % size[1];
        t->id[2] = n / size[0] / size[1];
    }
    do {
        unsigned first = r->launch->seed ? (unsigned)(draw(r) % r->thread_count) : 0;
        for (unsigned n = 0; n < r->thread_count && !r->failed; n++) {
            struct thread *t = &r->threads[(first + n) % r->thread_count];
            if (t->state == RUNS)
                turn(r, t);
        }
    } while (!r->failed && open_barrier(r));
}

/* ---- launches -------------------------------------------------------------------------------- */

static bool prepare(struct run *r)
{
    struct ptx_module *m = r->kernel->module;
    size_t registers = r->kernel->registers ? r->kernel->registers : 1;
    size_t shared = (r->launch->shared_bytes / SHARED_ALIGN + 1) * SHARED_ALIGN;

    free(m->threads);
    free(m->registers);
    free(m->shared);
    free(m->args);
    m->threads = calloc(r->thread_count, sizeof(*r->threads));
    m->registers = malloc(r->thread_count * registers * sizeof(uint64_t));
    m->shared = aligned_alloc(SHARED_ALIGN, shared);
    m->args = malloc(r->kernel->args_bytes + 1);
    if (!m->threads || !m->registers || !m->shared || !m->args)
        return false;
    r->threads = m->threads;
    r->shared = m->shared;
    r->args = m->args;
    memcpy(r->args, r->launch->args, r->kernel->args_bytes);
    memset(m->registers, 0x5a, r->thread_count * registers * sizeof(uint64_t));
    for (unsigned n = 0; n < r->thread_count; n++)
        r->threads[n].registers = (uint64_t *)m->registers + n * registers;
    return true;
}

bool ptx_run(struct ptx_kernel *kernel, const struct ptx_launch *launch, char *why_out,
             size_t why_bytes)
{
    struct run r = {
        .kernel = kernel,
        .launch = launch,
        .thread_count = launch->block[0] * launch->block[1] * launch->block[2],
        .random = launch->seed | 1,
        .why = why_out,
        .why_bytes = why_bytes,
    };

    if (r.thread_count == 0 || !prepare(&r)) {
        snprintf(why_out, why_bytes, "%s: no memory, or no threads", kernel->name);
        return false;
    }
    for (r.block[2] = 0; r.block[2] < launch->grid[2]; r.block[2]++)
        for (r.block[1] = 0; r.block[1] < launch->grid[1]; r.block[1]++)
            for (r.block[0] = 0; r.block[0] < launch->grid[0] && !r.failed; r.block[0]++)
                run_block(&r);
    return !r.failed;
}
