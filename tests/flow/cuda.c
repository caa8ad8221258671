/* SPDX-License-Identifier: MIT */
/*
 * cuda.c - a CUDA device, on the double of the driver: opening and what is refused, results with
 * every granularity and address, and what is left when the device is lost.
 */
#include "flow/on_double.h"

#include <unistd.h>

#include "base/log.h"

#define ONE "cuda:0,mem=64M"
#define TWO "cuda:0,mem=64M;cuda:1,mem=64M"
#define WORDS (3 * BLOCK / 8 + 77)

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    status_is(HUM_ERR_NOT_FOUND, on_double_try("", "cuda:1"));
    assert_non_null(strstr(hum_error_text(), "cuda:1"));
    status_is(HUM_ERR_INVALID, on_double_try("memory=64M", "cuda:0,mem=128M"));
    assert_non_null(strstr(hum_error_text(), "64 MiB"));
    status_is(HUM_ERR_UNSUPPORTED, on_double_try("vmm=0", ONE));
    status_is(HUM_ERR_BUSY, on_double_try("compute_mode=2", ONE));
    status_is(HUM_ERR_INVALID, on_double_try("", "cuda:x"));
    status_is(HUM_ERR_INVALID, on_double_try("", "emu:0"));
}

static void every_call_of_opening_may_fail(void **state)
{
    static const char *const calls[] = {"cuDeviceGetCount",     "cuDeviceGet",
                                        "cuDeviceGetAttribute", "cuDevicePrimaryCtxRetain",
                                        "cuMemGetInfo_v2",      "cuMemGetAllocationGranularity",
                                        "cuMemHostRegister_v2", "cuStreamCreate",
                                        "cuEventCreate",        "cuCtxPushCurrent_v2"};
    struct cuda_double_counts counts;
    char options[128];

    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        snprintf(options, sizeof options, "fail=%s:1", calls[i]);
        assert_int_not_equal(on_double_try(options, ONE), HUM_OK);
        d.count(&counts);
        if (counts.live_objects || counts.live_bytes)
            fail_msg("%s: something stays", calls[i]);
    }
}

/* With every granularity, and where the driver has the space at the host's address. */
static void results_are_right(void **state)
{
    static const char *const options[] = {"",
                                          "granularity=4K",
                                          "granularity=64K",
                                          "granularity=8M",
                                          "over_host=1",
                                          "version=12000",
                                          "peers=0"};

    (void)state;
    for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
        on_double_reopen(options[o], ONE, NULL);
        assert_int_equal(flow_device(hum, 0).same_address, strcmp(options[o], "over_host=1") == 0);
        uint64_t *words = flow_alloc(hum, WORDS * 8), *zeros = flow_alloc(hum, BLOCK);
        for (size_t i = 0; i < WORDS; i++)
            words[i] = i;
        flow_words(hum, "add", words, WORDS, 5);
        flow_words(hum, "add", zeros, BLOCK / 8, 1);
        for (size_t i = 0; i < WORDS; i++)
            assert_int_equal(words[i], i + 5);
        for (size_t i = 0; i < BLOCK / 8; i++)
            assert_int_equal(zeros[i], 1);
    }
}

/* More than the device holds: handles are kept and used again, and no old byte shows. */
static void more_than_fits_comes_and_goes(void **state)
{
    size_t n = 40 * MIB / 8;

    (void)state;
    on_double_reopen("memory=64M,delay_us=0", "cuda:0,mem=16M", NULL);
    uint64_t *words = flow_alloc(hum, n * 8);
    for (int round = 0; round < 2; round++)
        for (size_t at = 0; at < n; at += BLOCK / 8) {
            ok(hum_use(hum_stream(hum, 0), words + at, BLOCK, HUM_READ | HUM_WRITE));
            flow_words(hum, "add", words + at, BLOCK / 8, at + 1);
        }
    for (size_t i = 0; i < n; i += 61)
        assert_int_equal(words[i], 2 * (i / (BLOCK / 8) * (BLOCK / 8) + 1));
}

/* What the driver's compiler says of PTX is in the error text, with the module's path. */
static void what_the_compiler_says_reaches_the_user(void **state)
{
    char path[] = "/tmp/hum-flow-wrong.XXXXXX.ptx";
    int file = mkstemps(path, 4);
    struct hum_module *module = NULL;

    (void)state;
    on_double_reopen("", ONE, NULL);
    assert_true(file >= 0);
    assert_true(dprintf(file, ".version 6.0\n.target sm_35\n.entry k()\n{\n    frob;\n}\n") > 0);
    close(file);
    status_is(HUM_ERR_MODULE, hum_module_load(hum, 0, path, &module));
    assert_non_null(strstr(hum_error_text(), path));
    assert_non_null(strstr(hum_error_text(), "line 5: the instruction 'frob' is not known"));
    assert_non_null(strstr(hum_error_text(), flow_device(hum, 0).name));
    unlink(path);
}

