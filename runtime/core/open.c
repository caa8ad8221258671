/* SPDX-License-Identifier: MIT */
/* open.c - hum_open and hum_close: a space is put together and taken apart. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/options.h"
#include "base/status.h"
#include "core/accesses.h"
#include "core/check.h"
#include "core/kept.h"
#include "core/kernels.h"
#include "core/live.h"
#include "core/module.h"
#include "core/opened.h"
#include "core/policies.h"
#include "core/record.h"
#include "core/room.h"
#include "core/sample.h"
#include "core/service.h"
#include "core/stream.h"
#include "core/summary.h"
#include "core/told.h"
#include "core/uses.h"
#include "core/watch.h"
#include "device/keeper.h"
#include "device/registry.h"
#include "os/memory.h"

/* What the options say once environment and defaults are in. */
struct settings {
    struct humi_device_params devices[HUM_DEVICES_MAX];
    unsigned device_count;
    struct humi_option policy;
    size_t space_bytes;        /* 0: the default, halved until it fits */
    size_t host_bytes;
    unsigned watchdog_ms;
    bool huge, shared_read, kernel_faults;
    char *kernel_path;
    char *trace;               /* NULL: none is written */
    struct humi_link_model link;
    bool pace, pace_faults, exact, live, deterministic, check, check_uses;
    char unkept[HUMI_ERROR_TEXT_BYTES]; /* why mode=auto is not managed; "" */
    uint32_t watched;          /* processors whose access epochs take */
    uint32_t exact_window;
    uint32_t sample_ppm;
    bool sample_said;          /* the user chose it; else policies do */
};

/* ---- settings -------------------------------------------------------------------------------- */

static enum hum_status read_features(const char *given, struct settings *settings)
{
    struct humi_option option = humi_option_find("HUM_FEATURES", given);
    struct humi_slice rest = option.value, item;
    settings->huge = settings->shared_read = settings->kernel_faults = true;
    if (!humi_option_is_set(&option))
        return HUM_OK;
    while (humi_slice_next(&rest, ',', &item)) {
        if (humi_slice_is(&item, "-huge"))
            settings->huge = false;
        else if (humi_slice_is(&item, "-share"))
            settings->shared_read = false;
        else if (humi_slice_is(&item, "-kernel_faults"))
            settings->kernel_faults = false;
        else
            return humi_fail(HUM_ERR_INVALID,
                             "HUM_FEATURES: unknown feature '%.*s'; known are -huge, -share and "
                             "-kernel_faults",
                             (int)item.bytes, item.text);
    }
    return HUM_OK;
}

static enum hum_status read_size(const char *name, size_t given, size_t *out)
{
    struct humi_option option = humi_option_find(name, NULL);
    *out = given;
    return given || !humi_option_is_set(&option) ? HUM_OK : humi_option_size(&option, out);
}

static enum hum_status read_watchdog(unsigned given, struct settings *settings)
{
    struct humi_option option = humi_option_find("HUM_WATCHDOG", NULL);
    uint64_t ns = 0;
    settings->watchdog_ms = given;
    if (given || !humi_option_is_set(&option))
        return HUM_OK;
    enum hum_status status = humi_option_duration(&option, &ns);
    if (status == HUM_OK)
        settings->watchdog_ms = (unsigned)(ns / UINT64_C(1000000));
    return status;
}

static enum hum_status read_space(size_t given, struct settings *settings)
{
    enum hum_status status = read_size("HUM_SPACE", given, &settings->space_bytes);
    if (status == HUM_OK && settings->space_bytes % HUMI_SPACE_UNIT)
        return humi_fail(HUM_ERR_INVALID, "the space (%zu bytes) must be a multiple of 1 GiB",
                         settings->space_bytes);
    return status;
}

static enum hum_status read_devices(const char *given, struct settings *settings)
{
    struct humi_option option = humi_option_find("HUM_DEVICES", given);
    char *text = option.value.text ? strndup(option.value.text, option.value.bytes) : NULL;
    if (option.value.text && !text)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory to read the list of devices");
    enum hum_status status = humi_devices_parse(text, settings->watchdog_ms, settings->devices,
                                                &settings->device_count);
    free(text);
    return status;
}

