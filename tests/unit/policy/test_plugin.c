/* SPDX-License-Identifier: MIT */
/*
 * test_plugin.c - plug-ins loaded by their path: what is refused and with which words, what a text
 * with one in it means, and that each is loaded once.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy/compose.h"
#include "policy/plugin.h"
#include "support/test.h"

#define GOOD TEST_PLUGINS "/good.so"
#define HOSTILE TEST_PLUGINS "/hostile.so"

static enum hum_status read_text(const char *text, struct humi_policy *policy)
{
    return humi_policy_read("HUM_POLICY", humi_slice_of(text), policy);
}

static void assert_refused(const char *text, const char *word)
{
    struct humi_policy policy;

    if (read_text(text, &policy) != HUM_ERR_INVALID)
        fail_msg("'%s' is not refused", text);
    if (strncmp(hum_error_text(), "HUM_POLICY: ", 12) != 0 || !strstr(hum_error_text(), word))
        fail_msg("'%s': no '%s' in: %s", text, word, hum_error_text());
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void plugins_that_break_limits_are_refused(void **state)
{
    static const char *const cases[][2] = {
        {"no_symbol", "must define 'const struct hum_policy hum_policy_plugin'"},
        {"version", "build it again with this hum's header"},
        {"struct_size", "build it again with this hum's header"},
        {"policy_name", "it has no name"},
        {"part_name", "its prefetch part has no name"},
        {"part_no_name", "its prefetch part has no name"},
        {"part_plan", "its prefetch part 'mine' has no plan function"},
        {"number_name", "has a number 0 whose name"},
        {"number_range", "a number 'size' that is 5 at first, which is not from 6 to 7"},
        {"number_twice", "has two numbers 'size'"},
        {"number_table", "has no table of them"},
        {"number_count", "has more than 8 numbers"},
        {"memory_space", "more than 64 KiB"},
        {"memory_block", "more than 64 bytes a block"},
        {"evict_feed", "its evict part 'mine' wants to hear (feed) of what"},
        {"evict_renew", "has no renew function"},
        {"evict_victim", "needs all of bytes, init, arrive, leave and victim"},
        {"settings", "prefetch=mine has no number 'nothing'"},
        {"unresolved", "nobody_defines_this"},
    };

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        char path[512];
        snprintf(path, sizeof path, TEST_PLUGINS "/%s.so", cases[i][0]);
        assert_refused(path, cases[i][1]);
        assert_non_null(strstr(hum_error_text(), path));
        assert_null(humi_plugin_at(0)); /* this test comes first */
    }
}

static void what_is_no_plugin_is_refused(void **state)
{
    char folder[] = "/tmp/hum-plugin-XXXXXX", path[64], comma[64], link[400];

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_refused("./none.so", "there is no plug-in at './none.so': No such file");
    assert_refused("none.so", "there is no plug-in at 'none.so'");
    assert_refused("/", "is no file");
    assert_refused(folder, "is no file");
    snprintf(path, sizeof path, "%s/text.so", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("not a shared object\n", file);
    fclose(file);
    assert_refused(path, "cannot be loaded: ");
    snprintf(link, sizeof link, "ahead,prefetch=%s", path);
    assert_refused(link, "cannot be loaded: ");
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0); /* opening it would wait for ever */
    assert_refused(path, "is no file");
    unlink(path);
    snprintf(comma, sizeof comma, "%s/a,b.so", folder);
    assert_int_equal(symlink(GOOD, path), 0);
    assert_int_equal(rename(path, comma), 0);
    assert_refused(comma, "there is no plug-in at");
    unlink(comma);
    rmdir(folder);
}

enum { LOADED_BYTES = 12000 }; /* that every shared object loads at least */

/* Copy the beginning of a good one. */
static void copy_part(const char *path, size_t bytes)
{
    char part[LOADED_BYTES];
    FILE *from = fopen(GOOD, "r"), *to = fopen(path, "w");

    assert_non_null(from);
    assert_non_null(to);
    assert_int_equal(fread(part, 1, bytes, from), bytes);
    assert_int_equal(fwrite(part, 1, bytes, to), bytes);
    assert_int_equal(fclose(to), 0);
    fclose(from);
}

