/* SPDX-License-Identifier: MIT */
/*
 * ptx_text.c - what the PTX of each portable kernel says of itself, against its native form and
 * against what runtime/device/cuda passes: one parameter, the argument block by value.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hum/kernel.h>

#include "support/test.h"

static const char *const modules[] = {KERNEL_NAMES};

#define MODULES (sizeof modules / sizeof modules[0])

/* A text file of the folder of kernels; "" if there is none. */
static char *contents(const char *name, const char *ending)
{
    char path[4096];
    char *text = NULL;
    long bytes = 0;

    snprintf(path, sizeof path, KERNEL_FOLDER "/%s%s", name, ending);
    FILE *file = fopen(path, "re");
    if (file && fseek(file, 0, SEEK_END) == 0 && (bytes = ftell(file)) >= 0)
        text = calloc(1, (size_t)bytes + 1);
    else
        bytes = 0;
    if (file && text) {
        rewind(file);
        text[fread(text, 1, (size_t)bytes, file)] = '\0';
    }
    if (file)
        fclose(file);
    return text ? text : calloc(1, 1);
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;

    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

/* The number behind the words, -1: they are not there. */
static long number_behind(const char *text, const char *words)
{
    const char *at = strstr(text, words);

    return at ? strtol(at + strlen(words), NULL, 10) : -1;
}

static void it_is_for_every_device_that_can_run_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODULES; i++) {
        char *text = contents(modules[i], ".ptx");
        bool atomics = strstr(text, "atom.sys") != NULL;

        if (number_behind(text, ".version ") != 6 || number_behind(text, ".address_size ") != 64 ||
            number_behind(text, ".target sm_") != (atomics ? 60 : 35))
            fail_msg("%s.ptx: %.80s", modules[i], text);
        free(text);
    }
}

/* Nothing that a device would have to be given, no calls, no memory for each thread. */
static void it_needs_nothing_from_elsewhere(void **state)
{
    static const char *const refused[] = {".func", "call", ".local", ".global .", ".const ",
                                          ".tex", "vprintf", "trap", ".fma.", "fma.", "mad.f",
                                          ".approx", ".ftz", ".full"};

    (void)state;
    for (size_t i = 0; i < MODULES; i++) {
        char *text = contents(modules[i], ".ptx");
        unsigned shares = strstr(text, "hum_local_bytes") ? 1 : 0;

        for (size_t r = 0; r < sizeof refused / sizeof refused[0]; r++)
            if (strstr(text, refused[r]))
                fail_msg("%s.ptx has '%s'", modules[i], refused[r]);
        if (count(text, ".extern") != shares ||
            count(text, ".extern .shared .align 64 .b8 hum_local_bytes[];") != shares)
            fail_msg("%s.ptx: what it finds elsewhere", modules[i]);
        free(text);
    }
}

/* The entry at `.entry `: its one parameter is as large as the native kernel's argument block. */
static void check_entry(const char *module, void *native, const char *at)
{
    char name[64] = "", parameter[80], symbol[96];
    unsigned align = 0, bytes = 0;
    int length = 0;

    assert_int_equal(sscanf(at, ".entry %63[a-z0-9A-Z_](\n\t.param .align %u .b8 "
                                "%79[a-z0-9A-Z_][%u]\n)%n",
                            name, &align, parameter, &bytes, &length), 4);
    if (length == 0)
        fail_msg("%s.ptx: kernel %s has more than one parameter", module, name);
    snprintf(symbol, sizeof symbol, "hum_kernel_%s", name);
    const struct hum_kernel_entry *entry = dlsym(native, symbol);
    if (!entry)
        fail_msg("%s.ptx has a kernel %s, which %s.so has not", module, name, module);
    if (entry->args_bytes != bytes || align > 16)
        fail_msg("%s: %u bytes, aligned to %u, but the native form has %u", name, bytes, align,
                 entry->args_bytes);
}

static void each_kernel_takes_the_argument_block_of_its_native_form(void **state)
{
    unsigned kernels = 0;

    (void)state;
    for (size_t i = 0; i < MODULES; i++) {
        char path[4096];
        char *text = contents(modules[i], ".ptx"), *opencl = contents(modules[i], ".cl");
        const char *at = text;

        snprintf(path, sizeof path, KERNEL_FOLDER "/%s.so", modules[i]);
        void *native = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (!native)
            fail_msg("%s", dlerror());
        for (; (at = strstr(at, ".entry ")); at++, kernels++)
            check_entry(modules[i], native, at);
        if (count(text, ".visible .entry ") != count(opencl, "hum_args_") ||
            count(text, ".entry ") != count(opencl, "hum_args_"))
            fail_msg("%s.ptx and %s.cl have not as many kernels", modules[i], modules[i]);
        dlclose(native);
        free(opencl);
        free(text);
    }
    assert_true(kernels >= MODULES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_for_every_device_that_can_run_it),
        cmocka_unit_test(it_needs_nothing_from_elsewhere),
        cmocka_unit_test(each_kernel_takes_the_argument_block_of_its_native_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
