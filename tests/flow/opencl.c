/* SPDX-License-Identifier: MIT */
/*
 * opencl.c - modules in OpenCL C: what is particular about them.  That they do what native ones do
 * is told by the other stories, which run again with FLOW_KERNELS=opencl.
 */
#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/module.h"
#include "flow/flow.h"

static struct hum *hum;

static int setup(void **state)
{
    (void)state;
    hum = flow_open(ONE_DEVICE, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hum_close(hum);
    return 0;
}

static struct hum_kernel *plain(const char *name)
{
    struct hum_module *module = NULL;
    struct hum_kernel *kernel = NULL;

    ok(hum_module_load(hum, 0, "plain.cl", &module));
    ok(hum_kernel_get(module, name, &kernel));
    return kernel;
}

/* The whole of a file that is not long. */
static const char *contents(const char *path)
{
    static char text[65536];
    FILE *file = fopen(path, "re");

    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* ---- building -------------------------------------------------------------------------------- */

static void what_the_compiler_says_reaches_the_user(void **state)
{
    char path[PATH_MAX] = "";
    struct hum_module *module = NULL;
    const char *at;

    (void)state;
    status_is(HUM_ERR_MODULE, hum_module_load(hum, 0, "broken.cl", &module));
    assert_non_null(strstr(hum_error_text(), "broken.cl"));
    assert_non_null(strstr(hum_error_text(), "nobody_declared_this_first"));
    at = strstr(hum_error_text(), "(all of it: ");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "(all of it: %4000[^)])", path), 1);
    assert_non_null(strstr(contents(path), "nobody_declared_this_eighth"));
    (void)plain("add_one"); /* and the device goes on */
}

static void kernels_that_are_not_there_are_not_found(void **state)
{
    struct hum_module *module = NULL;
    struct hum_kernel *kernel = NULL;

    (void)state;
    ok(hum_module_load(hum, 0, "plain.cl", &module));
    status_is(HUM_ERR_NOT_FOUND, hum_kernel_get(module, "no_such_kernel", &kernel));
    status_is(HUM_ERR_NOT_FOUND, hum_module_load(hum, 0, "no_such_module.cl", &module));
    assert_non_null(strstr(hum_error_text(), "no_such_module.cl"));
}

/* ---- structs by value ------------------------------------------------------------------------ */

struct pair {
    int a;
    double b;
};
struct wide {
    char tag[5];
    float weight[4] __attribute__((aligned(16)));
    struct pair inner;
};

static void run_structs(void)
{
    double *out = flow_alloc(hum, PAGE);
    struct {
        struct pair pair;
        double *out;
    } one = {{3, 0.25}, out};
    struct {
        char c;
        struct wide wide;
        short s;
        struct pair pair;
        double *out;
    } two = {1, {{0, 0, 0, 0, 20}, {0, 0, 0, 300}, {4000, 0.5}}, 5, {60, 0.125}, out};

    ok(hum_launch(hum_stream(hum, 0), plain("takes_a_struct"), 1, &one, sizeof one));
    ok(hum_wait(hum, 0));
    assert_true(*out == 3.25);
    ok(hum_launch(hum_stream(hum, 0), plain("takes_structs"), 1, &two, sizeof two));
    ok(hum_wait(hum, 0));
    assert_true(*out == 1 + 20 + 300 + 4000.5 + 5 + 60.125);
}

/* Also where pointers are buffers, and on the device in this process. */
static void structs_are_passed_by_value(void **state)
{
    static const char *const devices[] = {"opencl:0,mem=64M", "opencl:0,mem=64M,svm=off"};
    struct hum_options options = HUM_OPTIONS_INIT;

    (void)state;
    run_structs();
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        hum_close(hum);
        hum = NULL;
        options.devices = devices[i];
        ok(hum_open(&options, &hum));
        run_structs();
    }
}

/*
 * Kernels of a device in this process may follow a pointer to where the host has the space.  What
 * their launch holds would be waited for, for ever: it ends, and the device is given up.
 */