/* Their last pages are a bus error for who loads them without a look. */
static void plugins_cut_short_are_refused(void **state)
{
    char folder[] = "/tmp/hum-plugin-XXXXXX", path[64];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/cut.so", folder);
    for (size_t bytes = 0; bytes < LOADED_BYTES; bytes += 999) {
        copy_part(path, bytes);
        assert_refused(path, "cannot be loaded: ");
    }
    unlink(path);
    rmdir(folder);
}

static void paths_that_cannot_be_written_again_are_refused(void **state)
{
    char folder[] = "/tmp/hum-plugin-XXXXXX", odd[64], text[64], deep[400];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(odd, sizeof odd, "%s/a,b", folder);
    snprintf(text, sizeof text, "%s/link.so", folder);
    FILE *file = fopen(odd, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(symlink(odd, text), 0);
    assert_refused(text, "give it another name");
    unlink(text);
    unlink(odd);
    snprintf(deep, sizeof deep, "%s/%0240d.so", folder, 1);
    file = fopen(deep, "w");
    assert_non_null(file);
    fclose(file);
    assert_refused(deep, "put it nearer to the root");
    unlink(deep);
    rmdir(folder);
}

/* ---- texts ----------------------------------------------------------------------------------- */

static void texts_become_canonical(void **state)
{
    static const char *const pairs[][2] = {
        {GOOD, GOOD},
        {"./good.so", GOOD},
        {"good.so", GOOD},
        {"../plugins/good.so", GOOD},
        {GOOD ",prefetch.size=4", GOOD},
        {GOOD ",prefetch.size=3", GOOD ",prefetch.size=3"},
        {GOOD ",prefetch.other=7", GOOD ",prefetch.other=7"},
        {" ./good.so , evict=lru", "place=intent,prefetch=" GOOD ",thrash=off,evict=lru,"
                                   "prefetch.size=4"},
        {"evict=./good.so", "place=intent,prefetch=ahead,thrash=off,evict=" GOOD},
        {"prefetch=./good.so,evict=./good.so", GOOD ",prefetch.size=3"},
        {"prefetch=./good.so,evict=./hostile.so",
         "place=intent,prefetch=" GOOD ",thrash=off,evict=" HOSTILE},
        {"./good.so,evict=./hostile.so,evict.how=3",
         "place=intent,prefetch=" GOOD ",thrash=off,evict=" HOSTILE ",prefetch.size=4,evict.how=3"},
        {"./good.so,prefetch=ahead,evict=quarters", "ahead"},
        {"driver", "driver"},
    };

    (void)state;
    assert_int_equal(chdir(TEST_PLUGINS), 0);
    for (unsigned i = 0; i < COUNT_OF(pairs); i++) {
        struct humi_policy policy, again;
        char text[HUMI_POLICY_TEXT_MAX], twice[HUMI_POLICY_TEXT_MAX];
        if (read_text(pairs[i][0], &policy) != HUM_OK)
            fail_msg("'%s': %s", pairs[i][0], hum_error_text());
        humi_policy_text(&policy, text, sizeof text);
        assert_string_equal(text, pairs[i][1]);
        assert_int_equal(humi_plugin_in(text), strchr(text, '/') != NULL);
        assert_int_equal(read_text(text, &again), HUM_OK);
        humi_policy_text(&again, twice, sizeof twice);
        assert_string_equal(text, twice);
        assert_true(humi_policy_same_parts(&policy, &again));
        assert_memory_equal(policy.tunables, again.tunables, sizeof policy.tunables);
    }
}

static void wrong_texts_are_refused(void **state)
{
    (void)state;
    assert_refused("evict=lru," GOOD, "a policy's name stands first");
    assert_refused("place=" GOOD, "has no place part");
    assert_refused(GOOD ",prefetch.size=10", "prefetch.size is a whole number from 1 to 9, not");
    assert_refused(GOOD ",prefetch.size=0", "prefetch.size is a whole number from 1 to 9, not '0'");
    assert_refused(GOOD ",prefetch.width=1", "known are size, other");
    assert_refused("prefetch=" GOOD ",prefetch=" GOOD, "given twice");
}

static void texts_with_plugins_are_known(void **state)
{
    static const char *const with[] = {"x.so", "./x", "ahead,prefetch=x.so", "ahead;region:a=./x",
                                       "ahead;region:a=prefetch=/x/y,prefetch.size=3"};
    static const char *const without[] = {"", "ahead", "driver,evict=lru", "so", ".so", ",;=",
                                          "ahead;region:x.sorted=tree"};

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(with); i++)
        assert_true(humi_plugin_in(with[i]));
    for (unsigned i = 0; i < COUNT_OF(without); i++)
        assert_false(humi_plugin_in(without[i]));
}

