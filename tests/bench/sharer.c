/* SPDX-License-Identifier: MIT */
/*
 * sharer.c - a program whose region "parts" has a page for each way of sharing, for `hum explain`.
 *
 *     page 0   emu0 changes its first line, emu1 its last one           falsely shared
 *     page 1   emu0 alone                                               at rest
 *     page 2   both change the same line                                truly shared
 *     page 3   emu1 alone                                               at rest
 *     page 4   emu0 changes its first line, the host its last word      lines of the host not known
 *     page 5   emu0 once, then emu1                                     at rest: one move
 *     page 6   emu0 fills a line that emu1 reads                        truly shared, one writer
 *     page 7   emu0 fills all of it once, then as page 0                falsely shared
 *     page 8   emu0 changes all of it, the host its last word           truly shared, provably
 *     page 9   the host alone                                           at rest
 */
#include <stdio.h>
#include <stdlib.h>

#include <hum/hum.h>

#include "flow/kernels/flow_args.h"

#define ROUNDS 6u
#define PAGES 10u
#define WORDS (HUM_PAGE_SIZE / sizeof(uint64_t))
#define LINE (64 / sizeof(uint64_t))

static struct hum *hum;

static void check(enum hum_status status)
{
    if (status != HUM_OK) {
        fprintf(stderr, "sharer: %s\n", hum_error_text());
        exit(9);
    }
}

/* The kernel on n words, on one device, to its end. */
static void run(int device, const char *name, uint64_t *words, size_t n)
{
    struct flow_words args = {.words = words, .n = n, .value = 1};
    struct hum_module *module;
    struct hum_kernel *kernel;

    check(hum_module_load(hum, device, "flow_memory", &module));
    check(hum_kernel_get(module, name, &kernel));
    check(hum_launch(hum_stream(hum, device), kernel, n, &args, sizeof args));
    check(hum_wait(hum, device));
}

static void one_round(uint64_t *const page[PAGES])
{
    volatile uint64_t *host = page[9];

    run(0, "add", page[0], LINE);
    run(1, "add", page[0] + WORDS - LINE, LINE);
    run(0, "add", page[1], WORDS);
    run(0, "add", page[2], LINE);
    run(1, "add", page[2], LINE);
    run(1, "add", page[3], WORDS);
    run(0, "add", page[4], LINE);
    page[4][WORDS - 1]++;
    run(1, "add", page[5], WORDS);
    run(0, "fill", page[6], LINE);
    run(1, "read_words", page[6], LINE);
    run(0, "add", page[7], LINE);
    run(1, "add", page[7] + WORDS - LINE, LINE);
    run(0, "add", page[8], WORDS);
    page[8][WORDS - 1]++;
    (*host)++;
}

int main(void)
{
    uint64_t *words, *page[PAGES];

    check(hum_open(NULL, &hum));
    check(hum_alloc(hum, PAGES * HUM_PAGE_SIZE, HUM_ALLOC_OWN_BLOCKS, (void **)&words));
    check(hum_name(hum, words, "parts"));
    for (unsigned i = 0; i < PAGES; i++)
        page[i] = words + i * WORDS;
    run(0, "fill", page[7], WORDS);
    run(0, "fill", page[5], WORDS);
    for (unsigned round = 0; round < ROUNDS; round++)
        one_round(page);
    printf("%p\n", (void *)words);
    hum_close(hum);
    return 0;
}