static void pointers_in_memory_are_found_out_in_this_process(void **state)
{
    enum { NODES = 1000 };
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum_module *module = NULL;
    struct hum_kernel *walk = NULL;
    struct flow_list args;

    (void)state;
    hum_close(hum);
    hum = NULL;
    options.devices = "opencl:0,mem=64M";
    ok(hum_open(&options, &hum));
    struct flow_node *nodes = flow_alloc(hum, NODES * sizeof *nodes);
    for (size_t i = 0; i < NODES; i++)
        nodes[i] = (struct flow_node){.next = i + 1 < NODES ? &nodes[i + 1] : NULL, .value = i};
    args = (struct flow_list){.head = nodes, .sum = flow_alloc(hum, PAGE)};
    ok(hum_module_load(hum, 0, "flow_memory.cl", &module));
    ok(hum_kernel_get(module, "walk", &walk));
    ok(hum_launch(hum_stream(hum, 0), walk, 1, &args, sizeof args));
    status_is(HUM_ERR_ILLEGAL_ADDRESS, hum_wait(hum, 0));
    assert_non_null(strstr(hum_error_text(), "kernel 'walk'"));
    assert_non_null(strstr(hum_error_text(), "at address"));
    nodes[1].value = 5; /* nobody is stuck */
    ok(hum_launch(hum_stream(hum, 0), walk, 1, &args, sizeof args));
    status_is(HUM_ERR_DEVICE_LOST, hum_wait(hum, 0));
}

/* A type whose size the compiler does not know either. */
static void images_as_arguments_are_refused(void **state)
{
    struct hum_module *module = NULL;
    struct hum_kernel *kernel = NULL;

    (void)state;
    ok(hum_module_load(hum, 0, "plain.cl", &module));
    status_is(HUM_ERR_UNSUPPORTED, hum_kernel_get(module, "takes_an_image", &kernel));
    assert_non_null(strstr(hum_error_text(), "takes_an_image"));
    assert_non_null(strstr(hum_error_text(), "argument 2"));
}

/* Without an implementation the text says what to install, and native kernels run. */
static void a_missing_implementation_is_said_with_its_packages(void **state)
{
    struct hum_module *module = NULL;
    struct hum *without;
    uint64_t *words;

    (void)state;
    assert_int_equal(setenv("OCL_ICD_VENDORS", "/nonexistent/", 1), 0);
    without = flow_open(ONE_DEVICE, NULL);
    assert_int_equal(unsetenv("OCL_ICD_VENDORS"), 0);
    for (unsigned i = 0; i < 2; i++) {
        status_is(HUM_ERR_UNSUPPORTED, hum_module_load(without, 0, "plain.cl", &module));
        assert_non_null(strstr(hum_error_text(), "apt-get install pocl-opencl-icd"));
    }
    words = flow_alloc(without, PAGE);
    flow_words(without, "fill", words, 10, 3);
    assert_int_equal(words[4], 7);
    hum_close(without);
}

/* Of each portable kernel there are two forms, with one argument block. */
static void every_portable_kernel_is_opencl_c_too(void **state)
{
    static const char *const names[] = {FLOW_KERNEL_NAMES};
    unsigned kernels = 0;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct hum_module *native = NULL, *opencl = NULL;
        char file[64];
        const char *at;

        snprintf(file, sizeof file, "%s.cl", names[i]);
        ok(hum_module_load(hum, 0, file, &opencl));
        ok(hum_module_load(hum, 0, names[i], &native));
        at = contents(opencl->path);
        while ((at = strstr(at, "hum_args_")) != NULL) {
            struct hum_kernel *one = NULL, *other = NULL;
            char name[64] = "";
            assert_int_equal(sscanf(at, "hum_args_%63[A-Za-z0-9_]", name), 1);
            ok(hum_kernel_get(native, name, &one));
            ok(hum_kernel_get(opencl, name, &other));
            assert_int_equal(one->args_bytes, other->args_bytes);
            kernels++;
            at++;
        }
    }
    assert_true(kernels >= sizeof names / sizeof names[0]);
}

/* ---- the cache ------------------------------------------------------------------------------- */