/* A module of this text, in a file that is gone behind it. */
static enum hum_status load_source(const char *text, struct hum_module **module_out)
{
    char path[] = "/tmp/hum-flow-source.XXXXXX.cu";
    int file = mkstemps(path, 3);

    assert_true(file >= 0);
    assert_true(dprintf(file, "%s", text) > 0);
    close(file);
    enum hum_status status = hum_module_load(hum, 0, path, module_out);
    unlink(path);
    return status;
}

/* On the double of NVRTC, whose PTX stands in the source. */
static void kernels_in_cuda_are_compiled_for_their_device(void **state)
{
    static const char put[] =
        "// ptx:\n.visible .entry put(.param .align 8 .b8 a[16])\n{\n.reg .b64 %rd<2>;\n"
        "ld.param.u64 %rd0, [a]; ld.param.u64 %rd1, [a+8]; st.global.u64 [%rd0], %rd1;\n}\n";
    struct hum_module *module = NULL;
    struct hum_kernel *kernel = NULL;

    (void)state;
    on_double_reopen("compute=8.6", ONE, NULL);
    status_is(HUM_ERR_MODULE, load_source("#error of mine", &module));
    assert_non_null(strstr(hum_error_text(), "error: of mine"));
    assert_non_null(strstr(hum_error_text(), "hum-flow-source"));
    ok(load_source(put, &module));
    ok(hum_kernel_get(module, "put", &kernel));
    uint64_t *words = flow_alloc(hum, PAGE);
    struct flow_poke args = {words + 3, 77};
    ok(hum_use(hum_stream(hum, 0), words, PAGE, HUM_READ | HUM_WRITE));
    ok(hum_launch(hum_stream(hum, 0), kernel, 1, &args, sizeof args));
    ok(hum_wait(hum, 0));
    assert_int_equal(words[3], 77);
}

static void the_programs_context_stays_current(void **state)
{
    struct CUctx_st *mine = NULL, *now = NULL;

    (void)state;
    on_double_reopen("", ONE, NULL);
    assert_int_equal(d.cu.cuCtxGetCurrent(&now), 0);
    assert_null(now);
    assert_int_equal(d.cu.cuDevicePrimaryCtxRetain(&mine, 0), 0);
    assert_int_equal(d.cu.cuCtxSetCurrent(mine), 0);
    uint64_t *words = flow_alloc(hum, BLOCK);
    flow_words(hum, "add", words, BLOCK / 8, 1);
    assert_int_equal(words[3], 1);
    assert_int_equal(d.cu.cuCtxGetCurrent(&now), 0);
    assert_ptr_equal(now, mine);
    assert_int_equal(d.cu.cuCtxSetCurrent(NULL), 0);
    assert_int_equal(d.cu.cuDevicePrimaryCtxRelease_v2(0), 0);
}

static void await_restart(uint64_t restarts)
{
    while (flow_device(hum, 0).restarts < restarts || flow_device(hum, 0).lost)
        usleep(1000);
}

/* What the host has is still there; what only the device had is gone; the device works again. */
static void a_bad_kernel_loses_the_device_and_not_the_host(void **state)
{
    (void)state;
    on_double_reopen("", ONE, NULL);
    uint64_t *home = flow_alloc(hum, BLOCK), *away = flow_alloc(hum, BLOCK);
    for (size_t i = 0; i < BLOCK / 8; i++)
        home[i] = i;
    flow_words(hum, "fill", away, BLOCK / 8, 9);
    for (uint64_t round = 1; round <= 3; round++) {
        struct flow_words bad = {.words = (uint64_t *)(uintptr_t)4096, .n = 8, .value = 1};
        status_is(HUM_ERR_ILLEGAL_ADDRESS, flow_try(hum, 0, "add", &bad, sizeof bad, 8));
        assert_non_null(strstr(hum_error_text(), "add"));
        await_restart(round);
        assert_int_equal(away[7], round == 2 ? 8 : 0); /* a copy that the host had is kept */
        assert_int_equal(away[BLOCK / 8 - 1], 0);
        for (size_t i = 0; i < BLOCK / 8; i++)
            assert_int_equal(home[i], i);
        flow_words(hum, "fill", away, BLOCK / 8, round);
        if (round % 2)
            assert_int_equal(away[7], round + 7);
        else
            flow_words(hum, "add", away, BLOCK / 8, 1);
    }
}

