/* SPDX-License-Identifier: MIT */
/*
 * coherence.c - randomized coherence test: settings, seeds and checks for both halves.
 *
 *     property_coherence [--seed n] [--steps n] [--seconds n] [--mode lockstep|together]
 *                        [--setting n]
 *
 * steps and seconds are for all settings together; HUM_TEST_LONG=k multiplies both, HUM_LONG=1 is
 * an hour.  HUM_TEST_SEED=n is --seed n.
 */
#include "property/coherence.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Devices are much smaller than what is worked on, so that eviction never stops. */
static const struct setting settings[] = {
    {"emu:mem=8M,workers=2", "ahead", NULL, 1},
    {"emu:mem=8M,workers=2", "ondemand", NULL, 1},
    {"emu:mem=8M,workers=2", "driver", NULL, 1},
    {"emu:mem=6M,workers=1;emu:mem=10M,workers=2", "ahead", NULL, 2},
    {"emu:mem=8M,workers=2;emu:mem=8M,workers=1", "driver", "-huge", 2},
    {"emu:mem=8M,workers=1;emu:mem=6M,workers=1", "ondemand", "-share", 2},
    {"emu:mem=256M,workers=2", "ahead", "-kernel_faults", 1},
    {"emu:mem=8M,workers=2;emu:mem=64M,workers=2", "ahead", "-huge,-share,-kernel_faults", 2},
    {"emu:mem=8M,workers=2;emu:mem=8M,workers=2", "adaptive", NULL, 2},
    {"emu:mem=8M,workers=2;emu:mem=8M,workers=2", "second-chance", NULL, 2},
    {"emu:mem=8M,workers=2;emu:mem=16M,workers=1", "stride,evict=mru", NULL, 2},
    {"emu:mem=8M,workers=2;emu:mem=8M,workers=2", "driver,place=remote,evict=arc", NULL, 2},
    {"emu:mem=8M,workers=2", "tournament", "-huge", 1},
};
#define SETTINGS (sizeof settings / sizeof settings[0])

static struct {
    uint64_t seed, steps;
    double seconds;
    const char *mode;
    long setting;           /* -1: all */
    uint64_t current_seed;
    const char *current_mode;
    unsigned current_setting;
} test = {.steps = 8000, .seconds = 24, .setting = -1};

double now_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void wrong(const char *format, ...)
{
    va_list list;

    fflush(stdout);
    va_start(list, format);
    fprintf(stderr, "\nWRONG: ");
    vfprintf(stderr, format, list);
    fprintf(stderr, "\nrepeat: property_coherence --seed %llu --mode %s --setting %u\n",
            (unsigned long long)test.seed, test.current_mode, test.current_setting);
    va_end(list);
    fflush(NULL);
    _exit(1);
}

void must_status(enum hum_status status, const char *what, const char *file, int line)
{
    if (status != HUM_OK)
        wrong("%s:%d: %s: %s (%s)", file, line, what, hum_status_name(status), hum_error_text());
}

struct hum *open_setting(const struct setting *setting)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;

    options.devices = setting->devices;
    options.policy = setting->policy;
    options.features = setting->features;
    must(hum_open(&options, &hum));
    return hum;
}

struct hum_kernel *kernel_of(struct hum *hum, int device, const char *name)
{
    struct hum_module *module;
    struct hum_kernel *kernel;

    must(hum_module_load(hum, device, "property_memory", &module));
    must(hum_kernel_get(module, name, &kernel));
    return kernel;
}

void check_stats(struct hum *hum)
{
    struct hum_stats stats;

    must(hum_stats(hum, &stats));
    for (unsigned p = 0; p <= stats.devices; p++)
        if (stats.capacity_bytes[p] && stats.frame_bytes[p] > stats.capacity_bytes[p])
            wrong("R4: processor %d holds %llu bytes of %llu", (int)p - 1,
                  (unsigned long long)stats.frame_bytes[p],
                  (unsigned long long)stats.capacity_bytes[p]);
}

