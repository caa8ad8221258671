/* SPDX-License-Identifier: MIT */
/* on_double.c - see on_double.h */
#include "flow/on_double.h"

struct cuda_double d;
struct hum *hum;

enum hum_status on_double_open(const char *options, const char *devices, const char *trace,
                               struct hum **out)
{
    struct hum_options wish = HUM_OPTIONS_INIT;

    cuda_double_open(&d, options);
    wish.devices = devices;
    wish.space_bytes = (size_t)1 << 30;
    wish.trace = trace;
    return hum_open(&wish, out);
}

void on_double_reopen(const char *options, const char *devices, const char *trace)
{
    hum_close(hum);
    hum = NULL;
    ok(on_double_open(options, devices, trace, &hum));
}

enum hum_status on_double_try(const char *options, const char *devices)
{
    struct hum *opened = NULL;
    enum hum_status status = on_double_open(options, devices, NULL, &opened);

    hum_close(opened);
    return status;
}

int on_double_setup(void **state)
{
    (void)state;
    hum = NULL;
    return 0;
}

int on_double_teardown(void **state)
{
    struct cuda_double_counts counts;

    (void)state;
    hum_close(hum);
    hum = NULL;
    d.count(&counts);
    return counts.live_objects == 0 && counts.live_bytes == 0 ? 0 : -1;
}