/* Only one is to blame; what is behind it is lost with the device. */
static void launches_behind_a_bad_one_are_lost(void **state)
{
    (void)state;
    on_double_reopen("", ONE, NULL);
    struct hum_stream *other = NULL;
    uint64_t *words = flow_alloc(hum, BLOCK);
    struct flow_words bad = {.words = (uint64_t *)(uintptr_t)4096, .n = 8, .value = 1},
                      good = {.words = words, .n = 8, .value = 1};

    ok(hum_stream_create(hum, 0, &other));
    d.hold(true);
    ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "add"), 8, &bad, sizeof bad));
    ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "add"), 8, &good, sizeof good));
    d.hold(false);
    status_is(HUM_ERR_ILLEGAL_ADDRESS, hum_wait(hum, 0));
    await_restart(1);
    flow_words(hum, "add", words, BLOCK / 8, 4);
    assert_int_equal(words[BLOCK / 8 - 1], 4);
}

/* Somebody else's context cannot be ended: the device comes back once it is let go. */
static void a_context_that_is_shared_is_waited_for(void **state)
{
    struct CUctx_st *mine = NULL;
    struct flow_words bad = {.words = (uint64_t *)(uintptr_t)4096, .n = 8, .value = 1};

    (void)state;
    on_double_reopen("", ONE, NULL);
    uint64_t *words = flow_alloc(hum, BLOCK);
    assert_int_equal(d.cu.cuDevicePrimaryCtxRetain(&mine, 0), 0);
    status_is(HUM_ERR_ILLEGAL_ADDRESS, flow_try(hum, 0, "add", &bad, sizeof bad, 8));
    while (!flow_device(hum, 0).lost)
        usleep(1000);
    words[1] = 5;
    assert_int_equal(flow_device(hum, 0).restarts, 0);
    assert_int_equal(d.cu.cuDevicePrimaryCtxRelease_v2(0), 0);
    await_restart(1);
    flow_words(hum, "add", words, BLOCK / 8, 4);
    assert_int_equal(words[1], 9);
}

/* ---- what is said ---------------------------------------------------------------------------- */

/* What the log says from now on, until logged(). */
static FILE *said;
static int said_before;

static void start_listening(void)
{
    said = tmpfile();
    assert_non_null(said);
    said_before = dup(STDERR_FILENO);
    dup2(fileno(said), STDERR_FILENO);
    humi_log_set_level(HUMI_LOG_WARN);
}

static const char *logged(void)
{
    static char text[4096];

    humi_log_set_level(HUMI_LOG_QUIET);
    dup2(said_before, STDERR_FILENO);
    close(said_before);
    rewind(said);
    text[fread(text, 1, sizeof text - 1, said)] = '\0';
    fclose(said);
    return text;
}

/* Region by region, the pages that nobody else had; what the host has is all there. */
static void what_was_lost_is_told_and_nothing_else_is(void **state)
{
    struct flow_words bad = {.words = (uint64_t *)(uintptr_t)4096, .n = 8, .value = 1};
    struct flow_copy copy;
    char line[128];

    (void)state;
    on_double_reopen("", ONE, NULL);
    uint64_t *home = flow_alloc(hum, 2 * BLOCK), *away = flow_alloc(hum, 3 * BLOCK);
    for (size_t i = 0; i < 2 * BLOCK / 8; i++)
        home[i] = i;
    copy = (struct flow_copy){.to = away, .from = home, .n = 2 * BLOCK / 8};
    ok(hum_use(hum_stream(hum, 0), home, 2 * BLOCK, HUM_READ));
    ok(hum_use(hum_stream(hum, 0), away, 2 * BLOCK, HUM_WRITE));
    flow_run(hum, 0, "copy", &copy, copy.n);
    assert_int_equal(away[5], 5); /* with it the host has at least this page again */
    size_t lost = 0;
    for (size_t page = 0; page < 2 * BLOCK / PAGE; page++)
        lost += !(flow_page(hum, away + page * WORDS_PER_PAGE).resident & 1);
    start_listening();
    (void)flow_try(hum, 0, "add", &bad, sizeof bad, 8);
    await_restart(1);
    const char *text = logged();
    snprintf(line, sizeof line, "%zu pages of the region at %#lx were only there and are lost",
             lost, (unsigned long)(uintptr_t)away);
    if (lost && !strstr(text, line))
        fail_msg("'%s' is not in: %s", line, text);
    snprintf(line, sizeof line, "region at %#lx", (unsigned long)(uintptr_t)home);
    assert_null(strstr(text, line));
    assert_true(lost > 0);
    assert_int_equal(away[5], 5);
    assert_int_equal(away[2 * BLOCK / 8 - 1], 0);
    for (size_t i = 0; i < 2 * BLOCK / 8; i++)
        assert_int_equal(home[i], i);
}