/* Files below the folder, and the sum of what tells that one was written again. */
static unsigned count_files(const char *folder, const char *end, uint64_t *stamp_out)
{
    DIR *dir = opendir(folder);
    unsigned count = 0;

    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        char path[PATH_MAX];
        struct stat info;
        size_t length = strlen(entry->d_name);
        if (entry->d_name[0] == '.' ||
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path ||
            lstat(path, &info) != 0)
            continue;
        if (S_ISDIR(info.st_mode))
            count += count_files(path, end, stamp_out);
        if (!S_ISREG(info.st_mode) || length < strlen(end) ||
            strcmp(entry->d_name + length - strlen(end), end) != 0)
            continue;
        *stamp_out += (uint64_t)info.st_ino + (uint64_t)info.st_mtim.tv_nsec;
        count++;
    }
    if (dir)
        closedir(dir);
    return count;
}

static void run_once(const char *cache)
{
    struct hum *fresh;
    uint64_t *words;

    setenv("HUM_CACHE_DIR", cache, 1);
    fresh = flow_open("emu:mem=64M,workers=2,kernels=opencl", NULL);
    words = flow_alloc(fresh, MIB);
    flow_words(fresh, "fill", words, MIB / sizeof *words, 5);
    assert_int_equal(words[100], 105);
    hum_close(fresh);
}

static void what_was_compiled_once_is_kept(void **state)
{
    char cache[] = "/tmp/hum-flow-cache.XXXXXX", command[64];
    const char *usual = getenv("HUM_CACHE_DIR");
    char *before = usual ? strdup(usual) : NULL;
    uint64_t first = 0, second = 0;
    unsigned files;

    (void)state;
    assert_non_null(mkdtemp(cache));
    unsetenv("POCL_CACHE_DIR");
    run_once(cache);
    files = count_files(cache, ".so", &first);
    assert_true(files > 0);
    run_once(cache);
    assert_int_equal(count_files(cache, ".so", &second), files);
    assert_int_equal(second, first);
    if (before)
        setenv("HUM_CACHE_DIR", before, 1);
    else
        unsetenv("HUM_CACHE_DIR");
    free(before);
    snprintf(command, sizeof command, "rm -rf %s", cache);
    assert_int_equal(system(command), 0);
}

/* ---- plain kernels --------------------------------------------------------------------------- */

static void arguments_are_a_struct_with_the_same_members(void **state)
{
    enum { COUNT = 64, GROUP = 16 };
    struct {
        unsigned char c;
        uint64_t *out;
        short s;
        float v[4] __attribute__((aligned(16)));
        const uint32_t *table;
        size_t scratch;
        double d;
    } args = {.c = 200, .s = -100, .v = {1, 2, 3, 77}, .d = 4000.0};
    struct hum_grid grid = {.dimensions = 1, .groups = {COUNT / GROUP}, .items = {GROUP}};
    uint32_t *table = flow_alloc(hum, PAGE);

    (void)state;
    for (uint32_t i = 0; i < 4; i++)
        table[i] = 10000 * i;
    args.out = flow_alloc(hum, COUNT * sizeof(uint64_t));
    args.table = table;
    args.scratch = GROUP * sizeof(uint32_t);
    ok(hum_launch_nd(hum_stream(hum, 0), plain("mixed"), &grid, &args, sizeof args));
    ok(hum_wait(hum, 0));
    for (unsigned i = 0; i < COUNT; i++)
        assert_int_equal(args.out[i], 200 - 100 + 6 + 10000 * (i % 4) + 4000 + (GROUP - i % GROUP));
    status_is(HUM_ERR_INVALID, hum_launch_nd(hum_stream(hum, 0), plain("mixed"), &grid, &args,
                                             sizeof args - 1));
}