/* Programs and spaces that get the same value from the environment write files of their own. */
static char *trace_path(const struct humi_option *option, bool given)
{
    static atomic_uint spaces;
    unsigned before = given ? 0 : atomic_fetch_add(&spaces, 1);
    char *path = NULL, suffix[16] = "";
    const char *text = option->value.text;
    int bytes = (int)option->value.bytes;
    const char *pid = memmem(text, option->value.bytes, "%p", 2);
    if (before)
        snprintf(suffix, sizeof suffix, ".%u", before + 1);
    int n = pid ? asprintf(&path, "%.*s%d%.*s%s", (int)(pid - text), text, getpid(),
                           bytes - (int)(pid - text) - 2, pid + 2, suffix)
                : asprintf(&path, "%.*s%s", bytes, text, suffix);
    return n < 0 ? NULL : path;
}

/* "none", "epoch", "exact", "full", "exact:<window>" or "full:<window>" */
static enum hum_status read_accesses(const char *given, struct settings *settings)
{
    struct humi_option option = humi_option_find("HUM_ACCESSES", given);
    struct humi_option window = option;
    struct humi_slice grade = option.value;
    uint64_t pages = 0;
    bool has_window = humi_option_is_set(&option) &&
                      humi_slice_cut(&option.value, ':', &grade, &window.value);
    bool full = humi_slice_is(&grade, "full"), epoch = humi_slice_is(&option.value, "epoch");
    settings->exact = full || humi_slice_is(&grade, "exact");
    settings->watched = full ? 1 : epoch ? UINT32_MAX : 0;
    if (humi_option_is_set(&option) && !settings->exact && !epoch &&
        !humi_slice_is(&option.value, "none"))
        return humi_fail(HUM_ERR_INVALID, "HUM_ACCESSES: '%.*s' is none of none, epoch, exact, "
                                          "exact:<pages>, full, full:<pages>",
                         (int)option.value.bytes, option.value.text);
    if (!has_window || !settings->exact)
        return HUM_OK;
    enum hum_status status = humi_option_number(&window, HUM_EXACT_WINDOW_MAX, &pages);
    if (status == HUM_OK && pages == 0)
        status = humi_fail(HUM_ERR_INVALID, "HUM_ACCESSES: %.*s needs a window of 1 to %u pages",
                           (int)grade.bytes, grade.text, HUM_EXACT_WINDOW_MAX);
    settings->exact_window = (uint32_t)pages;
    return status;
}

static enum hum_status read_recording(const struct hum_options *options, struct settings *settings)
{
    struct humi_option trace = humi_option_find("HUM_TRACE", options->trace);
    struct humi_option link = humi_option_find("HUM_LINK", options->link);
    struct humi_option pace = humi_option_find("HUM_PACE", NULL);
    char *text = link.value.text ? strndup(link.value.text, link.value.bytes) : NULL;
    enum hum_status status = humi_link_parse(text, &settings->link);
    free(text);
    settings->pace_faults = humi_slice_is(&pace.value, "faults");
    settings->pace = options->pace || settings->pace_faults;
    if (status == HUM_OK && !settings->pace && humi_option_is_set(&pace))
        status = humi_option_switch(&pace, &settings->pace);
    if (status == HUM_OK && settings->pace && !*settings->link.name)
        status = humi_fail(HUM_ERR_INVALID, "moves can be paced only on a modelled link: set "
                                            "HUM_LINK=pcie3x16 or another");
    if (status == HUM_OK && humi_option_is_set(&trace)) {
        settings->trace = trace_path(&trace, options->trace != NULL);
        if (!settings->trace)
            status = humi_fail(HUM_ERR_NO_MEMORY, "no memory for the name of the trace");
    }
    if (status == HUM_OK)
        status = read_accesses(options->accesses, settings);
    if (status == HUM_OK && (settings->exact || settings->watched) && !settings->trace)
        status = humi_fail(HUM_ERR_INVALID, "accesses are recorded in a trace only: set HUM_TRACE");
    return status;
}