/* A machine without the driver: one sentence, and everything else runs. */
static void without_a_driver_all_else_works(void **state)
{
    char *driver = strdup(getenv("HUM_CUDA_LIBRARY"));
    struct hum_options wish = HUM_OPTIONS_INIT;

    (void)state;
    cuda_double_open(&d, "");
    setenv("HUM_CUDA_LIBRARY", "/nonexistent/libcuda.so.1", 1);
    for (int i = 0; i < 2; i++) {
        wish.devices = i ? "emu:mem=64M;cuda:0" : "cuda:0";
        status_is(HUM_ERR_UNSUPPORTED, hum_open(&wish, &hum));
        assert_non_null(strstr(hum_error_text(), "no CUDA driver"));
        assert_non_null(strstr(hum_error_text(), "install NVIDIA's driver"));
        assert_null(hum);
    }
    hum = flow_open(ONE_DEVICE, NULL);
    uint64_t *words = flow_alloc(hum, BLOCK);
    flow_words(hum, "add", words, BLOCK / 8, 3);
    assert_int_equal(words[17], 3);
    setenv("HUM_CUDA_LIBRARY", driver, 1);
    free(driver);
}

/* ---- two devices ----------------------------------------------------------------------------- */

static void launch_on(int device, const char *kernel, uint64_t *words, size_t n, uint64_t value)
{
    struct flow_words args = {.words = words, .n = n, .value = value};

    ok(flow_try(hum, device, kernel, &args, sizeof args, n));
}

/* Each byte moves once, from one to the other, and none of it to the host. */
static void pages_go_from_device_to_device(void **state)
{
    static const char *const options[] = {"devices=2", "devices=2,peers=0",
                                          "devices=2,granularity=64K,over_host=1"};
    size_t bytes = 6 * BLOCK, n = bytes / 8;

    (void)state;
    for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
        struct cuda_double_counts before, after;
        on_double_reopen(options[o], TWO, NULL);
        uint64_t *words = flow_alloc(hum, bytes);
        launch_on(0, "fill", words, n, 10);
        struct hum_stats stats = flow_stats(hum);
        d.count(&before);
        launch_on(1, "add", words, n, 1);
        launch_on(0, "add", words, n, 1);
        d.count(&after);
        assert_int_equal(flow_moved(hum, &stats, HUM_D2D), 2 * bytes);
        assert_int_equal(flow_moved_any(hum, &stats), 2 * bytes);
        assert_int_equal(after.copied_bytes - before.copied_bytes, 2 * bytes);
        assert_true(after.peer_copies > before.peer_copies);
        assert_int_equal(after.direct_copies - before.direct_copies,
                         strstr(options[o], "peers=0") ? 0
                                                       : after.peer_copies - before.peer_copies);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(words[i], i + 12);
    }
}

/* Both read, and either may be lost: the other has the bytes. */
static void a_lost_device_leaves_the_other_alone(void **state)
{
    struct flow_words bad = {.words = (uint64_t *)(uintptr_t)4096, .n = 8, .value = 1};
    size_t n = 2 * BLOCK / 8;

    (void)state;
    on_double_reopen("devices=2", TWO, NULL);
    uint64_t *words = flow_alloc(hum, n * 8), *other = flow_alloc(hum, n * 8);
    launch_on(0, "fill", words, n, 10);
    launch_on(1, "add", other, n, 4);
    ok(hum_use(hum_stream(hum, 1), words, n * 8, HUM_READ));
    launch_on(1, "read_words", words, n, 0);
    status_is(HUM_ERR_ILLEGAL_ADDRESS, flow_try(hum, 0, "add", &bad, sizeof bad, 8));
    await_restart(1);
    assert_int_equal(flow_device(hum, 1).restarts, 0);
    launch_on(1, "add", other, n, 4);
    launch_on(0, "add", words, n, 1); /* from where it was only read */
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(words[i], i + 11);
        assert_int_equal(other[i], 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define STORY(name) cmocka_unit_test_setup_teardown(name, on_double_setup, on_double_teardown)
        STORY(what_cannot_be_is_refused),
        STORY(every_call_of_opening_may_fail),
        STORY(results_are_right),
        STORY(more_than_fits_comes_and_goes),
        STORY(what_the_compiler_says_reaches_the_user),
        STORY(kernels_in_cuda_are_compiled_for_their_device),
        STORY(the_programs_context_stays_current),
        STORY(a_bad_kernel_loses_the_device_and_not_the_host),
        STORY(launches_behind_a_bad_one_are_lost),
        STORY(a_context_that_is_shared_is_waited_for),
        STORY(what_was_lost_is_told_and_nothing_else_is),
        STORY(without_a_driver_all_else_works),
        STORY(pages_go_from_device_to_device),
        STORY(a_lost_device_leaves_the_other_alone),
#undef STORY
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
