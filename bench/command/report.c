/* SPDX-License-Identifier: MIT */
/* report.c - see report.h */
#include "command/report.h"

#include <string.h>

#include "command/json.h"
#include "command/text.h"

/* ---- the report as text --------------------------------------------------------------------- */

static struct text time_ns(uint64_t ns)
{
    return text_time((double)ns * 1e-9);
}

static uint64_t copying_ns(const struct summary_counters *c)
{
    return c->move_ns_h2d + c->move_ns_d2h + c->move_ns_d2d;
}

static bool has_modelled(const struct summary_counters *c)
{
    return c->modelled_ns_h2d || c->modelled_ns_d2h || c->modelled_ns_d2d;
}

/* modelled NULL: no link was modelled, and there is no such column. */
static void direction_row(struct table *table, const char *name, const char *faults, uint64_t bytes,
                          uint64_t move_ns, const uint64_t *modelled_ns)
{
    table_row(table, name, faults, text_bytes(bytes).s, time_ns(move_ns).s,
              modelled_ns ? time_ns(*modelled_ns).s : NULL, NULL);
}

static void print_directions(const struct summary_counters *c, FILE *out)
{
    struct table *table = table_create(TABLE_NUMBERS);

    bool link = has_modelled(c);

    table_row(table, "direction", "faults", "bytes", "copying", link ? "link (modelled)" : NULL,
              NULL);
    direction_row(table, "host to device", text_count(c->faults_device).s, c->bytes_h2d,
                  c->move_ns_h2d, link ? &c->modelled_ns_h2d : NULL);
    direction_row(table, "device to host", text_count(c->faults_host).s, c->bytes_d2h,
                  c->move_ns_d2h, link ? &c->modelled_ns_d2h : NULL);
    direction_row(table, "device to device", "-", c->bytes_d2d, c->move_ns_d2d,
                  link ? &c->modelled_ns_d2d : NULL);
    table_print(table, out, 2);
    fprintf(out, "  serving faults took %s; copying is part of it where a fault asked for it\n\n",
            time_ns(c->service_ns).s);
}

static void print_sampling(const struct summary_section *s, FILE *out)
{
    if (!s->sample_ppm)
        return;
    fprintf(out, "  sampling touches took %s for %s samples; at most %.2g %% of the run time\n\n",
            time_ns(s->sample_ns).s, text_count(s->samples_touched).s,
            (double)s->sample_ppm / 1e4);
}

/* Where a device's driver keeps the pages. */
static void print_told(const struct summary_section *s, FILE *out)
{
    if (s->told_thrashed || s->told_throttled)
        fprintf(out,
                "  the driver saw %s ranges fought for, and let processors wait %s times, %s\n\n",
                text_count(s->told_thrashed).s, text_count(s->told_throttled).s,
                time_ns(s->told_throttled_ns).s);
    if (s->told_dropped)
        fprintf(out, "  %s things that the driver did were not told: the tables lack them\n\n",
                text_count(s->told_dropped).s);
}

static void print_causes(const struct summary_section *s, FILE *out)
{
    struct table *table;

    if (!s->causes)
        return;
    table = table_create(TABLE_NUMBERS);
    table_row(table, "cause", "events", "pages", "bytes", NULL);
    for (unsigned i = 0; i < s->causes; i++)
        table_row(table, s->cause[i].name, text_count(s->cause[i].events).s,
                  text_count(s->cause[i].pages).s, text_bytes(s->cause[i].bytes).s, NULL);
    table_print(table, out, 2);
    fputc('\n', out);
}

/* "x", "x (3 freed)", "0x3c0000000000", "5 others" */
static void region_label(const struct summary_region *region, char *label, size_t room)
{
    const char *state = region->live ? "" : ", freed";

    if (region->name[0] && region->regions == 1)
        snprintf(label, room, "%s%s", region->name, state);
    else if (region->name[0])
        snprintf(label, room, "%s (%s%s)", region->name, text_count(region->regions).s, state);
    else if (region->ptr)
        snprintf(label, room, "%s%s", text_hex(region->ptr).s, state);
    else
        snprintf(label, room, "%s unnamed%s", text_count(region->regions).s, state);
}

