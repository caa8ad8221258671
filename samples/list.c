/* SPDX-License-Identifier: MIT */
/*
 * list - a linked list and a hash table of ordinary pointers, changed by the device.
 *
 * The host builds a list whose nodes lie in random order, and a hash table with one half of its
 * entries.  The device reverses the list and raises its values, links the other half of the entries
 * into the table, and looks keys up and raises their values.  The host then walks both.
 *
 * The unified version hands the pointers over.  The program with explicit copies must rebuild both
 * structures with indices for pointers, copy, run kernels written for that, copy back and rebuild
 * the pointers.  The reference is computed from keys and positions, without list or table.
 */
#include "list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device_copy.h"
#include "random.h"
#include "sample.h"

#define LIST_ADD 1000
#define TABLE_ADD 7u
#define SIZE_MAX_NODES ((size_t)1 << 30)

struct problem {
    size_t nodes;               /* of the list, entries of the table, and keys looked up */
    size_t half;                /* entries that the host puts into the table */
    size_t buckets;             /* a power of two, about as many as entries */
    uint32_t *order;            /* node order[i] is the i-th of the list */
    uint64_t *keys;             /* looked up; one in eight is in no entry */
    uint64_t *values;           /* the reference: value of entry i at the end */
    uint64_t missing;           /* the reference: keys in no entry */
};

/* Entry i has this key; odd multipliers make keys that differ. */
static inline uint64_t entry_key(size_t i)
{
    return (uint64_t)i * UINT64_C(0xd1342543de82ef95) + 1;
}

/* ---- the problem and its reference ----------------------------------------------------------- */

static void order_shuffle(uint32_t *order, size_t count, uint64_t *random)
{
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (size_t i = count; i > 1; i--) {
        size_t j = random_next(random) % i;
        uint32_t swap = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swap;
    }
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p;
    uint64_t random = 7, start_ns;

    if (options->size > SIZE_MAX_NODES) {
        fprintf(stderr, "list: at most %zu nodes\n", SIZE_MAX_NODES);
        return NULL;
    }
    p = context_malloc(sizeof *p);
    *p = (struct problem){.nodes = options->size, .half = options->size / 2, .buckets = 1};
    while (p->buckets < p->nodes)
        p->buckets *= 2;
    p->order = context_malloc(p->nodes * sizeof *p->order);
    p->keys = context_malloc(p->nodes * sizeof *p->keys);
    p->values = context_malloc(p->nodes * sizeof *p->values);
    order_shuffle(p->order, p->nodes, &random);

    start_ns = context_clock_ns();
    for (size_t i = 0; i < p->nodes; i++)
        p->values[i] = i;
    for (size_t i = 0; i < p->nodes; i++) {
        size_t entry = random_next(&random) % (p->nodes + p->nodes / 7 + 1);
        p->keys[i] = entry_key(entry);
        if (entry < p->nodes)
            p->values[entry] += TABLE_ADD;
        else
            p->missing++;
    }
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes =
        p->nodes * (sizeof(struct list_node) + sizeof(struct table_entry) + sizeof *p->keys) +
        p->buckets * sizeof(struct table_entry *);
    snprintf(facts_out->text, sizeof facts_out->text,
             "a list of %zu nodes, a table of %zu entries, %zu look-ups", p->nodes, p->nodes,
             p->nodes);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    free(p->order);
    free(p->keys);
    free(p->values);
    free(p);
}

/* ---- the structures, as any C program has them ----------------------------------------------- */

struct structures {
    struct list_node **head, *nodes;
    struct table_entry **buckets, *entries;
    uint64_t *keys, *missing;
};

static void list_build(const struct problem *p, struct structures *s)
{
    struct list_node **link = s->head;

    for (size_t i = 0; i < p->nodes; i++) {
        struct list_node *node = &s->nodes[p->order[i]];
        node->value = (int64_t)i;
        *link = node;
        link = &node->next;
    }
    *link = NULL;
}