static void work_items_know_where_they_are(void **state)
{
    struct hum_grid grid = {.dimensions = 2, .groups = {3, 4}, .items = {5, 2}};
    uint64_t *out = flow_alloc(hum, PAGE);

    (void)state;
    ok(hum_launch_nd(hum_stream(hum, 0), plain("places"), &grid, &out, sizeof out));
    ok(hum_wait(hum, 0));
    for (unsigned y = 0; y < 8; y++)
        for (unsigned x = 0; x < 15; x++)
            assert_int_equal(out[y * 15 + x], y / 2 * 1000 + x / 5 * 100 + y % 2 * 10 + x % 5);
}

static void barriers_and_local_memory_work(void **state)
{
    enum { GROUPS = 40, GROUP = 128 };
    struct {
        const uint64_t *in;
        uint64_t *sums;
        size_t part;
    } args = {.part = GROUP * sizeof(uint64_t)};
    struct hum_grid grid = {.dimensions = 1, .groups = {GROUPS}, .items = {GROUP}};
    uint64_t *in = flow_alloc(hum, GROUPS * GROUP * sizeof *in);

    (void)state;
    for (size_t i = 0; i < GROUPS * GROUP; i++)
        in[i] = i * i;
    args.in = in;
    args.sums = flow_alloc(hum, GROUPS * sizeof(uint64_t));
    ok(hum_launch_nd(hum_stream(hum, 0), plain("reduce"), &grid, &args, sizeof args));
    ok(hum_wait(hum, 0));
    for (size_t g = 0; g < GROUPS; g++) {
        uint64_t sum = 0;
        for (size_t i = g * GROUP; i < (g + 1) * GROUP; i++)
            sum += i * i;
        assert_int_equal(args.sums[g], sum);
    }
}

static void launches_of_both_kinds_share_the_device(void **state)
{
    enum { ROUNDS = 20, WORDS = 1000 };
    struct hum_stream *streams[2];
    struct hum_module *module = NULL;
    struct hum_kernel *portable = NULL, *own = plain("add_one");
    uint64_t *words[2];

    (void)state;
    ok(hum_module_load(hum, 0, "flow_memory.cl", &module));
    ok(hum_kernel_get(module, "add", &portable));
    for (unsigned i = 0; i < 2; i++) {
        ok(hum_stream_create(hum, 0, &streams[i]));
        words[i] = flow_alloc(hum, WORDS * sizeof(uint64_t));
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < 2; i++) {
            struct flow_words args = {words[i], WORDS, 1000};
            ok(hum_launch(streams[i], own, WORDS, &words[i], sizeof words[i]));
            ok(hum_launch(streams[i], portable, WORDS, &args, sizeof args));
        }
    }
    ok(hum_wait(hum, 0));
    for (unsigned i = 0; i < 2; i++)
        for (unsigned w = 0; w < WORDS; w++)
            assert_int_equal(words[i][w], ROUNDS * 1001);
}

/* ---- faults and failures --------------------------------------------------------------------- */

static void pages_come_by_fault_and_go_for_others(void **state)
{
    enum { BYTES = 24 << 20, WORDS = BYTES / 8 };
    struct hum *small = flow_open("emu:mem=8M,workers=2", NULL), *before = hum;
    uint64_t *words = flow_alloc(small, BYTES);
    struct hum_stats stats;

    (void)state;
    for (size_t i = 0; i < WORDS; i++)
        words[i] = i;
    hum = small;
    for (unsigned pass = 0; pass < 2; pass++) {
        ok(hum_launch(hum_stream(small, 0), plain("add_one"), WORDS, &words, sizeof words));
        ok(hum_wait(small, 0));
    }
    stats = flow_stats(small);
    hum = before;
    for (size_t i = 0; i < WORDS; i++)
        assert_int_equal(words[i], i + 2);
    assert_true(stats.total.faults_device > 0);
    hum_close(small);
}