/*
 * One worker a device: several would touch in an order of their own.  And no mapping is forgotten
 * that was not asked for.
 */
static enum hum_status read_deterministic(bool given, struct settings *settings)
{
    struct humi_option option = humi_option_find("HUM_DETERMINISTIC", NULL);
    enum hum_status status = HUM_OK;
    settings->deterministic = given;
    if (!given && humi_option_is_set(&option))
        status = humi_option_switch(&option, &settings->deterministic);
    for (unsigned d = 0; settings->deterministic && d < settings->device_count; d++) {
        settings->devices[d].workers = 1;
        settings->devices[d].prompt = true;
    }
    return status;
}

/* "2%", "0.5%": in ppm.  False: it is no such thing. */
static bool parse_share(const struct humi_slice *value, uint32_t *ppm_out)
{
    char text[32], *end;
    if (!value->bytes || value->bytes >= sizeof text || value->text[value->bytes - 1] != '%')
        return false;
    snprintf(text, sizeof text, "%.*s", (int)value->bytes - 1, value->text);
    if (strspn(text, "0123456789.") != strlen(text))
        return false;
    double percent = strtod(text, &end);
    if (end == text || *end || !(percent >= 0.0 && percent <= 50.0))
        return false;
    *ppm_out = (uint32_t)(percent * 1e4 + 0.5);
    return true;
}

/* "off", "on" or the share of the run time that sampling may cost. */
static enum hum_status read_sample(const char *given, struct settings *settings)
{
    struct humi_option option = humi_option_find("HUM_SAMPLE", given);
    bool on = false;
    if (!humi_option_is_set(&option))
        return HUM_OK;
    settings->sample_said = true;
    if (!parse_share(&option.value, &settings->sample_ppm)) {
        if (humi_option_switch(&option, &on) != HUM_OK)
            return humi_fail(HUM_ERR_INVALID,
                             "HUM_SAMPLE: '%.*s' is none of off, on, and a share of the run time "
                             "of at most 50%%, like 2%% or 0.5%%",
                             (int)option.value.bytes, option.value.text);
        settings->sample_ppm = on ? HUMI_SAMPLE_SHARE_PPM : 0;
    }
    if (settings->sample_ppm && settings->watched)
        return humi_fail(HUM_ERR_INVALID, "HUM_ACCESSES=epoch and full see the first touch of "
                                          "every page: there is nothing left for HUM_SAMPLE");
    if (settings->sample_ppm && settings->deterministic)
        return humi_fail(HUM_ERR_INVALID, "HUM_DETERMINISTIC=on and HUM_SAMPLE do not go together: "
                                          "when a mapping is taken depends on time");
    return HUM_OK;
}

/* "uses", "released" or nothing. */
static enum hum_status read_check(const char *given, struct settings *settings)
{
    struct humi_option option = humi_option_find("HUM_CHECK", given);
    if (!humi_option_is_set(&option))
        return HUM_OK;
    settings->check_uses = humi_slice_is(&option.value, "uses");
    settings->check = settings->check_uses || humi_slice_is(&option.value, "released");
    if (!settings->check && !humi_slice_is(&option.value, "none"))
        return humi_fail(HUM_ERR_INVALID, "HUM_CHECK: '%.*s' is none of none, uses, released",
                         (int)option.value.bytes, option.value.text);
    if (settings->check_uses && (settings->watched || settings->sample_ppm))
        return humi_fail(HUM_ERR_INVALID, "HUM_CHECK=uses takes access that %s takes, too: use one "
                                          "at a time",
                         settings->watched ? "HUM_ACCESSES=epoch or full" : "HUM_SAMPLE");
    return HUM_OK;
}