/* ---- once ------------------------------------------------------------------------------------ */

static void *load_it(void *path)
{
    struct humi_slice word = humi_slice_of(path);
    const struct humi_plugin *plugin = NULL;
    return humi_plugin_load("test", &word, &plugin) == HUM_OK ? (void *)(uintptr_t)plugin : NULL;
}

static unsigned count_of(const char *path)
{
    const struct humi_plugin *plugin;
    unsigned count = 0;
    for (unsigned i = 0; (plugin = humi_plugin_at(i)); i++)
        count += strcmp(plugin->path, path) == 0;
    return count;
}

static void many_threads_load_it_once(void **state)
{
    static char again[] = TEST_PLUGINS "/huge_state.so", link[] = TEST_PLUGINS "/link.so";
    pthread_t threads[16];
    void *loaded[COUNT_OF(threads)];

    (void)state;
    unlink(link);
    assert_int_equal(symlink("huge_state.so", link), 0);
    for (unsigned i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, load_it, i % 2 ? again : link), 0);
    for (unsigned i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], &loaded[i]);
    unlink(link);
    for (unsigned i = 0; i < COUNT_OF(threads); i++) {
        assert_non_null(loaded[i]);
        assert_ptr_equal(loaded[i], loaded[0]);
    }
    assert_int_equal(count_of(again), 1);
    assert_int_equal(count_of(GOOD), 1);
    assert_null(humi_plugin_at(1000));
}

/* ---- a program with more rights than its user ------------------------------------------------ */

#define NOT_PRIVILEGED 3

/* What the copy of this program does. */
static int privileged(void)
{
    struct humi_option option = humi_option_find("HUM_POLICY", NULL);
    if (!getauxval(AT_SECURE))
        return NOT_PRIVILEGED;
    return humi_option_is_set(&option) ? 1 : 0;
}

static void a_privileged_program_takes_none_from_the_environment(void **state)
{
    char folder[] = "/tmp/hum-plugin-XXXXXX", command[1024];

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof command,
             "chmod 755 %s && cp /proc/%d/exe %s/copy && chown 65534 %s/copy && chmod 4755 %s/copy "
             "&& HUM_POLICY=" GOOD " %s/copy privileged",
             folder, (int)getpid(), folder, folder, folder, folder);
    int status = system(command);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_PRIVILEGED)
        skip(); /* a file system without such rights */
    assert_int_equal(status, 0);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plugins_that_break_limits_are_refused),
        cmocka_unit_test(what_is_no_plugin_is_refused),
        cmocka_unit_test(plugins_cut_short_are_refused),
        cmocka_unit_test(paths_that_cannot_be_written_again_are_refused),
        cmocka_unit_test(texts_become_canonical),
        cmocka_unit_test(wrong_texts_are_refused),
        cmocka_unit_test(texts_with_plugins_are_known),
        cmocka_unit_test(many_threads_load_it_once),
        cmocka_unit_test(a_privileged_program_takes_none_from_the_environment),
    };

    if (argc == 2 && strcmp(argv[1], "privileged") == 0)
        _exit(privileged()); /* no check for leaks: it may not trace itself */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
