/* SPDX-License-Identifier: MIT */
/*
 * explain_world.h - traces made by hand and explained, for the tests of hum explain.
 *
 * Everything asserts, so it is for the main thread only.
 */
#ifndef TESTS_BENCH_EXPLAIN_WORLD_H
#define TESTS_BENCH_EXPLAIN_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explain/advice.h"
#include "explain/event.h"
#include "explain/read.h"
#include "support/random.h"

enum { RECORDS_MAX = 4096 };

/* The trace so far; each record is 10 ns behind the one before. */
extern struct hum_trace_record records[RECORDS_MAX];
extern size_t count;
extern uint64_t now;

struct explained {
    struct book book;
    struct sharing *sharing;
    struct sharing_result result;
};

int start(void **state);
struct hum_trace_record *add(enum hum_trace_kind kind);
struct hum_trace_event *add_event(enum hum_cause cause, int processor, unsigned first,
    unsigned end, bool moves);
void add_access(int processor, uint64_t page, bool write, uint64_t lines, uint64_t launch);
void add_region(uint32_t region, uint64_t first_page, uint64_t pages);
int fault_of(int processor);
void visit(int processor, unsigned page, uint64_t read, uint64_t write);
struct explained explain(uint32_t region, uint64_t first_page, uint64_t end_page,
    uint32_t trips);
void done(struct explained *e);
enum sharing_kind kind_of_page(void);
const char *advice_of_page(char *room, size_t bytes);

/* The advice for the only group has these words. */
#define expect_advice(part)                                                                        \
    do {                                                                                           \
        char room_[1024];                                                                          \
        if (!strstr(advice_of_page(room_, sizeof(room_)), part))                                   \
            fail_msg("no \"%s\" in: %s", part, room_);                                             \
    } while (0)

#endif