static void a_wild_pointer_is_an_illegal_address_with_its_kernel(void **state)
{
    uint64_t *wild = (uint64_t *)(uintptr_t)0x123456789000, *words = flow_alloc(hum, PAGE);

    (void)state;
    words[5] = 40;
    for (unsigned round = 0; round < 2; round++) {
        ok(hum_launch(hum_stream(hum, 0), plain("plain_poke"), 1, &wild, sizeof wild));
        status_is(HUM_ERR_ILLEGAL_ADDRESS, hum_wait(hum, 0));
        assert_non_null(strstr(hum_error_text(), "plain_poke"));
        assert_non_null(strstr(hum_error_text(), "123456789000"));
        ok(hum_launch(hum_stream(hum, 0), plain("add_one"), 100, &words, sizeof words));
        ok(hum_wait(hum, 0));
    }
    assert_int_equal(words[5], 42);
    assert_true(flow_device(hum, 0).restarts >= 2);
}

/* The process is ended, and with it what else ran. */
static void others_in_flight_are_lost_with_a_crash(void **state)
{
    struct hum_module *module = NULL;
    struct hum_kernel *poke = NULL, *gate = NULL;
    struct hum_stream *stream = NULL;
    struct flow_poke bad = {.address = (uint64_t *)(uintptr_t)8};
    struct flow_gate waits = {.gate = flow_alloc(hum, PAGE), .until = 1};

    (void)state;
    ok(hum_module_load(hum, 0, "flow_memory.cl", &module));
    ok(hum_kernel_get(module, "gate", &gate));
    ok(hum_module_load(hum, 0, "flow_faulty.cl", &module));
    ok(hum_kernel_get(module, "poke", &poke));
    ok(hum_stream_create(hum, 0, &stream));
    ok(hum_launch(stream, gate, 1, &waits, sizeof waits));
    ok(hum_launch(hum_stream(hum, 0), poke, 1, &bad, sizeof bad));
    status_is(HUM_ERR_ILLEGAL_ADDRESS, hum_stream_wait(hum_stream(hum, 0)));
    assert_non_null(strstr(hum_error_text(), "poke"));
    status_is(HUM_ERR_DEVICE_LOST, hum_stream_wait(stream));
}

static void the_watchdog_ends_plain_kernels_too(void **state)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *before = hum, *watched = NULL;
    uint64_t *word;

    (void)state;
    options.devices = ONE_DEVICE;
    options.watchdog_ms = 200;
    ok(hum_open(&options, &watched));
    hum = watched;
    word = flow_alloc(hum, PAGE);
    ok(hum_launch(hum_stream(hum, 0), plain("plain_for_ever"), 1, &word, sizeof word));
    status_is(HUM_ERR_TIMEOUT, hum_wait(hum, 0));
    assert_non_null(strstr(hum_error_text(), "plain_for_ever"));
    ok(hum_launch(hum_stream(hum, 0), plain("add_one"), 1, &word, sizeof word));
    ok(hum_wait(hum, 0));
    assert_int_equal(word[0], 1);
    hum = before;
    hum_close(watched);
}

/* ---- the list of them ------------------------------------------------------------------------ */

static bool has_opencl(void)
{
    struct hum *probe = flow_open(ONE_DEVICE, NULL);
    struct hum_module *module = NULL;
    enum hum_status status = hum_module_load(probe, 0, "plain.cl", &module);

    if (status == HUM_ERR_UNSUPPORTED)
        printf("skipped: %s\n", hum_error_text());
    hum_close(probe);
    return status != HUM_ERR_UNSUPPORTED;
}

#define story(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(what_the_compiler_says_reaches_the_user),
        story(kernels_that_are_not_there_are_not_found),
        story(structs_are_passed_by_value),
        story(images_as_arguments_are_refused),
        story(pointers_in_memory_are_found_out_in_this_process),
        story(every_portable_kernel_is_opencl_c_too),
        story(arguments_are_a_struct_with_the_same_members),
        story(work_items_know_where_they_are),
        story(barriers_and_local_memory_work),
        story(launches_of_both_kinds_share_the_device),
        story(pages_come_by_fault_and_go_for_others),
        story(a_wild_pointer_is_an_illegal_address_with_its_kernel),
        story(others_in_flight_are_lost_with_a_crash),
        story(the_watchdog_ends_plain_kernels_too),
        cmocka_unit_test(a_missing_implementation_is_said_with_its_packages),
        cmocka_unit_test(what_was_compiled_once_is_kept),
    };

    return has_opencl() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
