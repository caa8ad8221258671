/* SPDX-License-Identifier: MIT */
/*
 * summary.c - see summary.h for the format.
 *
 * Uses the public functions only, so it sees what any program could see and needs no lock of the
 * core.
 */
#include "core/summary.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* One line of the region table: one live region, or freed ones of the same name and size. */
struct row {
    uintptr_t ptr;  /* 0: several */
    uint64_t bytes; /* of each */
    uint64_t regions;
    bool live;
    char name[64];
    struct hum_counters counters;
};

struct rows {
    struct row row[HUMI_SUMMARY_REGIONS];
    unsigned count;
    struct row rest; /* bytes: of all */
};

/* Freed regions of one space; spaces are few, so a list. */
struct memory {
    struct memory *next;
    const struct hum *hum;
    struct rows rows;
};

static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;
static struct memory *memories; /* guarded by memory_lock */

static pthread_once_t path_once = PTHREAD_ONCE_INIT;
static const char *path_wanted;

static void path_read(void)
{
    const char *value = getenv(HUMI_SUMMARY_ENV);

    if (value && *value)
        path_wanted = strdup(value); /* lives as long as the process */
}

const char *humi_summary_path(void)
{
    pthread_once(&path_once, path_read);
    return path_wanted;
}

/* ---- the region table ----------------------------------------------------------------------- */

_Static_assert(sizeof(struct hum_counters) % sizeof(uint64_t) == 0, "counters are all uint64_t");

static void counters_add(struct hum_counters *sum, const struct hum_counters *more)
{
    uint64_t *to = (uint64_t *)(void *)sum;
    const uint64_t *from = (const uint64_t *)(const void *)more;

    for (size_t i = 0; i < sizeof(*sum) / sizeof(uint64_t); i++)
        to[i] += from[i];
}

/* What a region is ranked by: bytes moved, a fault counting as the page it was about. */
static uint64_t row_weight(const struct row *row)
{
    const struct hum_counters *c = &row->counters;
    uint64_t weight = (c->faults_host + c->faults_device) * HUM_PAGE_SIZE;

    for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
        weight += c->bytes[d];
    return weight;
}

static void rest_add(struct row *rest, const struct row *row)
{
    rest->regions += row->regions;
    rest->bytes += row->bytes * row->regions;
    rest->live = rest->live || row->live;
    counters_add(&rest->counters, &row->counters);
}

/* Keep the heaviest rows; the lightest one makes room and joins the rest. */
static void rows_add(struct rows *rows, const struct row *row)
{
    unsigned lightest = 0;

    if (rows->count < HUMI_SUMMARY_REGIONS) {
        rows->row[rows->count++] = *row;
        return;
    }
    for (unsigned i = 1; i < rows->count; i++)
        if (row_weight(&rows->row[i]) < row_weight(&rows->row[lightest]))
            lightest = i;
    if (row_weight(&rows->row[lightest]) >= row_weight(row)) {
        rest_add(&rows->rest, row);
        return;
    }
    rest_add(&rows->rest, &rows->row[lightest]);
    rows->row[lightest] = *row;
}

static void rows_add_freed(struct rows *rows, const struct row *row)
{
    for (unsigned i = 0; i < rows->count; i++) {
        struct row *known = &rows->row[i];

        if (known->bytes == row->bytes && strcmp(known->name, row->name) == 0) {
            known->regions++;
            known->ptr = 0;
            counters_add(&known->counters, &row->counters);
            return;
        }
    }
    rows_add(rows, row);
}

static struct row row_of(const struct hum_region_info *info, bool live)
{
    struct row row = {
        .ptr = (uintptr_t)info->ptr,
        .bytes = info->bytes,
        .regions = 1,
        .live = live,
        .counters = info->counters,
    };

    memcpy(row.name, info->name, sizeof(row.name));
    row.name[sizeof(row.name) - 1] = '\0';
    return row;
}

/* The memory of one space; created when asked to.  Under memory_lock. */
static struct memory **memory_find(const struct hum *hum, bool create)
{
    struct memory **at = &memories;