static enum hum_status read_settings(const struct hum_options *options, struct settings *settings)
{
    static const struct hum_options none = HUM_OPTIONS_INIT;
    if (!options)
        options = &none;
    if (options->struct_size != sizeof *options)
        return humi_fail(HUM_ERR_INVALID,
                         "hum_options was not initialised with HUM_OPTIONS_INIT of this version");
    settings->policy = humi_option_find("HUM_POLICY", options->policy);
    enum hum_status status = read_features(options->features, settings);
    if (status == HUM_OK)
        status = read_space(options->space_bytes, settings);
    if (status == HUM_OK)
        status = read_size("HUM_HOST_MEM", options->host_bytes, &settings->host_bytes);
    if (status == HUM_OK)
        status = read_watchdog(options->watchdog_ms, settings);
    if (status == HUM_OK)
        status = read_devices(options->devices, settings);
    if (status == HUM_OK)
        status = read_recording(options, settings);
    if (status == HUM_OK)
        status = read_deterministic(options->deterministic, settings);
    if (status == HUM_OK)
        status = read_sample(options->sample, settings);
    if (status == HUM_OK)
        status = read_check(options->check, settings);
    struct humi_option live = humi_option_find("HUM_LIVE", NULL);
    settings->live = true;
    if (status == HUM_OK && humi_option_is_set(&live))
        status = humi_option_switch(&live, &settings->live);
    struct humi_option path = humi_option_find("HUM_KERNEL_PATH", options->kernel_path);
    if (status != HUM_OK || !humi_option_is_set(&path))
        return status;
    settings->kernel_path = strndup(path.value.text, path.value.bytes);
    return settings->kernel_path
               ? HUM_OK
               : humi_fail(HUM_ERR_NO_MEMORY, "no memory to keep the path of kernel modules");
}

/* ---- processors ------------------------------------------------------------------------------ */

/* What needs faults that hum sees; NULL: nothing that was asked for. */
static const char *needs_faults(const struct settings *settings)
{
    return settings->check                                 ? "HUM_CHECK"
           : settings->watched || settings->exact          ? "HUM_ACCESSES"
           : settings->sample_said && settings->sample_ppm ? "HUM_SAMPLE"
           : settings->deterministic                       ? "HUM_DETERMINISTIC=on"
           : settings->host_bytes                          ? "HUM_HOST_MEM"
                                                           : NULL;
}

/* The first device's driver may make the space, and keep its pages. */
static enum hum_status open_keeper(struct hum *hum, struct settings *settings)
{
    enum hum_status status = humi_kept_open(
        hum, &(struct humi_kept_wish){.devices = settings->devices,
                                      .count = settings->device_count,
                                      .space_bytes = settings->space_bytes,
                                      .needs_faults = needs_faults(settings),
                                      .unkept_out = settings->unkept});
    if (hum->keeper)
        settings->sample_ppm = 0;
    return status;
}

static enum hum_status open_space(struct hum *hum, const struct settings *settings)
{
    hum->params.huge = settings->huge;
    hum->params.kernel_faults = settings->kernel_faults;
    hum->params.shared_read = settings->shared_read;
    hum->params.exact = settings->exact;
    hum->params.exact_window = settings->exact_window;
    hum->params.sample_ppm = settings->sample_ppm;
    if (hum->keeper)
        return HUM_OK;
    return humi_space_reserve(settings->space_bytes, settings->space_bytes != 0,
                              &hum->params.start, &hum->params.bytes);
}

static enum hum_status open_processors(struct hum *hum, const struct settings *settings)
{
    enum hum_status status =
        hum->keeper ? humi_kept_host_open(&hum->params, &hum->processor[0])
                    : humi_host_open(&hum->params, settings->host_bytes, &hum->processor[0]);
    for (unsigned d = hum->keeper ? 1 : 0; status == HUM_OK && d < settings->device_count; d++)
        status = humi_device_open(&hum->params, &settings->devices[d], &hum->processor[d + 1]);
    if (status != HUM_OK)
        return status;
    hum->processors = settings->device_count + 1;
    for (unsigned p = 1; p < hum->processors; p++) {
        if (hum->processor[p]->cannot_fault)
            hum->epochs.watched &= ~(1u << p);
        else if (settings->check_uses)
            hum->exact |= 1u << p;
    }
    hum->exact |= hum->epochs.watched;
    if (settings->check_uses && !hum->processor[0]->shared_read)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "HUM_CHECK=uses tells reading from writing by pages that are mapped "
                         "read-only, which needs Linux 6.4 or newer (and no HUM_FEATURES=-share)");
    if (hum->epochs.watched && !hum->processor[0]->shared_read)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "HUM_ACCESSES=epoch and full tell reading from writing by pages that are "
                         "mapped read-only, which needs Linux 6.4 or newer (and no "
                         "HUM_FEATURES=-share); record exact accesses instead");
    return HUM_OK;
}

