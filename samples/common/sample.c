/* SPDX-License-Identifier: MIT */
#include "sample.h"

#include <stdlib.h>

#include "report.h"

/*
 * The least that "--device-mem N%" gives.  With fewer blocks than the stretches that a kernel works
 * on at a time, every touch would move a block, and nothing could be learned from that.
 */
#define DEVICE_BYTES_MIN (16.0 * HUM_BLOCK_SIZE)

static int meter_compare(const void *a, const void *b)
{
    uint64_t x = ((const struct meter *)a)->ns, y = ((const struct meter *)b)->ns;

    return x < y ? -1 : x > y;
}

/* Every run is verified; the one with the median time is reported. */
static void version_measure(struct context *context, const struct sample_version *version,
                            void *state, unsigned runs, struct sample_result *result)
{
    struct meter *meters = context_malloc(runs * sizeof *meters);

    context_start(context);
    version->run(state);
    result->verified = version->verify(state);
    for (unsigned i = 0; i < runs; i++) {
        context_start(context);
        version->run(state);
        context_pause(context);
        meters[i] = context->meter;
        result->verified = version->verify(state) && result->verified;
    }
    qsort(meters, runs, sizeof *meters, meter_compare);
    result->meter = meters[runs / 2];
    free(meters);
}

/* What --device-mem asks for, in whole blocks; 0: nothing. */
static size_t device_bytes(const struct sample_options *options, size_t footprint_bytes)
{
    double bytes = (double)footprint_bytes * options->device_percent / 100.0;

    if (options->device_percent && bytes < DEVICE_BYTES_MIN)
        bytes = DEVICE_BYTES_MIN;
    if (!options->device_percent)
        bytes = (double)options->device_bytes;
    return (size_t)(bytes / HUM_BLOCK_SIZE + 0.999) * HUM_BLOCK_SIZE;
}

/* A version has a hum of its own, so that nothing is left over from the other. */
static void version_run(const struct sample *sample, const struct sample_version *version,
                        const struct sample_report *report, const void *problem,
                        struct sample_result *result)
{
    struct context context;
    void *state;

    context_open(&context, sample->module ? sample->module : sample->usage.name,
                 device_bytes(&report->options, report->facts.footprint_bytes));
    context.own_blocks = report->options.own_blocks;
    result->device_bytes = context.device_bytes;
    state = version->open(&context, problem);
    result->fits = state != NULL;
    if (state) {
        version_measure(&context, version, state, report->options.runs, result);
        version->close(state);
    }
    result->total = context_counters(&context);
    context_close(&context);
}

int sample_main(const struct sample *sample, int argc, char **argv)
{
    struct sample_report report = {.name = sample->usage.name};
    struct sample_result *result;
    void *problem;
    int status = sample_options_parse(&sample->usage, sample->copies.open != NULL, argc, argv,
                                      &report.options);

    if (status >= 0)
        return status;
    problem = sample->prepare(&report.options, &report.facts);
    if (!problem)
        return 1;
    if (report.options.unified) {
        result = &report.results[report.count++];
        result->mode = "unified";
        version_run(sample, &sample->unified, &report, problem, result);
    }
    if (report.options.copies) {
        result = &report.results[report.count++];
        result->mode = "explicit";
        version_run(sample, &sample->copies, &report, problem, result);
    }
    sample->discard(problem);
    (report.options.json ? report_print_json : report_print_table)(&report);
    return report_is_good(&report) ? 0 : 1;
}
