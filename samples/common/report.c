/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>

#define MIB (1024.0 * 1024.0)

static double ms(uint64_t ns)
{
    return (double)ns / 1e6;
}

/* Unified over explicit time, 0 unless both ran. */
static double report_ratio(const struct sample_report *report)
{
    const struct sample_result *r = report->results;

    if (report->count != 2 || !r[0].fits || !r[1].fits || r[1].meter.ns == 0)
        return 0.0;
    return (double)r[0].meter.ns / (double)r[1].meter.ns;
}

bool report_is_good(const struct sample_report *report)
{
    for (unsigned i = 0; i < report->count; i++) {
        if (report->results[i].fits && !report->results[i].verified)
            return false;
    }
    return true;
}

static void row_print(const struct sample_result *r)
{
    printf("  %-10s", r->mode);
    if (!r->fits) {
        printf("does not fit into the device\n");
        return;
    }
    printf("%10.2f ms %9" PRIu64 " %12.1f MiB %11.1f MiB   %s\n", ms(r->meter.ns), r->meter.faults,
           (double)r->meter.h2d_bytes / MIB, (double)r->meter.d2h_bytes / MIB,
           r->verified ? "yes" : "NO");
}

void report_print_table(const struct sample_report *report)
{
    const struct sample_facts *facts = &report->facts;
    double ratio = report_ratio(report);

    printf("%s: %s\n", report->name, facts->text);
    printf("footprint %.1f MiB, device memory %.1f MiB, median of %u run%s\n\n",
           (double)facts->footprint_bytes / MIB, (double)report->results[0].device_bytes / MIB,
           report->options.runs, report->options.runs == 1 ? "" : "s");
    printf("  %-10s%13s %9s %16s %15s   %s\n", "mode", "time", "faults", "to the device",
           "to the host", "verified");
    for (unsigned i = 0; i < report->count; i++)
        row_print(&report->results[i]);
    printf("  %-10s%10.2f ms\n", "cpu", ms(facts->cpu_ns));
    if (ratio > 0.0)
        printf("\n  unified / explicit: %.2f\n", ratio);
}

static void json_string(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

void report_print_counters(const struct hum_counters *c)
{
    printf("{\"faults_host\":%" PRIu64 ",\"faults_device\":%" PRIu64
           ",\"faults_duplicate\":%" PRIu64 ",\"batches\":%" PRIu64 ",\"bytes\":[%" PRIu64
           ",%" PRIu64 ",%" PRIu64 "],\"evictions_clean\":%" PRIu64
           ",\"evictions_dirty\":%" PRIu64 ",\"causes\":{",
           c->faults_host, c->faults_device, c->faults_duplicate, c->batches, c->bytes[HUM_H2D],
           c->bytes[HUM_D2H], c->bytes[HUM_D2D], c->evictions_clean, c->evictions_dirty);
    for (unsigned cause = 0; cause < HUM_CAUSE_COUNT; cause++)
        printf("%s\"%s\":[%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]", cause ? "," : "",
               hum_cause_text((enum hum_cause)cause), c->events[cause], c->pages[cause],
               c->bytes_by_cause[cause]);
    printf("}}");
}

static void json_result(const struct sample_result *r)
{
    printf("{\"mode\":\"%s\",\"fits\":%s", r->mode, r->fits ? "true" : "false");
    if (r->fits)
        printf(",\"time_ns\":%" PRIu64 ",\"faults\":%" PRIu64 ",\"h2d_bytes\":%" PRIu64
               ",\"d2h_bytes\":%" PRIu64 ",\"verified\":%s",
               r->meter.ns, r->meter.faults, r->meter.h2d_bytes, r->meter.d2h_bytes,
               r->verified ? "true" : "false");
    printf(",\"total\":");
    report_print_counters(&r->total);
    putchar('}');
}

void report_print_json(const struct sample_report *report)
{
    double ratio = report_ratio(report);

    printf("{\"sample\":\"%s\",\"problem\":", report->name);
    json_string(report->facts.text);
    printf(",\"graph\":");
    if (report->options.graph)
        json_string(report->options.graph);
    else
        printf("null");
    printf(",\"runs\":%u,\"footprint_bytes\":%zu,\"device_bytes\":%zu,\"cpu_ns\":%" PRIu64,
           report->options.runs, report->facts.footprint_bytes, report->results[0].device_bytes,
           report->facts.cpu_ns);
    printf(",\"results\":[");
    for (unsigned i = 0; i < report->count; i++) {
        if (i > 0)
            putchar(',');
        json_result(&report->results[i]);
    }
    if (ratio > 0.0)
        printf("],\"ratio\":%.3f}\n", ratio);
    else
        printf("],\"ratio\":null}\n");
}
