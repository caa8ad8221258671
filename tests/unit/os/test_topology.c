/* SPDX-License-Identifier: MIT */
#include <sched.h>
#include <unistd.h>

#include "os/topology.h"
#include "support/child.h"
#include "support/test.h"

static void the_machine_has_what_it_runs_on(void **state)
{
    struct humi_topology t;
    uint64_t nodes_bytes = 0;

    (void)state;
    humi_topology_get(&t);
    assert_true(t.cores >= 1 && t.threads >= t.cores && t.packages >= 1);
    assert_true(t.memory_bytes >= (uint64_t)64 << 20);
    assert_true(humi_topology_memory_available() <= t.memory_bytes);
    assert_true(humi_topology_memory_available() > 0);
    for (unsigned i = 0; i < t.nodes && i < HUMI_TOPOLOGY_NODES_MAX; i++)
        nodes_bytes += t.node[i].bytes;
    assert_true(nodes_bytes <= t.memory_bytes);
    for (unsigned i = 0; i < t.caches; i++)
        assert_true(t.cache[i].level >= 1 && t.cache[i].count >= 1 && t.cache[i].bytes > 0);
}

static void bound_to_one_processor(void *context)
{
    struct humi_topology t;
    cpu_set_t set;

    (void)context;
    CPU_ZERO(&set);
    CPU_SET((size_t)sched_getcpu(), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        _exit(1);
    humi_topology_get(&t);
    _exit(t.threads == 1 && t.cores == 1 ? 0 : 2);
}

static void only_what_the_process_may_use_counts(void **state)
{
    struct child child;

    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* it has a thread of its own, which is not bound */
#endif
    assert_true(child_run(bound_to_one_processor, NULL, &child));
    assert_true(child.exited);
    assert_int_equal(child.code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_the_process_may_use_counts), /* first: nothing is kept yet */
        cmocka_unit_test(the_machine_has_what_it_runs_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
