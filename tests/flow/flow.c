/* SPDX-License-Identifier: MIT */
/* flow.c - what the stories share. */
#include "flow/flow.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void flow_must_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: must(%s): %s\n", file, line, what, hum_error_text());
    fflush(NULL);
    _exit(99);
}

void flow_status(enum hum_status want, enum hum_status got, const char *what, const char *file,
                 int line)
{
    if (got == want)
        return;
    print_error("%s: %s (%s), wanted %s\n", what, hum_status_name(got), hum_error_text(),
                hum_status_name(want));
    _fail(file, line);
}

/* FLOW_KERNELS=form: every device is told to prefer kernels in that form. */
static const char *with_kernels(const char *devices, char *text, size_t bytes)
{
    const char *form = getenv("FLOW_KERNELS");
    size_t used = 0;

    if (!form || !devices)
        return devices;
    for (const char *device = devices, *end; *device; device = *end ? end + 1 : end) {
        end = device + strcspn(device, ";");
        used += (size_t)snprintf(text + used, bytes - used, "%s%.*s%ckernels=%s", used ? ";" : "",
                                 (int)(end - device), device,
                                 memchr(device, ':', (size_t)(end - device)) ? ',' : ':', form);
        assert_true(used < bytes);
    }
    return text;
}

/* A machine without OpenCL cannot tell the stories of it. */
static void skip_without_opencl(enum hum_status status, bool wanted)
{
    if (status != HUM_ERR_UNSUPPORTED || !wanted)
        return;
    printf("skipped: %s\n", hum_error_text());
    fflush(stdout);
    _exit(77);
}

struct hum *flow_open(const char *devices, const char *policy)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    char text[512];
    struct hum *hum = NULL;

    options.devices = with_kernels(devices, text, sizeof text);
    options.policy = policy;
    enum hum_status status = hum_open(&options, &hum);
    skip_without_opencl(status, devices && strstr(devices, "opencl:"));
    ok(status);
    return hum;
}

void *flow_alloc(struct hum *hum, size_t bytes)
{
    void *ptr = NULL;

    ok(hum_alloc(hum, bytes, 0, &ptr));
    return ptr;
}

static enum hum_status load_or_skip(struct hum *hum, int device, const char *name,
                                    struct hum_module **module_out)
{
    enum hum_status status = hum_module_load(hum, device, name, module_out);

    skip_without_opencl(status, getenv("FLOW_KERNELS") != NULL);
    return status;
}

struct hum_kernel *flow_kernel(struct hum *hum, int device, const char *name)
{
    static const char *const modules[] = {"flow_memory", "flow_faulty"};
    struct hum_kernel *kernel = NULL;

    for (unsigned i = 0; i < 2; i++) {
        struct hum_module *module = NULL;
        ok(load_or_skip(hum, device, modules[i], &module));
        if (hum_kernel_get(module, name, &kernel) == HUM_OK)
            return kernel;
    }
    fail_msg("no kernel %s", name);
    return NULL;
}

enum hum_status flow_try(struct hum *hum, int device, const char *kernel, const void *args,
                         size_t args_bytes, size_t count)
{
    enum hum_status status = hum_launch(hum_stream(hum, device), flow_kernel(hum, device, kernel),
                                        count, args, args_bytes);

    return status == HUM_OK ? hum_wait(hum, device) : status;
}

uint64_t flow_sum(struct hum *hum, int device, const uint64_t *words, size_t n, size_t stride,
                  uint64_t *result)
{
    struct flow_sum args = {.words = words, .n = n, .stride = stride, .sum = result};

    *result = 0;
    flow_run(hum, device, "sum", &args, n);
    return *result;
}

struct hum_stats flow_stats(struct hum *hum)
{
    struct hum_stats stats;

    ok(hum_stats(hum, &stats));
    return stats;
}

struct hum_system_info flow_system(struct hum *hum)
{
    struct hum_system_info info;

    ok(hum_system_info(hum, &info));
    return info;
}

bool flow_can_share(struct hum *hum)
{
    struct hum_system_info system = flow_system(hum);

    return system.shared_read && strncmp(system.policy, "driver", 6) != 0;
}

struct hum_device_info flow_device(struct hum *hum, int device)
{
    struct hum_device_info info;

    ok(hum_device_info(hum, device, &info));
    return info;
}

struct hum_page_info flow_page(struct hum *hum, const void *ptr)
{
    struct hum_page_info info;

    ok(hum_query(hum, ptr, 1, &info, 1));
    return info;
}

uint64_t flow_moved(struct hum *hum, const struct hum_stats *since, enum hum_direction direction)
{
    return flow_stats(hum).total.bytes[direction] - since->total.bytes[direction];
}

uint64_t flow_moved_any(struct hum *hum, const struct hum_stats *since)
{
    uint64_t bytes = 0;

    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        bytes += flow_moved(hum, since, (enum hum_direction)d);
    return bytes;
}

/* cmocka's handlers of these would turn the child's death into a second run of the tests. */
static void default_signals(void)
{
    static const int caught[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS};

    for (unsigned i = 0; i < sizeof caught / sizeof caught[0]; i++)
        signal(caught[i], SIG_DFL);
}

int flow_child(void (*body)(void *context), void *context)
{
    int status = -1;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        default_signals();
        body(context);
        fflush(NULL);
        _exit(0);
    }
    assert_true(child > 0);
    while (waitpid(child, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    return status;
}

void flow_child_ok(int wait_status)
{
    if (WIFSIGNALED(wait_status))
        fail_msg("the child was ended by signal %d", WTERMSIG(wait_status));
    assert_true(WIFEXITED(wait_status));
    assert_int_equal(WEXITSTATUS(wait_status), 0);
}

void flow_child_signal(int wait_status, int signal)
{
    if (!WIFSIGNALED(wait_status))
        fail_msg("the child ended with %d instead of signal %d", WEXITSTATUS(wait_status), signal);
    assert_int_equal(WTERMSIG(wait_status), signal);
}

double flow_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