static void table_build(const struct problem *p, struct structures *s)
{
    memset(s->buckets, 0, p->buckets * sizeof *s->buckets);
    for (size_t i = 0; i < p->nodes; i++) {
        struct table_entry *entry = &s->entries[i];
        *entry = (struct table_entry){.key = entry_key(i), .value = i};
        if (i < p->half) {
            struct table_entry **bucket = &s->buckets[table_bucket(entry->key, p->buckets - 1)];
            entry->next = *bucket;
            *bucket = entry;
        }
    }
    memcpy(s->keys, p->keys, p->nodes * sizeof *s->keys);
    *s->missing = 0;
}

/* The list is reversed and raised, link by link. */
static bool list_is_right(const struct problem *p, const struct structures *s)
{
    const struct list_node *node = *s->head;

    for (size_t i = p->nodes; i-- > 0; node = node->next) {
        if (node != &s->nodes[p->order[i]] || node->value != (int64_t)i + LIST_ADD)
            return false;
    }
    return node == NULL;
}

/* Every entry is in its bucket once, with the right value. */
static bool table_is_right(const struct problem *p, const struct structures *s)
{
    size_t seen = 0;

    for (size_t b = 0; b < p->buckets; b++) {
        for (const struct table_entry *entry = s->buckets[b]; entry; entry = entry->next) {
            size_t i = (size_t)(entry - s->entries);
            if (++seen > p->nodes || entry->key != entry_key(i) || entry->value != p->values[i] ||
                table_bucket(entry->key, p->buckets - 1) != b)
                return false;
        }
    }
    return seen == p->nodes && *s->missing == p->missing;
}

/* What the program makes of it: walks both. */
static uint64_t structures_read(const struct problem *p, const struct structures *s)
{
    uint64_t total = *s->missing;

    for (const struct list_node *node = *s->head; node; node = node->next)
        total += (uint64_t)node->value;
    for (size_t b = 0; b < p->buckets; b++) {
        for (const struct table_entry *entry = s->buckets[b]; entry; entry = entry->next)
            total += entry->value;
    }
    return total;
}

/* ---- unified --------------------------------------------------------------------------------- */

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *reverse, *insert, *update;
    struct structures s;
    uint64_t total;
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;

    *u = (struct unified){.context = context, .problem = p};
    u->reverse = context_kernel(context, "list_reverse");
    u->insert = context_kernel(context, "table_insert");
    u->update = context_kernel(context, "table_update");
    u->s.head = context_alloc(context, sizeof *u->s.head, "head");
    u->s.nodes = context_alloc(context, p->nodes * sizeof *u->s.nodes, "nodes");
    u->s.buckets = context_alloc(context, p->buckets * sizeof *u->s.buckets, "buckets");
    u->s.entries = context_alloc(context, p->nodes * sizeof *u->s.entries, "entries");
    u->s.keys = context_alloc(context, p->nodes * sizeof *u->s.keys, "keys");
    u->s.missing = context_alloc(context, sizeof *u->s.missing, "missing");
    CHECK(hum_reachable(context->hum, u->s.nodes, true)); /* through pointers in memory alone */
    CHECK(hum_reachable(context->hum, u->s.entries, true));
    return u;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;
    struct structures *s = &u->s;
    struct list_reverse_args reverse = {s->head, LIST_ADD};
    struct table_insert_args insert = {s->buckets, p->buckets - 1, s->entries + p->half,
                                       p->nodes - p->half};
    struct table_update_args update = {s->buckets, p->buckets - 1, s->keys,
                                       p->nodes,   TABLE_ADD,      s->missing};

    list_build(p, s);
    table_build(p, s);
    context_launch(u->context, u->reverse, 1, &reverse, sizeof reverse);
    context_launch(u->context, u->insert, insert.count, &insert, sizeof insert);
    context_launch(u->context, u->update, update.count, &update, sizeof update);
    CHECK(hum_wait(u->context->hum, 0));
    u->total = structures_read(p, s);
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;

    return list_is_right(u->problem, &u->s) && table_is_right(u->problem, &u->s);
}

