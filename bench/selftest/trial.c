/* SPDX-License-Identifier: MIT */
/* trial.c - how a trial ends, and what all of them do. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftest/selftest.h"

void selftest_redact(char *text)
{
    const char *home = getenv("HOME");
    size_t length = home ? strlen(home) : 0;

    for (char *at = text; length > 1 && (at = strstr(at, home)) != NULL; at++) {
        *at = '~';
        memmove(at + 1, at + length, strlen(at + length) + 1);
    }
}

struct trial *selftest_trial(struct selftest *t, const char *name)
{
    struct trial *trial = &t->trial[t->trials];

    if (t->trials + 1 < SELFTEST_TRIALS_MAX)
        t->trials++;
    *trial = (struct trial){.name = name, .result = TRIAL_PASS};
    return trial;
}

static void end(struct trial *trial, enum trial_result result, const char *format, va_list args)
{
    trial->result = result;
    vsnprintf(trial->text, sizeof(trial->text), format, args);
    selftest_redact(trial->text);
}

void trial_pass(struct trial *trial, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    end(trial, TRIAL_PASS, format, args);
    va_end(args);
}

void trial_skip(struct trial *trial, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    end(trial, TRIAL_SKIP, format, args);
    va_end(args);
}

bool trial_true(struct trial *trial, bool is, const char *format, ...)
{
    va_list args;

    if (is)
        return true;
    va_start(args, format);
    end(trial, TRIAL_FAIL, format, args);
    va_end(args);
    return false;
}

bool trial_ok(struct trial *trial, enum hum_status status, const char *what)
{
    return trial_true(trial, status == HUM_OK, "%s: %s (%s)", what, hum_status_text(status),
                      hum_error_text());
}

void trial_figure(struct trial *trial, struct series *s, const char *unit, bool rate)
{
    trial->unit = unit;
    trial->rate = rate;
    trial->median = series_median(s);
    trial->other = series_quantile(s, rate ? 1.0 : 0.99);
    series_free(s);
}

bool selftest_kernel(struct selftest *t, struct trial *trial, const char *module, const char *name,
                     struct hum_kernel **kernel_out)
{
    struct hum_module *loaded;

    /* By name, so that the device takes the form that it prefers. */
    return trial_ok(trial, hum_module_load(t->hum, 0, module, &loaded), module) &&
           trial_ok(trial, hum_kernel_get(loaded, name, kernel_out), name);
}

bool selftest_run(struct selftest *t, struct trial *trial, struct hum_kernel *kernel, size_t count,
                  const void *args, size_t args_bytes)
{
    return trial_ok(trial, hum_launch(hum_stream(t->hum, 0), kernel, count, args, args_bytes),
                    "hum_launch") &&
           trial_ok(trial, hum_wait(t->hum, 0), "hum_wait");
}

unsigned selftest_count(const struct selftest *t, enum trial_result result)
{
    unsigned count = 0;

    for (unsigned i = 0; i < t->trials; i++)
        count += t->trial[i].result == result;
    return count;
}
