/* SPDX-License-Identifier: MIT */
/* turns.c - see turns.h */
#include "explain/turns.h"

#include <stdlib.h>
#include <string.h>

/* Lines of somebody; `unknown`: and perhaps others; `touched`: and one at least, whichever. */
struct lines {
    uint64_t read, write;
    bool unknown, touched, any;
};

static void add_use(struct lines *lines, const struct use *use)
{
    lines->read |= use->read;
    lines->write |= use->write;
    lines->unknown |= !use->known;
    lines->touched |= !use->known;
    lines->any = true;
}

static void add_lines(struct lines *lines, const struct lines *more)
{
    lines->read |= more->read;
    lines->write |= more->write;
    lines->unknown |= more->unknown;
    lines->touched |= more->touched;
    lines->any |= more->any;
}

static int by_time(const void *a, const void *b)
{
    const struct use *x = a, *y = b;

    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    if (x->launch != y->launch)
        return x->launch < y->launch ? -1 : 1;
    return (x->processor > y->processor) - (x->processor < y->processor);
}

static bool shares(const struct lines *own, const struct lines *others)
{
    if ((own->write & (others->read | others->write)) || (own->read & others->write))
        return true;
    return (own->write == USE_ALL_LINES && others->touched) ||
           (others->write == USE_ALL_LINES && own->touched);
}

static void judge(struct turns *turns, const struct lines *own, const struct lines *others)
{
    if (!others->any)
        return;
    if (shares(own, others)) {
        turns->is_true++;
        turns->overwritten += own->write == USE_ALL_LINES && !own->read && !own->unknown;
    } else if (own->unknown || others->unknown) {
        turns->is_unknown++;
    } else if (own->write | others->write) {
        turns->is_false++;
    } else {
        turns->is_read++;
    }
}

/* The turn is over: everybody else has now seen others do this. */
static void end_turn(struct turns *turns, struct lines *others, int32_t processor,
                     const struct lines *own)
{
    unsigned p = (unsigned)(processor + 1);

    turns->count++;
    turns->processors |= 1u << p;
    if (own->write)
        turns->writers |= 1u << p;
    turns->read[p] |= own->read;
    turns->write[p] |= own->write;
    judge(turns, own, &others[p]);
    others[p] = (struct lines){0};
    for (unsigned q = 0; q < HUM_PROCESSORS_MAX; q++)
        if (q != p)
            add_lines(&others[q], own);
}

/* Perhaps it did something, perhaps not: no turn, but the others can no longer be sure. */
static void doubt(struct lines *others, const struct use *use)
{
    for (unsigned q = 0; q < HUM_PROCESSORS_MAX; q++)
        if (q != (unsigned)(use->processor + 1))
            others[q].unknown = true;
}

/* From use `first` on; where the next turn begins.  Doubts within hold for its next turn, too. */
static size_t take_turn(struct turns *turns, struct lines *others, const struct use *use,
                        size_t first, size_t count)
{
    int32_t processor = use[first].processor;
    struct lines own = {0};
    bool doubted = false;
    size_t i;

    for (i = first; i < count && (use[i].maybe || use[i].processor == processor); i++) {
        if (use[i].maybe) {
            doubt(others, &use[i]);
            doubted |= use[i].processor != processor;
        } else {
            add_use(&own, &use[i]);
        }
    }
    end_turn(turns, others, processor, &own);
    others[processor + 1].unknown = doubted;
    return i;
}

struct turns turns_of(struct use *use, size_t count)
{
    struct lines others[HUM_PROCESSORS_MAX] = {{0}}; /* of each, since its turn before */
    struct turns turns = {0};

    if (count)
        qsort(use, count, sizeof(*use), by_time);
    for (size_t i = 0; i < count;) {
        if (use[i].maybe)
            doubt(others, &use[i++]);
        else
            i = take_turn(&turns, others, use, i, count);
    }
    return turns;
}
