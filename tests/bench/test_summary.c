/* SPDX-License-Identifier: MIT */
/*
 * test_summary.c - what the runtime writes is what the command reads, and what is no summary is
 * left out with a reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "command/summary_file.h"
#include "core/summary.h"
#include "fake_space.h"

static char path[] = "/tmp/hum-test-summary-XXXXXX";

static int make_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    if (fd < 0)
        return -1;
    close(fd);
    setenv(HUMI_SUMMARY_ENV, path, 1);
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static int empty_file(void **state)
{
    (void)state;
    return truncate(path, 0);
}

static void put(const void *text, size_t bytes)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, bytes, out), bytes);
    assert_int_equal(fclose(out), 0);
}

/* ---- writer and reader ---------------------------------------------------------------------- */

static struct hum_region_info region(uintptr_t ptr, const char *name, uint64_t h2d)
{
    struct hum_region_info info = {.ptr = (void *)ptr, .bytes = 4096};

    snprintf(info.name, sizeof(info.name), "%s", name);
    info.counters.bytes[HUM_H2D] = h2d;
    info.counters.service_ns = 5;
    return info;
}

static void a_section_reads_back_as_it_was_written(void **state)
{
    struct hum_region_info regions[2] = {region(0x10000, "first", 7),
                                         region(0x20000, "odd = name\n%", 9)};
    struct hum space = {.region = regions, .regions = 2};
    struct summary_file file;
    const struct summary_section *s;

    (void)state;
    space.stats.devices = 1;
    space.stats.launches = 3;
    space.stats.sample_ppm = 20000;
    space.stats.samples_taken = 9;
    space.stats.samples_touched = 8;
    space.stats.sample_ns = 77;
    space.stats.told_thrashed = 3;
    space.stats.told_throttled = 4;
    space.stats.told_throttled_ns = 5;
    space.stats.told_dropped = 6;
    space.stats.total.faults_device = UINT64_MAX;
    space.stats.total.bytes[HUM_D2H] = 11;
    space.stats.total.events[HUM_CAUSE_UPGRADE] = 2;
    humi_summary_write(&space, path);
    assert_int_equal(summary_file_read(path, &file), 0);
    assert_int_equal(file.damaged, 0);
    assert_int_equal(file.count, 1);
    s = &file.section[0];
    assert_int_equal(s->pid, getpid());
    assert_string_equal(s->policy, "ahead");
    assert_int_equal(s->launches, 3);
    assert_int_equal(s->sample_ppm, 20000);
    assert_int_equal(s->samples_taken, 9);
    assert_int_equal(s->samples_touched, 8);
    assert_int_equal(s->sample_ns, 77);
    assert_int_equal(s->told_thrashed, 3);
    assert_int_equal(s->told_throttled, 4);
    assert_int_equal(s->told_throttled_ns, 5);
    assert_int_equal(s->told_dropped, 6);
    assert_int_equal(s->violations, 7);
    assert_true(s->total.faults_device == UINT64_MAX);
    assert_int_equal(s->total.bytes_d2h, 11);
    assert_int_equal(s->devices, 1);
    assert_string_equal(s->device[0].name, "emu0");
    assert_int_equal(s->causes, 1);
    assert_string_equal(s->cause[0].name, "write upgrade");
    assert_int_equal(s->regions, 2);
    assert_string_equal(s->region[0].name, "first");
    assert_int_equal(s->region[0].counters.bytes_h2d, 7);
    assert_int_equal(s->region[0].counters.service_ns, 5);
    assert_string_equal(s->region[1].name, "odd = name?%");
    summary_file_free(&file);
}

static void sections_of_several_spaces_follow_each_other(void **state)
{
    struct hum a = {.regions = 0}, b = {.regions = 0};
    struct summary_file file;

    (void)state;
    a.stats.launches = 1;
    b.stats.launches = 2;
    humi_summary_write(&a, path);
    humi_summary_write(&b, path);
    assert_int_equal(summary_file_read(path, &file), 0);
    assert_int_equal(file.count, 2);
    assert_int_equal(file.section[0].launches, 1);
    assert_int_equal(file.section[1].launches, 2);
    summary_file_free(&file);
}