/* An eighth of the machine's memory may wait on the host side for its next use. */
static uint64_t stale_blocks_max(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    return pages > 0 && page_bytes > 0
               ? (uint64_t)pages * (uint64_t)page_bytes / 8 / HUM_BLOCK_SIZE
               : 0;
}

static enum hum_status open_streams(struct hum *hum)
{
    for (unsigned p = 1; p < hum->processors; p++) {
        enum hum_status status = humi_stream_open(hum, p, true, &hum->default_stream[p - 1]);
        if (status != HUM_OK)
            return status;
    }
    return HUM_OK;
}

#define REDUCED_BYTES (4 * HUMI_ERROR_TEXT_BYTES)

/* One line for each thing that this system does not give, with the way to get it. */
static char *describe_reductions(const struct hum *hum, const char *unkept)
{
    const struct humi_processor *host = hum->processor[0];
    char *text = calloc(1, REDUCED_BYTES);
    if (!text)
        return NULL;
    if (*unkept)
        snprintf(text, HUMI_ERROR_TEXT_BYTES + 80,
                 "hum keeps residency, mode=declared instead of managed: %s\n", unkept);
    for (unsigned p = 1; p < hum->processors; p++)
        if (*hum->processor[p]->reduced && strlen(text) < REDUCED_BYTES / 2)
            snprintf(text + strlen(text), sizeof hum->processor[p]->reduced + 80, "%s: %s\n",
                     hum->processor[p]->name, hum->processor[p]->reduced);
    if (!host->huge)
        strcat(text, "frames are 4 KiB pages: moving whole blocks costs about twice as much; "
                     "allow user namespaces (kernel.unprivileged_userns_clone=1) or run as root\n");
    if (!host->kernel_faults)
        strcat(text, "system calls on managed pointers that are not mapped fail with EFAULT: set "
                     "vm.unprivileged_userfaultfd=1, give access to /dev/userfaultfd, or run as "
                     "root\n");
    if (!host->shared_read)
        strcat(text, "no read-only copies: a reader takes pages away from others; needs Linux "
                     "6.4 or newer\n");
    size_t length = strlen(text);
    if (length)
        text[length - 1] = '\0';
    return text;
}

/* ---- open and close -------------------------------------------------------------------------- */

/* A policy that decides by touches gets them, unless the user said otherwise or nothing may be. */
static void sample_as_needed(const struct hum *hum, struct settings *settings)
{
    if (!settings->sample_said && !settings->watched && !settings->deterministic &&
        humi_policies_count_touches(hum))
        settings->sample_ppm = HUMI_SAMPLE_SHARE_PPM;
}

