/* SPDX-License-Identifier: MIT */
/*
 * model.h - a trace, made small: everything that a report shows.
 *
 * Ten million records become some megabytes at most: sums by bin of time (timeline.h), a picture of
 * address against time (heat.h), tables (ledger.h) and the metrics of trace.h, which are computed
 * by hum_metering and by nothing else.  All outputs (page, text, SVG, JSON) draw from it.
 *
 * The model reads its source twice.  A source that is damaged behind some record gives a model of
 * what stands before, with `damage` saying what is wrong.
 *
 * Times whose names say `modelled` come from a link model, all others were measured.
 */
#ifndef HUM_REPORT_MODEL_H
#define HUM_REPORT_MODEL_H

#include "report/heat.h"
#include "report/ledger.h"
#include "report/pages.h"
#include "report/source.h"
#include "report/timeline.h"

#define MODEL_SETTINGS_MAX 64u
#define MODEL_WORST_MAX 50u
#define MODEL_DIFFERENCES_MAX 8u

/* Do the runtime's own counters equal the sums of the records? */
enum model_check { CHECK_ABSENT, CHECK_AGREES, CHECK_DIFFERS };

struct model_difference {
    const char *name;
    uint64_t counted, summed; /* by the runtime; from the records */
};

struct report_model {
    struct hum_trace_space space;
    bool has_space;
    struct hum_trace_setting setting[MODEL_SETTINGS_MAX];
    uint32_t settings;
    struct hum_trace_processor processor[HUM_PROCESSORS_MAX]; /* by processor + 1 */
    bool has_processor[HUM_PROCESSORS_MAX];
    uint64_t records[HUM_TRACE_KIND_COUNT];
    uint64_t dropped[HUM_TRACE_KIND_COUNT];
    uint64_t start_ns, end_ns;
    char damage[256]; /* "" or why reading ended early */
    bool grew;        /* records were added while it was read; they are left out */

    struct hum_metrics metrics;
    struct hum_trace_totals totals;
    enum model_check check;
    struct model_difference difference[MODEL_DIFFERENCES_MAX];
    uint32_t differences;

    struct timeline timeline;
    struct pages pages;
    struct heat heat;
    struct ledger ledger;
    struct page_run worst[MODEL_WORST_MAX];
    uint32_t worst_count;

    /* Filled by who opened the file. */
    char file[256];
    struct hum_trace_info info;
};

/*
 * HUM_ERR_NO_MEMORY; HUM_ERR_INVALID: there is no record at all; else what the source returned.
 */
HUM_MUST_USE enum hum_status report_model_create(const struct report_source *source,
                                                 struct report_model **model_out);
void report_model_destroy(struct report_model *model);

/* "emu0", "host", "device 3" */
const char *report_processor_name(const struct report_model *model, int processor, char *room,
                                  size_t bytes);
/* The name of a region by its row, or its address; of a kernel by its row. */
const char *report_region_name(const struct report_model *model, uint32_t row, char *room,
                               size_t bytes);
const char *report_kernel_name(const struct report_model *model, uint32_t row);
/* The value of a setting, or NULL. */
const char *report_setting(const struct report_model *model, const char *key);
/* Address of a page; its number times 4096 if the trace has no space. */
uint64_t report_address(const struct report_model *model, uint64_t page);
/* Does any figure come from a link model? */
bool report_has_modelled(const struct report_model *model);

enum report_table { TABLE_OF_REGIONS, TABLE_OF_KERNELS, TABLE_OF_PHASES };
/*
 * Rows of a table in the order of their cost, those that cost nothing left out (kernels that ran
 * are kept).  Returns how many; *rows_out is malloc()ed, NULL if there is no memory.
 */
uint32_t report_rank(const struct report_model *model, enum report_table table,
                     uint32_t **rows_out);

#endif