    while (*at && (*at)->hum != hum)
        at = &(*at)->next;
    if (!*at && create) {
        *at = calloc(1, sizeof(**at));
        if (*at)
            (*at)->hum = hum;
    }
    return at;
}

void humi_summary_freed(struct hum *hum, const struct hum_region_info *info)
{
    struct row row;
    struct memory *memory;

    if (!humi_summary_path())
        return;
    row = row_of(info, false);
    pthread_mutex_lock(&memory_lock);
    memory = *memory_find(hum, true);
    if (memory) /* without memory the table is shorter, the totals are still right */
        rows_add_freed(&memory->rows, &row);
    pthread_mutex_unlock(&memory_lock);
}

/* Move what was remembered of `hum` to *rows_out. */
static void memory_take(const struct hum *hum, struct rows *rows_out)
{
    struct memory **at, *memory;

    memset(rows_out, 0, sizeof(*rows_out));
    pthread_mutex_lock(&memory_lock);
    at = memory_find(hum, false);
    memory = *at;
    if (memory)
        *at = memory->next;
    pthread_mutex_unlock(&memory_lock);
    if (memory)
        *rows_out = memory->rows;
    free(memory);
}

/* ---- writing -------------------------------------------------------------------------------- */

static void put_text(FILE *out, const char *key, const char *text)
{
    fprintf(out, " %s=", key);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c < 32 || *c == '%' || *c == 127)
            fprintf(out, "%%%02X", *c);
        else
            fputc(*c, out);
    }
    fputc('\n', out);
}

static void put_counters(FILE *out, const struct hum_counters *c)
{
    fprintf(out,
            " faults_host=%" PRIu64 " faults_device=%" PRIu64 " faults_duplicate=%" PRIu64
            " batches=%" PRIu64 " bytes_h2d=%" PRIu64 " bytes_d2h=%" PRIu64 " bytes_d2d=%" PRIu64
            " evictions_clean=%" PRIu64 " evictions_dirty=%" PRIu64 " move_ns_h2d=%" PRIu64
            " move_ns_d2h=%" PRIu64 " move_ns_d2d=%" PRIu64 " service_ns=%" PRIu64
            " modelled_ns_h2d=%" PRIu64 " modelled_ns_d2h=%" PRIu64 " modelled_ns_d2d=%" PRIu64,
            c->faults_host, c->faults_device, c->faults_duplicate, c->batches, c->bytes[HUM_H2D],
            c->bytes[HUM_D2H], c->bytes[HUM_D2D], c->evictions_clean, c->evictions_dirty,
            c->move_ns[HUM_H2D], c->move_ns[HUM_D2H], c->move_ns[HUM_D2D], c->service_ns,
            c->modelled_ns[HUM_H2D], c->modelled_ns[HUM_D2H], c->modelled_ns[HUM_D2D]);
}

static void put_space(FILE *out, struct hum *hum, const struct hum_stats *stats)
{
    struct hum_system_info system;

    fprintf(out, "process pid=%ld", (long)getpid());
    put_text(out, "name", program_invocation_short_name);
    fprintf(out,
            "space devices=%u launches=%" PRIu64 " regions=%" PRIu64 " region_bytes=%" PRIu64
            " metadata_bytes=%" PRIu64 " host_resident_bytes=%" PRIu64
            " sample_ppm=%u samples_taken=%" PRIu64 " samples_touched=%" PRIu64
            " sample_ns=%" PRIu64 " told_thrashed=%" PRIu64 " told_throttled=%" PRIu64
            " told_throttled_ns=%" PRIu64 " told_dropped=%" PRIu64 " violations=%zu",
            stats->devices, stats->launches, stats->regions, stats->region_bytes,
            stats->metadata_bytes, stats->resident_bytes[0], stats->sample_ppm,
            stats->samples_taken, stats->samples_touched, stats->sample_ns, stats->told_thrashed,
            stats->told_throttled, stats->told_throttled_ns, stats->told_dropped,
            hum_violations(hum, NULL, 0));
    if (hum_system_info(hum, &system) == HUM_OK) {
        fprintf(out, " bytes=%zu huge_pages=%d shared_read=%d kernel_faults=%d", system.space_bytes,
                system.huge_pages, system.shared_read, system.kernel_faults);
        put_text(out, "policy", system.policy);
    } else {
        fputc('\n', out);
    }
}