static void freed_regions_are_kept_by_name_and_size(void **state)
{
    struct hum space = {.regions = 0};
    struct hum_region_info x = region(0x10000, "x", 3), y = region(0x10000, "y", 4);
    struct summary_file file;

    (void)state;
    humi_summary_freed(&space, &x);
    humi_summary_freed(&space, &x);
    humi_summary_freed(&space, &y);
    humi_summary_write(&space, path);
    humi_summary_write(&space, path); /* they are forgotten by now */
    assert_int_equal(summary_file_read(path, &file), 0);
    assert_int_equal(file.count, 2);
    assert_int_equal(file.section[0].regions, 2);
    assert_int_equal(file.section[0].region[0].regions, 2);
    assert_int_equal(file.section[0].region[0].bytes, 8192);
    assert_int_equal(file.section[0].region[0].counters.bytes_h2d, 6);
    assert_int_equal(file.section[0].region[0].live, 0);
    assert_int_equal(file.section[1].regions, 0);
    summary_file_free(&file);
}

static void of_many_regions_the_heaviest_are_listed_and_none_is_lost(void **state)
{
    enum { MANY = 1000 };
    struct hum_region_info *regions = calloc(MANY, sizeof(*regions));
    struct hum space = {.region = regions, .regions = MANY};
    struct summary_file file;
    uint64_t count = 0, bytes = 0, heaviest = 0;

    (void)state;
    assert_non_null(regions);
    for (unsigned i = 0; i < MANY; i++)
        regions[i] = region(0x10000 + i * (uintptr_t)4096, "", (i * 7919) % MANY);
    humi_summary_write(&space, path);
    assert_int_equal(summary_file_read(path, &file), 0);
    assert_int_equal(file.count, 1);
    assert_int_equal(file.section[0].regions, HUMI_SUMMARY_REGIONS + 1);
    for (unsigned i = 0; i < file.section[0].regions; i++) {
        const struct summary_region *r = &file.section[0].region[i];

        count += r->regions;
        bytes += r->counters.bytes_h2d;
        heaviest += r->regions == 1 && r->counters.bytes_h2d >= MANY - HUMI_SUMMARY_REGIONS;
    }
    assert_int_equal(count, MANY);
    assert_int_equal(bytes, MANY * (MANY - 1) / 2);
    assert_int_equal(heaviest, HUMI_SUMMARY_REGIONS);
    summary_file_free(&file);
    free(regions);
}

static void a_file_that_cannot_be_written_harms_nothing(void **state)
{
    struct hum space = {.regions = 0};

    (void)state;
    humi_summary_write(&space, "/nonexistent/folder/summary");
}

/* ---- what is no summary --------------------------------------------------------------------- */

#define GOOD "hum-summary 1\ntotal faults_host=1\nend\n"

