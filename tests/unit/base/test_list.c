/* SPDX-License-Identifier: MIT */
/* test_list.c - order of links, and links that know whether they are linked. */
#include "base/list.h"
#include "support/test.h"

struct item {
    int value;
    struct humi_link link;
};

static struct item items[4];

static int reset(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        items[i].value = i;
        humi_link_init(&items[i].link);
    }
    return 0;
}

/* The values in the list as the digits of a number, "1, 2, 3" as 123. */
static int digits(const struct humi_list *list)
{
    int number = 0;

    humi_list_each (link, list)
        number = number * 10 + humi_container_of(link, struct item, link)->value;
    return number;
}

static void empty_list_has_no_first(void **state)
{
    struct humi_list list;

    (void)state;
    humi_list_init(&list);
    assert_true(humi_list_is_empty(&list));
    assert_null(humi_list_first(&list));
    assert_null(humi_list_pop_front(&list));
    assert_int_equal(digits(&list), 0);
}

static void pushed_links_stand_in_order(void **state)
{
    struct humi_list list;

    (void)state;
    humi_list_init(&list);
    humi_list_push_back(&list, &items[2].link);
    humi_list_push_back(&list, &items[3].link);
    humi_list_push_front(&list, &items[1].link);
    assert_int_equal(digits(&list), 123);
    assert_ptr_equal(humi_list_first(&list), &items[1].link);
    humi_list_move_back(&list, &items[1].link);
    assert_int_equal(digits(&list), 231);
    assert_ptr_equal(humi_list_pop_front(&list), &items[2].link);
    assert_int_equal(digits(&list), 31);
}

static void removed_link_is_not_linked_and_may_be_removed_again(void **state)
{
    struct humi_list list;

    (void)state;
    humi_list_init(&list);
    assert_false(humi_link_is_linked(&items[1].link));
    humi_list_push_back(&list, &items[1].link);
    humi_list_push_back(&list, &items[2].link);
    assert_true(humi_link_is_linked(&items[1].link));
    humi_list_remove(&items[1].link);
    assert_false(humi_link_is_linked(&items[1].link));
    humi_list_remove(&items[1].link);
    assert_int_equal(digits(&list), 2);
}

static void safe_walk_survives_removal_of_each(void **state)
{
    struct humi_list list;
    int seen = 0;

    (void)state;
    humi_list_init(&list);
    for (int i = 1; i < 4; i++)
        humi_list_push_back(&list, &items[i].link);
    humi_list_each_safe (link, &list) {
        seen = seen * 10 + humi_container_of(link, struct item, link)->value;
        humi_list_remove(link);
    }
    assert_int_equal(seen, 123);
    assert_true(humi_list_is_empty(&list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(empty_list_has_no_first, reset),
        cmocka_unit_test_setup(pushed_links_stand_in_order, reset),
        cmocka_unit_test_setup(removed_link_is_not_linked_and_may_be_removed_again, reset),
        cmocka_unit_test_setup(safe_walk_survives_removal_of_each, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