static void print_regions(const struct summary_section *s, FILE *out)
{
    struct table *table;

    if (!s->regions)
        return;
    table = table_create(TABLE_NUMBERS);
    table_row(table, "region", "size", "host faults", "device faults", "to device", "to host",
              "copying", "serving", NULL);
    for (unsigned i = 0; i < s->regions; i++) {
        const struct summary_region *r = &s->region[i];
        char label[SUMMARY_NAME_BYTES + 48];

        region_label(r, label, sizeof(label));
        table_row(table, label, text_bytes(r->bytes).s, text_count(r->counters.faults_host).s,
                  text_count(r->counters.faults_device).s, text_bytes(r->counters.bytes_h2d).s,
                  text_bytes(r->counters.bytes_d2h).s, time_ns(copying_ns(&r->counters)).s,
                  time_ns(r->counters.service_ns).s, NULL);
    }
    table_print(table, out, 2);
    fputc('\n', out);
}

static void print_devices(const struct summary_section *s, FILE *out)
{
    for (unsigned i = 0; i < s->devices; i++) {
        const struct summary_device *d = &s->device[i];

        fprintf(out, "  %s: %s, %s workers%s", d->name, text_bytes(d->memory_bytes).s,
                text_count(d->workers).s, d->huge_pages ? ", huge pages" : "");
        if (d->restarts)
            fprintf(out, ", started again %s times", text_count(d->restarts).s);
        fputc('\n', out);
    }
}

static void print_section(const struct summary_section *s, FILE *out)
{
    const struct summary_counters *c = &s->total;

    fprintf(out, "hum: %s (process %llu), policy %s, %s launch%s\n", s->program,
            (unsigned long long)s->pid, s->policy, text_count(s->launches).s,
            s->launches == 1 ? "" : "es");
    print_devices(s, out);
    fputc('\n', out);
    print_directions(c, out);
    print_sampling(s, out);
    print_told(s, out);
    print_causes(s, out);
    print_regions(s, out);
    if (c->evictions_clean || c->evictions_dirty)
        fprintf(out, "  blocks evicted: %s without a copy, %s with one\n\n",
                text_count(c->evictions_clean).s, text_count(c->evictions_dirty).s);
}

/* One sentence when there is less to show than one might expect; "" if all is well. */
static void explain(const struct child_result *child, const struct summary_file *file, char *text,
                    size_t room)
{
    text[0] = '\0';
    if (child->start_errno)
        snprintf(text, room, "the program could not be started: %s", strerror(child->start_errno));
    else if (file->damaged)
        snprintf(text, room, "%zu part%s of the summary could not be read (%s)", file->damaged,
                 file->damaged == 1 ? "" : "s", file->reason);
    else if (file->count == 0 && child->signaled)
        snprintf(text, room,
                 "no summary: signal %d (%s) ended the program before it could write one",
                 child->code, strsignal(child->code));
    else if (file->count == 0)
        snprintf(text, room,
                 "no summary: the program opened no space, or ended by _exit without closing it");
    else if (child->signaled)
        snprintf(text, room, "signal %d (%s) ended the program; only spaces closed before count",
                 child->code, strsignal(child->code));
}

bool report_text(const struct report *report, FILE *out)
{
    const struct child_result *child = report->child;
    const struct summary_file *file = report->summary;
    char message[384];

    explain(child, file, message, sizeof(message));
    for (size_t i = 0; i < file->count; i++)
        print_section(&file->section[i], out);
    fprintf(out, "hum: %s wall, %s user, %s system", text_time(child->wall_s).s,
            text_time(child->user_s).s, text_time(child->system_s).s);
    if (child->signaled)
        fprintf(out, ", ended by signal %d\n", child->code);
    else
        fprintf(out, ", exit status %d\n", child->code);
    if (message[0])
        fprintf(out, "hum: %s\n", message);
    return !ferror(out);
}

/* ---- the report as JSON --------------------------------------------------------------------- */

static json_t *by_direction(json_t *h2d, json_t *d2h, json_t *d2d)
{
    return json_pack("{s:o, s:o, s:o}", "host_to_device", h2d, "device_to_host", d2h,
                     "device_to_device", d2d);
}

static json_t *seconds(uint64_t ns)
{
    return json_real((double)ns * 1e-9);
}