static void hostile_files_lose_only_what_is_damaged(void **state)
{
    static const struct {
        const char *text;
        size_t sections, damaged;
        const char *reason; /* part of it */
    } cases[] = {
        {"", 0, 0, ""},
        {"hello\n", 0, 1, "not a summary"},
        {"hello\nworld\n" GOOD, 1, 1, "line 1"},
        {GOOD "hum-summary 1\ntotal faults_host=1\n", 1, 1, "cut off"},
        {GOOD "hum-summary 1\ntotal faults_ho", 1, 1, "cut off"},
        {"hum-summary 1\ntotal faults_host=1\n" GOOD, 1, 1, "cut off"},
        {"hum-summary 2\ntotal faults_host=1\nend\n" GOOD, 1, 1, "version 2"},
        {"hum-summary\nend\n" GOOD, 1, 1, "not a version"},
        {"hum-summary -1\nend\n", 0, 1, "not a version"},
        {"hum-summary 99999999999999999999999\nend\n", 0, 1, "not a version"},
        {"hum-summary 1\ntotal faults_host=18446744073709551615\nend\n", 1, 0, ""},
        {"hum-summary 1\ntotal faults_host=18446744073709551616\nend\n" GOOD, 1, 1, "2^64"},
        {"hum-summary 1\ntotal faults_host=-1\nend\n", 0, 1, "not a number"},
        {"hum-summary 1\ntotal faults_host=\nend\n", 0, 1, "not a number"},
        {"hum-summary 1\ntotal faults_host=1x\nend\n", 0, 1, "not a number"},
        {"hum-summary 1\ntotal faults_host\nend\n", 0, 1, "no value"},
        {"hum-summary 1\nend\n", 0, 1, "no totals"},
        {"hum-summary 1\ntotal\nfuture a=b\ncause later=1 events=2 name=x\nend\n", 1, 0, ""},
        {"hum-summary 1\ntotal later=x faults_host=1\nend\n", 1, 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct summary_file file;

        put(cases[i].text, strlen(cases[i].text));
        assert_int_equal(summary_file_read(path, &file), 0);
        if (file.count != cases[i].sections || file.damaged != cases[i].damaged ||
            !strstr(file.reason, cases[i].reason))
            fail_msg("case %zu: %zu sections, %zu damaged (%s)", i, file.count, file.damaged,
                     file.reason);
        summary_file_free(&file);
    }
}

static void long_lines_and_zero_bytes_damage_only_their_section(void **state)
{
    static char text[200000];
    static const char zero[] = "hum-summary 1\ntotal faults\0_host=1\nend\n" GOOD;
    struct summary_file file;
    int length = snprintf(text, sizeof(text), "hum-summary 1\ncause name=");

    (void)state;
    memset(text + length, 'x', 100000);
    snprintf(text + length + 100000, 1000, "\n%s", GOOD);
    put(text, strlen(text));
    assert_int_equal(summary_file_read(path, &file), 0);
    assert_int_equal(file.count, 1);
    assert_int_equal(file.damaged, 1);
    summary_file_free(&file);

    put(zero, sizeof(zero) - 1);
    assert_int_equal(summary_file_read(path, &file), 0);
    assert_int_equal(file.count, 1);
    assert_int_equal(file.damaged, 1);
    summary_file_free(&file);
}

static void more_records_than_there_is_room_for_are_refused(void **state)
{
    static const char *const words[] = {"region", "cause", "device"};

    (void)state;
    for (size_t w = 0; w < 3; w++) {
        struct summary_file file;
        FILE *out = fopen(path, "w");

        assert_non_null(out);
        fputs("hum-summary 1\ntotal\n", out);
        for (int i = 0; i < 200; i++)
            fprintf(out, "%s bytes=1\n", words[w]);
        fputs("end\n" GOOD, out);
        fclose(out);
        assert_int_equal(summary_file_read(path, &file), 0);
        assert_int_equal(file.count, 1);
        assert_int_equal(file.damaged, 1);
        assert_non_null(strstr(file.reason, "more than"));
        summary_file_free(&file);
    }
}

static void names_cannot_steer_a_terminal(void **state)
{
    static const char text[] = "hum-summary 1\ntotal\n"
                               "region name=%1B[2J\x1b[31m%0A%7F%zz%4\nend\n";
    struct summary_file file;

    (void)state;
    put(text, strlen(text));
    assert_int_equal(summary_file_read(path, &file), 0);
    assert_int_equal(file.count, 1);
    assert_string_equal(file.section[0].region[0].name, "?[2J?[31m??%zz%4");
    summary_file_free(&file);
}

static void every_cut_of_a_good_file_is_survived(void **state)
{
    struct hum_region_info regions[1] = {region(0x10000, "x", 7)};
    struct hum space = {.region = regions, .regions = 1};
    struct summary_file file;
    char text[4096];
    FILE *in;
    size_t bytes;

    (void)state;
    space.stats.devices = 1;
    humi_summary_write(&space, path);
    in = fopen(path, "r");
    assert_non_null(in);
    bytes = fread(text, 1, sizeof(text), in);
    fclose(in);
    for (size_t cut = 1; cut < bytes; cut++) {
        put(text, cut);
        assert_int_equal(summary_file_read(path, &file), 0);
        assert_int_equal(file.count, 0);
        assert_int_equal(file.damaged, 1);
        summary_file_free(&file);
    }
}

static void a_missing_file_is_an_error(void **state)
{
    struct summary_file file;

    (void)state;
    assert_int_not_equal(summary_file_read("/nonexistent/summary", &file), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_section_reads_back_as_it_was_written, empty_file),
        cmocka_unit_test_setup(sections_of_several_spaces_follow_each_other, empty_file),
        cmocka_unit_test_setup(freed_regions_are_kept_by_name_and_size, empty_file),
        cmocka_unit_test_setup(of_many_regions_the_heaviest_are_listed_and_none_is_lost,
                               empty_file),
        cmocka_unit_test(a_file_that_cannot_be_written_harms_nothing),
        cmocka_unit_test_setup(hostile_files_lose_only_what_is_damaged, empty_file),
        cmocka_unit_test_setup(long_lines_and_zero_bytes_damage_only_their_section, empty_file),
        cmocka_unit_test_setup(more_records_than_there_is_room_for_are_refused, empty_file),
        cmocka_unit_test_setup(names_cannot_steer_a_terminal, empty_file),
        cmocka_unit_test_setup(every_cut_of_a_good_file_is_survived, empty_file),
        cmocka_unit_test(a_missing_file_is_an_error),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