static enum hum_status open_parts(struct hum *hum, struct settings *settings)
{
    const struct humi_option *policy = &settings->policy;
    enum hum_status status = humi_policies_open(hum, policy->name, policy->value);
    if (status == HUM_OK)
        sample_as_needed(hum, settings);
    if (status == HUM_OK)
        status = open_keeper(hum, settings);
    if (status == HUM_OK)
        status = open_space(hum, settings);
    if (status == HUM_OK)
        status = open_processors(hum, settings);
    if (status == HUM_OK && settings->check)
        status = humi_check_open(hum, settings->check_uses);
    if (status == HUM_OK)
        status = humi_regions_init(&hum->regions, hum->params.start, hum->params.bytes);
    if (status == HUM_OK)
        status = humi_table_init(&hum->table, hum->params.bytes, hum->processors);
    hum->table.fine_heat = settings->exact || (settings->sample_said && settings->sample_ppm);
    if (status == HUM_OK)
        status = humi_room_open(hum);
    if (status == HUM_OK)
        status = humi_sample_start(hum, settings->sample_ppm, !settings->sample_said,
                                   &hum->sample);
    if (status == HUM_OK)
        status = humi_record_open(hum, settings->trace);
    if (status == HUM_OK)
        status = open_streams(hum);
    if (status == HUM_OK)
        status = humi_accesses_start(hum, &hum->accesses);
    if (status == HUM_OK)
        status = humi_service_start(hum, &hum->service);
    if (status != HUM_OK)
        return status;
    hum->reduced = describe_reductions(hum, settings->unkept);
    if (hum->reduced && *hum->reduced)
        humi_warn("reduced: %s", hum->reduced);
    hum->live = settings->live ? humi_live_start(hum) : NULL;
    return HUM_OK;
}

enum hum_status hum_open(const struct hum_options *options, struct hum **hum_out)
{
    struct settings settings = {0};
    if (!hum_out)
        return humi_fail(HUM_ERR_INVALID, "hum_open needs an output");
    enum hum_status status = read_settings(options, &settings);
    struct hum *hum = status == HUM_OK ? calloc(1, sizeof *hum) : NULL;
    if (!hum) {
        free(settings.kernel_path);
        free(settings.trace);
        if (status != HUM_OK)
            return status;
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a space");
    }
    humi_lock_init(&hum->lock, HUMI_RANK_HUM);
    humi_lock_init(&hum->told_lock, HUMI_RANK_TOLD);
    humi_list_init(&hum->streams);
    humi_list_init(&hum->modules);
    hum->stale_max = stale_blocks_max();
    hum->kernel_path = settings.kernel_path;
    hum->deterministic = settings.deterministic;
    hum->recorder.link = settings.link;
    hum->recorder.pace = settings.pace;
    hum->recorder.pace_faults = settings.pace_faults;
    hum->epochs.watched = settings.watched;
    humi_uses_open(hum);
    status = open_parts(hum, &settings);
    free(settings.trace);
    if (status != HUM_OK) {
        char text[HUMI_ERROR_TEXT_BYTES];
        humi_error_save(text, sizeof text);
        hum_close(hum);
        humi_error_restore(text);
        return status;
    }
    humi_opened_add(hum);
    *hum_out = hum;
    return HUM_OK;
}

void hum_close(struct hum *hum)
{
    if (!hum)
        return;
    if (humi_watch_is_inside()) {
        humi_warn("hum_close may not be called by a callback of hum_watch; nothing is closed");
        return;
    }
    humi_streams_close(hum);
    humi_live_stop(hum->live);
    if (humi_opened_remove(hum) && humi_summary_path())
        humi_summary_write(hum, humi_summary_path());
    humi_sample_stop(hum->sample);
    humi_accesses_stop(hum->accesses);
    humi_service_stop(hum->service);
    humi_told_take(hum, true);
    humi_watches_close(hum);
    humi_record_close(hum);
    humi_sample_destroy(hum->sample);
    humi_modules_close(hum);
    humi_kernels_close(hum);
    for (unsigned p = HUM_PROCESSORS_MAX; p-- > 0;)
        if (hum->processor[p])
            hum->processor[p]->ops->close(hum->processor[p]);
    humi_room_close(hum);
    if (hum->params.bytes && !hum->keeper)
        humi_space_release(hum->params.start, hum->params.bytes);
    humi_table_fini(&hum->table);
    humi_regions_fini(&hum->regions);
    humi_lock_fini(&hum->lock);
    humi_lock_fini(&hum->told_lock);
    humi_uses_close(hum);
    humi_check_close(hum);
    humi_policies_close(hum);
    free(hum->kernel_path);
    free(hum->reduced);
    free(hum->used_before);
    free(hum->asked_ahead);
    free(hum);
}