static void unified_close(void *state)
{
    struct unified *u = state;

    CHECK(hum_free(u->context->hum, u->s.head));
    CHECK(hum_free(u->context->hum, u->s.nodes));
    CHECK(hum_free(u->context->hum, u->s.buckets));
    CHECK(hum_free(u->context->hum, u->s.entries));
    CHECK(hum_free(u->context->hum, u->s.keys));
    CHECK(hum_free(u->context->hum, u->s.missing));
    free(u);
}

/* ---- explicit copies ------------------------------------------------------------------------- */

struct arrays {
    int64_t *in, *out;
    uint32_t *buckets;
    struct array_entry *entries;
    uint64_t *keys, *missing;
};

struct copies {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *reverse, *insert, *update;
    struct structures s;            /* what the program works with */
    struct list_node *head;
    uint64_t missing;
    struct arrays host, device;     /* what it builds to be able to copy */
    uint64_t total;
};

/* Sizes of the arrays, in the order of struct arrays. */
#define ARRAY_COUNT 6u
static void array_sizes(const struct problem *p, size_t bytes_out[ARRAY_COUNT])
{
    bytes_out[0] = bytes_out[1] = p->nodes * sizeof(int64_t);
    bytes_out[2] = p->buckets * sizeof(uint32_t);
    bytes_out[3] = p->nodes * sizeof(struct array_entry);
    bytes_out[4] = p->nodes * sizeof(uint64_t);
    bytes_out[5] = sizeof(uint64_t);
}

static struct arrays arrays_on_host(const size_t bytes[ARRAY_COUNT])
{
    return (struct arrays){context_malloc(bytes[0]), context_malloc(bytes[1]),
                           context_malloc(bytes[2]), context_malloc(bytes[3]),
                           context_malloc(bytes[4]), context_malloc(bytes[5])};
}

static struct arrays arrays_on_device(struct context *context, const size_t bytes[ARRAY_COUNT])
{
    return (struct arrays){device_alloc(context, bytes[0]), device_alloc(context, bytes[1]),
                           device_alloc(context, bytes[2]), device_alloc(context, bytes[3]),
                           device_alloc(context, bytes[4]), device_alloc(context, bytes[5])};
}

static void *copies_open(struct context *context, const void *problem)
{
    const struct problem *p = problem;
    size_t bytes[ARRAY_COUNT], all = 0;
    struct copies *c;

    array_sizes(p, bytes);
    for (unsigned i = 0; i < ARRAY_COUNT; i++)
        all += bytes[i] + HUM_BLOCK_SIZE;
    if (!device_fits(context, all))
        return NULL;
    c = context_malloc(sizeof *c);
    *c = (struct copies){.context = context, .problem = p};
    c->reverse = context_kernel(context, "array_reverse");
    c->insert = context_kernel(context, "array_insert");
    c->update = context_kernel(context, "array_update");
    c->host = arrays_on_host(bytes);
    c->device = arrays_on_device(context, bytes);
    c->s.head = &c->head;
    c->s.missing = &c->missing;
    c->s.nodes = context_malloc(p->nodes * sizeof *c->s.nodes);
    c->s.buckets = context_malloc(p->buckets * sizeof *c->s.buckets);
    c->s.entries = context_malloc(p->nodes * sizeof *c->s.entries);
    c->s.keys = c->host.keys;
    return c;
}

/* Pointers to indices. */
static void flatten(const struct problem *p, const struct structures *s, struct arrays *a)
{
    size_t i = 0;

    for (const struct list_node *node = *s->head; node; node = node->next)
        a->in[i++] = node->value;
    for (i = 0; i < p->buckets; i++)
        a->buckets[i] = s->buckets[i] ? (uint32_t)(s->buckets[i] - s->entries) : LIST_NONE;
    for (i = 0; i < p->nodes; i++) {
        const struct table_entry *entry = &s->entries[i];
        a->entries[i] = (struct array_entry){
            .key = entry->key,
            .value = entry->value,
            .next = entry->next ? (uint32_t)(entry->next - s->entries) : LIST_NONE,
        };
    }
    *a->missing = *s->missing;
}

