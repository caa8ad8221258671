/* SPDX-License-Identifier: MIT */
/*
 * ptx_results.c - the kernels that no sample runs, in PTX and in their native form on the same
 * bytes, for grids and turns of threads at random.  The others are in tests/samples (cuda_double).
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hum/kernel.h>

#include "support/ptx/ptx.h"
#include "support/random.h"
#include "support/test.h"
#include "touch.h"
#include "words.h"

#define PAGES 40
#define WORDS (PAGES * TOUCH_PAGE_BYTES / 8)

/* What a kernel may change, for each of the two. */
struct memory {
    uint64_t words[WORDS], sum;
};

static struct memory native, ptx;
static uint64_t pages[PAGES];
static struct random dice;
static char why[256];

static struct ptx_module *module_in_ptx(const char *name)
{
    static char text[1 << 20];
    char path[4096];

    snprintf(path, sizeof path, KERNEL_FOLDER "/%s.ptx", name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    struct ptx_module *module = ptx_parse(text, why, sizeof why);
    if (!module)
        fail_msg("%s: %s", path, why);
    return module;
}

static void run_native(const char *module, const char *kernel, const void *args)
{
    struct hum_place whole = {.parts = 1, .groups = {1, 1, 1}, .items = {1, 1, 1},
                              .items_total = 1};
    char path[4096], symbol[96];

    snprintf(path, sizeof path, KERNEL_FOLDER "/%s.so", module);
    snprintf(symbol, sizeof symbol, "hum_kernel_%s", kernel);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct hum_kernel_entry *entry = library ? dlsym(library, symbol) : NULL;
    if (!entry)
        fail_msg("%s", dlerror());
    entry->run(args, &whole);
    dlclose(library);
}

static void run_ptx(const char *module, const char *kernel, const void *args)
{
    struct ptx_module *m = module_in_ptx(module);
    struct ptx_launch launch = {
        .grid = {1 + (unsigned)random_below(&dice, 9), 1, 1},
        .block = {1 + (unsigned)random_below(&dice, 40), 1, 1},
        .args = args,
        .seed = random_below(&dice, 3),
    };

    if (!ptx_run(ptx_find(m, kernel), &launch, why, sizeof why))
        fail_msg("%s", why);
    ptx_free(m);
}

/* The same words for both, and pages in any order. */
static void shuffle(void)
{
    for (size_t i = 0; i < WORDS; i++)
        native.words[i] = random_next(&dice);
    native.sum = random_next(&dice);
    for (size_t i = 0; i < PAGES; i++)
        pages[i] = i;
    for (size_t i = PAGES - 1; i > 0; i--) {
        size_t other = random_below(&dice, i + 1);
        uint64_t page = pages[i];
        pages[i] = pages[other];
        pages[other] = page;
    }
    ptx = native;
}

/* `args` names the argument block over struct memory *m, `n` of something. */
#define BOTH(module, kernel, type, most, ...)                                                      \
    do {                                                                                           \
        size_t n = random_below(&dice, (most) + 1);                                           \
        struct memory *m = &native;                                                                \
        shuffle();                                                                                 \
        run_native(module, kernel, &(struct type)__VA_ARGS__);                                     \
        m = &ptx;                                                                                  \
        run_ptx(module, kernel, &(struct type)__VA_ARGS__);                                        \
        if (memcmp(&native, &ptx, sizeof native))                                                  \
            fail_msg("%s of %zu: another result in PTX", kernel, n);                               \
    } while (0)

static void words_become_the_same(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        BOTH("words", "fill", fill_args, WORDS, {m->words, n, 77 + n});
        BOTH("words", "increment", increment_args, WORDS, {m->words, n});
        BOTH("words", "sum", sum_args, WORDS, {m->words, n, &m->sum});
    }
}

static void pages_are_touched_the_same(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        BOTH("touch", "touch_read", touch_args, PAGES, {m->words, pages, n, &m->sum, 0});
        BOTH("touch", "touch_write", touch_args, PAGES, {m->words, pages, n, NULL, 5 + n});
        BOTH("touch", "own", own_args, PAGES, {m->words, n});
    }
}

static void nothing_is_nothing(void **state)
{
    (void)state;
    shuffle();
    run_ptx("empty", "empty", "");
    assert_memory_equal(&native, &ptx, sizeof native);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_become_the_same),
        cmocka_unit_test(pages_are_touched_the_same),
        cmocka_unit_test(nothing_is_nothing),
    };

    dice = random_make(random_seed("ptx_results"), 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