static json_t *counters_json(const struct summary_counters *c)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "faults_host",
        json_count(c->faults_host), "faults_device", json_count(c->faults_device),
        "faults_duplicate", json_count(c->faults_duplicate), "batches", json_count(c->batches),
        "bytes",
        by_direction(json_count(c->bytes_h2d), json_count(c->bytes_d2h), json_count(c->bytes_d2d)),
        "move_s",
        by_direction(seconds(c->move_ns_h2d), seconds(c->move_ns_d2h), seconds(c->move_ns_d2d)),
        "evictions_clean", json_count(c->evictions_clean), "evictions_dirty",
        json_count(c->evictions_dirty), "service_s", seconds(c->service_ns), "modelled_s",
        by_direction(seconds(c->modelled_ns_h2d), seconds(c->modelled_ns_d2h),
                     seconds(c->modelled_ns_d2d)));
}

static json_t *devices_json(const struct summary_section *s)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < s->devices; i++) {
        const struct summary_device *d = &s->device[i];

        json_array_append_new(
            list,
            json_pack("{s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o}", "name", json_text(d->name),
                      "memory_bytes", json_count(d->memory_bytes), "workers",
                      json_count(d->workers), "restarts", json_count(d->restarts), "huge_pages",
                      d->huge_pages != 0, "lost", d->lost != 0, "resident_bytes",
                      json_count(d->resident_bytes), "frame_bytes", json_count(d->frame_bytes)));
    }
    return list;
}

static json_t *causes_json(const struct summary_section *s)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < s->causes; i++)
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o}", "cause", json_text(s->cause[i].name), "events",
                            json_count(s->cause[i].events), "pages", json_count(s->cause[i].pages),
                            "bytes", json_count(s->cause[i].bytes)));
    return list;
}

static json_t *regions_json(const struct summary_section *s)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < s->regions; i++) {
        const struct summary_region *r = &s->region[i];

        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o, s:b, s:o}", "name", json_text(r->name), "address",
                            r->ptr ? json_text(text_hex(r->ptr).s) : json_null(), "bytes",
                            json_count(r->bytes), "regions", json_count(r->regions), "live",
                            r->live != 0, "counters", counters_json(&r->counters)));
    }
    return list;
}

static json_t *sampling_json(const struct summary_section *s)
{
    return json_pack("{s:o, s:o, s:o, s:f}", "taken", json_count(s->samples_taken), "touched",
                     json_count(s->samples_touched), "ns", json_count(s->sample_ns), "share",
                     (double)s->sample_ppm / 1e6);
}

static json_t *told_json(const struct summary_section *s)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "thrashed", json_count(s->told_thrashed), "throttled",
                     json_count(s->told_throttled), "throttled_ns",
                     json_count(s->told_throttled_ns), "dropped", json_count(s->told_dropped));
}

static json_t *section_json(const struct summary_section *s)
{
    return json_pack("{s:o, s:o, s:o, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "process", json_count(s->pid), "name", json_text(s->program), "policy",
                     json_text(s->policy), "huge_pages", s->huge_pages != 0, "shared_read",
                     s->shared_read != 0, "kernel_faults", s->kernel_faults != 0, "launches",
                     json_count(s->launches), "metadata_bytes", json_count(s->metadata_bytes),
                     "sampling", sampling_json(s), "told", told_json(s), "violations",
                     json_count(s->violations), "devices", devices_json(s), "total",
                     counters_json(&s->total), "causes", causes_json(s), "regions",
                     regions_json(s));
}

bool report_json(const struct report *report, FILE *out)
{
    const struct child_result *child = report->child;
    const struct summary_file *file = report->summary;
    json_t *program = json_array(), *spaces = json_array(), *all;
    char message[384];

    explain(child, file, message, sizeof(message));
    for (char *const *arg = report->argv; *arg; arg++)
        json_array_append_new(program, json_text(*arg));
    for (size_t i = 0; i < file->count; i++)
        json_array_append_new(spaces, section_json(&file->section[i]));
    all = json_pack("{s:o, s:o, s:o, s:f, s:f, s:f, s:o, s:o, s:O, s:o, s:o}", "program", program,
                    "exit_status", child->signaled ? json_null() : json_integer(child->code),
                    "signal", child->signaled ? json_integer(child->code) : json_null(), "wall_s",
                    child->wall_s, "user_s", child->user_s, "system_s", child->system_s,
                    "rss_max_bytes", json_count(child->rss_max_bytes), "spaces", spaces, "findings",
                    report->findings, "damaged",
                    json_count(file->damaged), "message", json_text(message));
    return json_print(all, out, false);
}