static void put_devices(FILE *out, struct hum *hum, const struct hum_stats *stats)
{
    for (unsigned d = 0; d < stats->devices && d < HUM_DEVICES_MAX; d++) {
        struct hum_device_info info;

        if (hum_device_info(hum, (int)d, &info) != HUM_OK)
            continue;
        fprintf(out,
                "device index=%u memory_bytes=%" PRIu64 " workers=%u restarts=%" PRIu64
                " huge_pages=%d lost=%d resident_bytes=%" PRIu64 " frame_bytes=%" PRIu64,
                d, info.memory_bytes, info.workers, info.restarts, info.huge_pages, info.lost,
                stats->resident_bytes[d + 1], stats->frame_bytes[d + 1]);
        put_text(out, "name", info.name);
    }
}

static void put_totals(FILE *out, const struct hum_counters *total)
{
    fputs("total", out);
    put_counters(out, total);
    fputc('\n', out);
    for (unsigned cause = 0; cause < HUM_CAUSE_COUNT; cause++) {
        if (!total->events[cause] && !total->pages[cause])
            continue;
        fprintf(out, "cause events=%" PRIu64 " pages=%" PRIu64 " bytes=%" PRIu64,
                total->events[cause], total->pages[cause], total->bytes_by_cause[cause]);
        put_text(out, "name", hum_cause_text((enum hum_cause)cause));
    }
}

static void put_row(FILE *out, const struct row *row, uint64_t bytes)
{
    fprintf(out, "region ptr=%" PRIuPTR " bytes=%" PRIu64 " regions=%" PRIu64 " live=%d", row->ptr,
            bytes, row->regions, row->live);
    put_counters(out, &row->counters);
    put_text(out, "name", row->name);
}

static void put_regions(FILE *out, struct hum *hum, struct rows *rows)
{
    struct hum_region_info info;
    const char *from = NULL;

    while (hum_region_next(hum, from, &info) == HUM_OK) {
        struct row row = row_of(&info, true);

        rows_add(rows, &row);
        from = (const char *)info.ptr + info.bytes;
    }
    for (unsigned i = 0; i < rows->count; i++)
        put_row(out, &rows->row[i], rows->row[i].bytes * rows->row[i].regions);
    if (rows->rest.regions)
        put_row(out, &rows->rest, rows->rest.bytes);
}

/* The whole section in memory; NULL when there is no memory for it.  The caller frees. */
static char *section_build(struct hum *hum, size_t *bytes_out)
{
    struct hum_stats stats;
    struct rows *rows;
    char *text = NULL;
    FILE *out;

    if (hum_stats(hum, &stats) != HUM_OK)
        return NULL;
    rows = malloc(sizeof(*rows));
    out = rows ? open_memstream(&text, bytes_out) : NULL;
    if (!out) {
        free(rows);
        return NULL;
    }
    memory_take(hum, rows);
    fprintf(out, "hum-summary %u\n", HUMI_SUMMARY_VERSION);
    put_space(out, hum, &stats);
    put_devices(out, hum, &stats);
    put_totals(out, &stats.total);
    put_regions(out, hum, rows);
    fputs("end\n", out);
    free(rows);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* One write if the file takes it whole, which regular files do. */
static bool append_all(int fd, const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(fd, text, bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        bytes -= (size_t)n;
    }
    return true;
}

void humi_summary_write(struct hum *hum, const char *path)
{
    size_t bytes = 0;
    char *text = section_build(hum, &bytes);
    int fd;

    if (!text) {
        humi_warn("no memory for the summary");
        return;
    }
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
    if (fd < 0 || !append_all(fd, text, bytes))
        humi_warn("cannot write the summary to %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    free(text);
}
