/* SPDX-License-Identifier: MIT */
/*
 * two_devices.c - the host and two devices that are too small take turns with the same pages; then
 * what hum_stats() says, in the last line, as samples print it.
 */
#include <stdio.h>

#include "context.h"
#include "report.h"
#include "vector_add.h"

enum { COUNT = 6 << 20 }; /* three arrays of 24 MiB */

int main(void)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct context context = {0};
    struct hum_counters counters;
    struct vector_add_args args = {.count = COUNT};
    float *x, *y;

    options.devices = "emu:mem=40M;emu:mem=40M";
    CHECK(hum_open(&options, &context.hum));
    x = context_alloc(&context, COUNT * sizeof *x, "x");
    y = context_alloc(&context, COUNT * sizeof *y, "y");
    args.z = context_alloc(&context, COUNT * sizeof *args.z, "z");
    for (size_t i = 0; i < COUNT; i++)
        x[i] = y[i] = 1.0f;
    args.x = x;
    args.y = y;
    for (unsigned turn = 0; turn < 4; turn++) {
        int device = (int)(turn % 2);

        CHECK(hum_module_load(context.hum, device, "vector_add", &context.module));
        CHECK(hum_launch(hum_stream(context.hum, device), context_kernel(&context, "vector_add"),
                         COUNT, &args, sizeof args));
        CHECK(hum_wait(context.hum, device));
        args.x = args.z; /* one device reads what the other wrote */
    }
    if (args.z[COUNT - 1] != 5.0f)
        return 1;
    CHECK(hum_free(context.hum, y));
    counters = context_counters(&context);
    context_close(&context);
    printf("{\"results\":[{\"verified\":true,\"total\":");
    report_print_counters(&counters);
    printf("}]}\n");
    return 0;
}