/* And back: the list is relinked the other way round, with the values that came back. */
static void unflatten(const struct problem *p, const struct arrays *a, struct structures *s)
{
    struct list_node *done = NULL;
    size_t i = p->nodes;

    for (struct list_node *node = *s->head, *next; node; node = next) {
        next = node->next;
        node->next = done;
        node->value = a->out[--i];
        done = node;
    }
    *s->head = done;
    for (i = 0; i < p->buckets; i++)
        s->buckets[i] = a->buckets[i] == LIST_NONE ? NULL : &s->entries[a->buckets[i]];
    for (i = 0; i < p->nodes; i++) {
        s->entries[i].value = a->entries[i].value;
        s->entries[i].next =
            a->entries[i].next == LIST_NONE ? NULL : &s->entries[a->entries[i].next];
    }
    *s->missing = *a->missing;
}

static void copies_launch(struct copies *c)
{
    const struct problem *p = c->problem;
    const struct arrays *d = &c->device;
    struct array_reverse_args reverse = {d->in, d->out, p->nodes, LIST_ADD};
    struct array_insert_args insert = {d->buckets, p->buckets - 1, d->entries, p->half,
                                       p->nodes - p->half};
    struct array_update_args update = {d->buckets, p->buckets - 1, d->entries, d->keys,
                                       p->nodes,   TABLE_ADD,      d->missing};

    context_launch(c->context, c->reverse, p->nodes, &reverse, sizeof reverse);
    context_launch(c->context, c->insert, insert.count, &insert, sizeof insert);
    context_launch(c->context, c->update, update.count, &update, sizeof update);
    CHECK(hum_wait(c->context->hum, 0));
}

static void copies_run(void *state)
{
    struct copies *c = state;
    const struct problem *p = c->problem;
    size_t bytes[ARRAY_COUNT];

    array_sizes(p, bytes);
    list_build(p, &c->s);
    table_build(p, &c->s);
    flatten(p, &c->s, &c->host);
    copy_to_device(c->context, c->device.in, c->host.in, bytes[0]);
    copy_to_device(c->context, c->device.buckets, c->host.buckets, bytes[2]);
    copy_to_device(c->context, c->device.entries, c->host.entries, bytes[3]);
    copy_to_device(c->context, c->device.keys, c->host.keys, bytes[4]);
    copy_to_device(c->context, c->device.missing, c->host.missing, bytes[5]);
    copies_launch(c);
    copy_to_host(c->context, c->host.out, c->device.out, bytes[1]);
    copy_to_host(c->context, c->host.buckets, c->device.buckets, bytes[2]);
    copy_to_host(c->context, c->host.entries, c->device.entries, bytes[3]);
    copy_to_host(c->context, c->host.missing, c->device.missing, bytes[5]);
    unflatten(p, &c->host, &c->s);
    c->total = structures_read(p, &c->s);
}

static bool copies_verify(const void *state)
{
    const struct copies *c = state;

    return list_is_right(c->problem, &c->s) && table_is_right(c->problem, &c->s);
}

static void copies_close(void *state)
{
    struct copies *c = state;
    size_t bytes[ARRAY_COUNT];
    void *host[ARRAY_COUNT] = {c->host.in,      c->host.out,  c->host.buckets,
                               c->host.entries, c->host.keys, c->host.missing};
    void *device[ARRAY_COUNT] = {c->device.in,      c->device.out,  c->device.buckets,
                                 c->device.entries, c->device.keys, c->device.missing};

    array_sizes(c->problem, bytes);
    for (unsigned i = 0; i < ARRAY_COUNT; i++) {
        device_free(c->context, device[i], bytes[i]);
        free(host[i]);
    }
    free(c->s.nodes);
    free(c->s.buckets);
    free(c->s.entries);
    free(c);
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "list",
                  .summary = "a linked list and a hash table changed by the device",
                  .size_text = "nodes of the list, entries of the table, and look-ups",
                  .defaults = {.size = (size_t)1 << 20, .runs = 3}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, unified_close},
        .copies = {copies_open, copies_run, copies_verify, copies_close},
    };

    return sample_main(&sample, argc, argv);
}
