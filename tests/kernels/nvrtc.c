/* SPDX-License-Identifier: MIT */
/*
 * nvrtc.c - the portable kernels as CUDA C++, compiled by NVIDIA's own compiler through hum's table
 * of its functions.  Skipped where there is none: it comes with CUDA's toolkit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/cuda/nvrtc.h"
#include "support/test.h"

static const char *const modules[] = {KERNEL_NAMES};

#define MODULES (sizeof modules / sizeof modules[0])

static char *contents(const char *name, const char *ending)
{
    char path[4096];
    char *text = calloc(1, 1 << 20);

    assert_non_null(text);
    snprintf(path, sizeof path, KERNEL_FOLDER "/%s%s", name, ending);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    text[fread(text, 1, (1 << 20) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void it_compiles_every_portable_kernel(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODULES; i++) {
        char *source = contents(modules[i], ".cu"), *ptx = NULL;
        if (humi_nvrtc_compile(source, modules[i], 75, &ptx) != HUM_OK)
            fail_msg("%s", hum_error_text());
        assert_non_null(strstr(ptx, ".target sm_75"));
        if (strstr(ptx, ".func") || strstr(ptx, "fma."))
            fail_msg("%s: a call, or something was fused", modules[i]);
        free(ptx);
        free(source);
    }
}

static void what_it_says_is_in_the_error_text(void **state)
{
    char *ptx = NULL;

    (void)state;
    assert_int_equal(
        humi_nvrtc_compile("\n__device__ int f() { return nothing; }\n", "my.cu", 75, &ptx),
        HUM_ERR_MODULE);
    assert_null(ptx);
    if (!strstr(hum_error_text(), "my.cu(2)") || !strstr(hum_error_text(), "nothing"))
        fail_msg("%s", hum_error_text());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_compiles_every_portable_kernel),
        cmocka_unit_test(what_it_says_is_in_the_error_text),
    };
    char *ptx = NULL;

    if (humi_nvrtc_compile("", "nothing.cu", 75, &ptx) == HUM_ERR_UNSUPPORTED) {
        printf("skipped: %s\n", hum_error_text());
        return 77;
    }
    free(ptx);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
