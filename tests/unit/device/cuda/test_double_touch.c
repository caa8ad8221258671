/* SPDX-License-Identifier: MIT */
/*
 * test_double_touch.c - the double of a device without concurrent managed access: what the host may
 * touch while a kernel may run.
 *
 * Each story is a process of its own, because a wrong touch is fatal; this one never loads the
 * double, so that there are no threads when it forks.
 */
#include "double_world.h"

#include <unistd.h>

#include "support/child.h"

struct story {
    bool synchronise; /* before the touch */
    unsigned attach;
};

static void touch_while_a_kernel_may_run(void *context)
{
    const struct story *story = context;
    humi_cu_ptr ptr, other;

    cuda_double_open_context(&d, "concurrent=0");
    assert_ok(d.cu.cuMemAllocManaged(&ptr, 4096, story->attach));
    assert_ok(d.cu.cuMemAllocManaged(&other, 4096, HUMI_CU_MEM_ATTACH_GLOBAL));
    int32_t *words = (int32_t *)(uintptr_t)ptr;
    words[0] = 1; /* nothing runs: the host may */
    struct add_args args = {(int32_t *)(uintptr_t)other, 1, 1};
    d.hold(true);
    assert_ok(launch(kernel("add"), 1, 1, 0, NULL, &args));
    if (story->synchronise) {
        d.hold(false);
        assert_ok(d.cu.cuCtxSynchronize());
    }
    words[0]++; /* the kernel does not even use it */
    _exit(words[0] == 2 ? 0 : 3);
}

static void a_touch_while_a_kernel_may_run_is_fatal(void **state)
{
    struct story story = {false, HUMI_CU_MEM_ATTACH_GLOBAL};
    struct child child;

    (void)state;
    assert_true(child_run(touch_while_a_kernel_may_run, &story, &child));
    assert_false(child.exited && child.code == 0);
    assert_non_null(strstr(child.text, "without concurrent access"));
}

static void a_touch_after_waiting_is_not(void **state)
{
    struct story waits = {true, HUMI_CU_MEM_ATTACH_GLOBAL};
    struct story hosts = {false, HUMI_CU_MEM_ATTACH_HOST};
    struct child child;

    (void)state;
    assert_true(child_run(touch_while_a_kernel_may_run, &waits, &child));
    assert_true(child.exited);
    assert_int_equal(child.code, 0);
    assert_true(child_run(touch_while_a_kernel_may_run, &hosts, &child));
    assert_true(child.exited);
    assert_int_equal(child.code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_touch_while_a_kernel_may_run_is_fatal),
        cmocka_unit_test(a_touch_after_waiting_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