void check_pages(struct hum *hum, const char *ptr, size_t bytes,
                 bool (*may_be_nowhere)(const void *context, size_t page), const void *context)
{
    struct hum_page_info info[64];
    size_t pages = (bytes + HUM_PAGE_SIZE - 1) / HUM_PAGE_SIZE;

    for (size_t done = 0; done < pages; done += 64) {
        size_t n = pages - done < 64 ? pages - done : 64;
        size_t from = done * HUM_PAGE_SIZE, rest = bytes - from;
        must(hum_query(hum, ptr + from, rest, info, n));
        for (size_t i = 0; i < n; i++) {
            const struct hum_page_info *p = &info[i];
            const char *rule = NULL;
            if (p->writable & (p->writable - 1))
                rule = "R1: two processors may write";
            else if (p->writable && p->resident != p->writable)
                rule = "R1: others have a copy of what one may write";
            else if ((p->writable & ~p->mapped) || (p->mapped & ~p->resident))
                rule = "R2: mapped but not resident";
            else if (p->remote && (p->resident & (p->resident - 1) || !p->resident ||
                                   p->remote & (p->resident | p->mapped)))
                rule = "R6: remote, but not in the one frame of another";
            else if (p->dirty & ~p->resident)
                rule = "dirty where it is not resident";
            else if (!p->resident && !may_be_nowhere(context, done + i))
                rule = "R3: a page with content is nowhere";
            if (rule)
                wrong("%s: page %zu at %p, resident %x mapped %x writable %x dirty %x remote %x",
                      rule, done + i, (const void *)(ptr + from + i * HUM_PAGE_SIZE),
                      p->resident, p->mapped, p->writable, p->dirty, p->remote);
        }
    }
}

/* ---- the program ----------------------------------------------------------------------------- */

typedef uint64_t run_function(const struct setting *, uint64_t seed, uint64_t steps,
                              double seconds);

static void run_mode(const char *mode, run_function *run)
{
    unsigned chosen = test.setting < 0 ? (unsigned)SETTINGS : 1;

    if (test.mode && strcmp(test.mode, mode) != 0)
        return;
    for (unsigned i = 0; i < SETTINGS; i++) {
        double start = now_seconds();
        uint64_t done;
        if (test.setting >= 0 && (unsigned)test.setting != i)
            continue;
        test.current_mode = mode;
        test.current_setting = i;
        done = run(&settings[i], test.seed + i, test.steps / chosen + 1,
                   test.seconds / chosen / (test.mode ? 1 : 2));
        printf("%-8s %-29s %-27s %-44s %6llu steps %5.1f s\n", mode, settings[i].policy,
               settings[i].features ? settings[i].features : "", settings[i].devices,
               (unsigned long long)done, now_seconds() - start);
        fflush(stdout);
    }
}

static bool take_option(const char *name, const char *value)
{
    if (strcmp(name, "--seed") == 0)
        test.seed = strtoull(value, NULL, 0);
    else if (strcmp(name, "--steps") == 0)
        test.steps = strtoull(value, NULL, 0);
    else if (strcmp(name, "--seconds") == 0)
        test.seconds = strtod(value, NULL);
    else if (strcmp(name, "--mode") == 0)
        test.mode = value;
    else if (strcmp(name, "--setting") == 0)
        test.setting = strtol(value, NULL, 0);
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    const char *is_long = getenv("HUM_LONG");

    test.seed = random_seed("property_coherence");
    test.steps = random_steps(test.steps);
    test.seconds = (double)random_steps((uint64_t)test.seconds);
    if (is_long && strcmp(is_long, "1") == 0) {
        test.steps = UINT64_MAX / 2;
        test.seconds = 3600;
    }
    for (int i = 1; i < argc; i += 2)
        if (i + 1 == argc || !take_option(argv[i], argv[i + 1])) {
            fprintf(stderr, "usage: %s [--seed n] [--steps n] [--seconds n] "
                            "[--mode lockstep|together] [--setting n]\n", argv[0]);
            return 2;
        }
    printf("seed %llu\n", (unsigned long long)test.seed);
    fflush(stdout);
    run_mode("lockstep", lockstep_run);
    run_mode("together", together_run);
    return 0;
}
