/* SPDX-License-Identifier: MIT */
/* print.c - what a replay came to. */
#include "command/replay/print.h"

#include <math.h>
#include <string.h>

#include "command/json.h"
#include "command/text.h"

static double ratio(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : (double)NAN;
}

/* Touches of devices that found their page there. */
static double hit_rate(const struct humi_replay_result *result)
{
    return ratio(result->accesses_device - result->misses - result->remote_accesses,
                 result->accesses_device);
}

static double accuracy(const struct humi_replay_result *result)
{
    return ratio(result->prefetched_used, result->pages_prefetched);
}

static double coverage(const struct humi_replay_result *result)
{
    return result->pages_prefetched
               ? ratio(result->prefetched_used, result->prefetched_used + result->far_faults)
               : (double)NAN;
}

static double rate(const struct replay_outcome *outcome)
{
    return outcome->replay_ns
               ? (double)outcome->page_accesses * 1e9 / (double)outcome->replay_ns
               : (double)NAN;
}

static double oversubscription(const struct replay_outcome *outcome)
{
    return ratio(outcome->footprint, outcome->capacity);
}

static const char *loop_name(const struct replay_request *request,
                             const struct replay_outcome *outcome)
{
    return outcome->page_only || request->loop == REPLAY_OPEN ? "open" : "closed";
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static json_t *bound_json(const struct humi_bound *bound)
{
    return json_pack("{s:o, s:o, s:o}", "misses", json_count(bound->misses), "bytes",
                     json_count(bound->bytes), "modelled_ns", json_count(bound->modelled_ns));
}

static json_t *bounds_json(const struct humi_bounds *bounds)
{
    json_t *object = json_object();

#define BOUND(name) json_object_set_new(object, #name, bound_json(&bounds->name));
    HUMI_BOUND_LIST(BOUND)
#undef BOUND
    return object;
}

static json_t *head_json(const char *trace, const struct replay_request *request,
                         const struct replay_outcome *outcome)
{
    const struct humi_cost_model *cost = &request->cost;

    return json_pack(
        "{s:o, s:o, s:o, s:b, s:b, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, "
        "s:o}", "trace",
        json_text(trace), "policy", json_text(request->policy ? request->policy : outcome->policy),
        "parts", json_text(outcome->policy), "page_only", outcome->page_only, "hints",
        !outcome->page_only && !request->no_hints, "loop",
        loop_name(request, outcome), "fault", cost->serial ? "serial" : "batch", "link",
        json_text(cost->link.name), "touch_ns",
        outcome->page_only ? json_null() : json_real(request->touch_ns), "devices",
        json_count(outcome->devices), "footprint_pages", json_count(outcome->footprint),
        "capacity_pages", json_count(outcome->capacity), "r",
        json_number(oversubscription(outcome)), "truncated", outcome->truncated, "recorded",
        *outcome->recorded ? json_text(outcome->recorded) : json_null(), "dropped_accesses",
        json_count(outcome->dropped), "calls", json_count(outcome->calls), "refused_calls",
        json_count(outcome->refused));
}

bool replay_print_json(const char *trace, const struct replay_request *request,
                       const struct replay_outcome *outcome, FILE *out)
{
    const struct humi_replay_result *result = &outcome->result;
    json_t *object = head_json(trace, request, outcome);

    if (!object)
        return false;
#define COUNT(name) json_object_set_new(object, #name, json_count(result->name));
    HUMI_REPLAY_COUNT_LIST(COUNT)
#undef COUNT
    if (!outcome->page_only) /* the core does not look at what became of a page that it brought */
        json_object_set_new(object, "prefetched_used", json_null());
    if (outcome->page_only) {
        json_object_set_new(object, "hit_rate", json_number(hit_rate(result)));
        json_object_set_new(object, "prefetch_accuracy", json_number(accuracy(result)));
        json_object_set_new(object, "prefetch_coverage", json_number(coverage(result)));
    }
    json_object_set_new(object, "bounds", bounds_json(&outcome->bounds));
    json_object_set_new(object, "replay_ns", json_count(outcome->replay_ns));
    json_object_set_new(object, "accesses_per_s", json_number(rate(outcome)));
    return json_print(object, out, true);
}

/* ---- text ----------------------------------------------------------------------------------- */

void replay_print_calls(const struct replay_request *request, const struct replay_outcome *outcome,
                        FILE *out)
{
    if (outcome->calls && request->no_hints)
        fputs("without what the program asked of the runtime\n", out);
    else if (outcome->calls)
        fprintf(out, "with what the program asked of the runtime, %s%s%s\n",
                outcome->calls == 1 ? "once" : text_count(outcome->calls).s,
                outcome->calls == 1 ? "" : " times",
                request->no_policies ? ", but for policies it set" : "");
    if (outcome->refused)
        fprintf(out, "%s of its calls could not be done again\n", text_count(outcome->refused).s);
}

static const char *implied_by(const struct replay_outcome *outcome)
{
    return outcome->declared ? ", as launches that declare uses ask" : ", as the capacity asks";
}

static void print_head(const char *trace, const struct replay_request *request,
                       const struct replay_outcome *outcome, FILE *out)
{
    const struct humi_cost_model *cost = &request->cost;

    fprintf(out, "%s: %s, %s%s, %s loop\n", trace, outcome->policy,
            outcome->page_only ? "page by page" : "block by block",
            outcome->implied ? implied_by(outcome) : "", loop_name(request, outcome));
    fprintf(out, "%s pages on %u device%s (r = %s), link %s, faults %s\n",
            text_count(outcome->capacity).s, outcome->devices,
            outcome->devices == 1 ? "" : "s each", text_number(oversubscription(outcome)).s,
            *cost->link.name ? cost->link.name : "none",
            cost->serial ? "one at a time" : "in batches");
    if (outcome->truncated)
        fputs("the trace is truncated: its program was killed\n", out);
    if (strncmp(outcome->recorded, "epoch", 5) == 0)
        fputs("its accesses are the pages of epochs, not every touch\n", out);
    else if (strncmp(outcome->recorded, "full", 4) == 0)
        fputs("the host's accesses are the pages of epochs, not every touch\n", out);
    else if (strncmp(outcome->recorded, "told", 4) == 0)
        fputs("its accesses are the faults that the driver told, not every touch: more memory "
              "looks better\nthan it is, and no policy can be ranked by it\n", out);
    replay_print_calls(request, outcome, out);
    if (outcome->dropped)
        fprintf(out, "%s records of accesses are missing: the program could not keep them\n",
                text_count(outcome->dropped).s);
    fputc('\n', out);
}

/* "bytes_h2d" is "bytes h2d"; the unit of a time stands with its figure. */
static void name_of(const char *field, char *name, size_t bytes)
{
    char *unit;

    snprintf(name, bytes, "%s", field);
    for (char *c = name; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    unit = strstr(name, " ns");
    if (unit)
        *unit = '\0';
}

static struct text value_of(const char *field, uint64_t value)
{
    if (strncmp(field, "bytes", 5) == 0)
        return text_bytes(value);
    return strstr(field, "_ns") ? text_time((double)value / 1e9) : text_count(value);
}

static void count_row(struct table *table, const char *field, uint64_t value)
{
    char name[32];

    name_of(field, name, sizeof(name));
    if (value)
        table_row(table, name, value_of(field, value).s, NULL);
}

static void print_counts(const struct replay_outcome *outcome, FILE *out)
{
    const struct humi_replay_result *result = &outcome->result;
    struct table *table = table_create(TABLE_NUMBERS);

    table_row(table, "footprint", text_count(outcome->footprint).s, NULL);
#define COUNT(name) count_row(table, #name, result->name);
    HUMI_REPLAY_COUNT_LIST(COUNT)
#undef COUNT
    if (outcome->page_only)
        table_row(table, "hit rate", text_number(hit_rate(result)).s, NULL);
    if (outcome->page_only && result->pages_prefetched) {
        table_row(table, "prefetch accuracy", text_number(accuracy(result)).s, NULL);
        table_row(table, "prefetch coverage", text_number(coverage(result)).s, NULL);
    }
    table_print(table, out, 2);
}

static void bound_row(struct table *table, const char *field, const struct humi_bound *bound,
                      uint64_t modelled_ns)
{
    char name[32];

    name_of(field, name, sizeof(name));
    table_row(table, name, text_count(bound->misses).s, text_bytes(bound->bytes).s,
              text_time((double)bound->modelled_ns / 1e9).s,
              text_number(ratio(modelled_ns, bound->modelled_ns)).s, NULL);
}

static void print_bounds(const struct replay_outcome *outcome, FILE *out)
{
    struct table *table = table_create(TABLE_NUMBERS);

    table_row(table, "bound", "misses", "moved", "modelled", "this / it", NULL);
#define BOUND(name)                                                                                \
    bound_row(table, #name, &outcome->bounds.name, outcome->result.modelled_ns);
    HUMI_BOUND_LIST(BOUND)
#undef BOUND
    table_print(table, out, 2);
}

void replay_print_text(const char *trace, const struct replay_request *request,
                       const struct replay_outcome *outcome, FILE *out)
{
    print_head(trace, request, outcome, out);
    print_counts(outcome, out);
    fputc('\n', out);
    print_bounds(outcome, out);
    fprintf(out, "\nreplayed in %s: %s accesses a second\n",
            text_time((double)outcome->replay_ns / 1e9).s, text_number(rate(outcome)).s);
}

bool replay_print_nothing(const char *trace, const char *why, bool json, FILE *out)
{
    if (json)
        return json_print(json_pack("{s:o, s:o}", "trace", json_text(trace), "nothing",
                                    json_text(why)),
                          out, true);
    return fprintf(out, "%s: %s\n", trace, why) > 0;
}
