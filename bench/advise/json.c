/* SPDX-License-Identifier: MIT */
/* json.c - what was found, as one JSON object. */
#include "advise/output.h"
#include "command/json.h"

static json_t *figures_json(const struct compare_figures *f)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "modelled_ns",
                     json_count(f->modelled_ns), "far_faults", json_count(f->far_faults), "batches",
                     json_count(f->batches), "bytes_h2d", json_count(f->bytes_h2d), "bytes_d2h",
                     json_count(f->bytes_d2h), "bytes_d2d", json_count(f->bytes_d2d), "evictions",
                     json_count(f->evictions), "thrashed_pages", json_count(f->thrashed_pages),
                     "remote_accesses", json_count(f->remote_accesses));
}

static json_t *counts_json(const uint64_t *counts, unsigned processors)
{
    json_t *list = json_array();

    for (unsigned p = 0; p < processors; p++)
        json_array_append_new(list, json_count(counts[p]));
    return list;
}

/* Lists have the host first, then the devices. */
static json_t *subject_json(const struct advise_subject *s, unsigned processors)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
                     json_text(s->name), "region", json_count(s->region), "regions",
                     json_count(s->regions), "bytes", json_count(s->bytes), "cost_modelled_ns",
                     json_count(s->cost_ns), "far_faults", json_count(s->faults), "bytes_moved",
                     json_count(s->bytes_moved), "evictions", json_count(s->evictions),
                     "handovers", json_count(s->handovers), "reads",
                     counts_json(s->reads, processors), "writes",
                     counts_json(s->writes, processors), "read_turns",
                     counts_json(s->read_turns, processors), "write_turns",
                     counts_json(s->write_turns, processors));
}

static json_t *subjects_json(const struct advise_result *result)
{
    const struct advise_scene *scene = result->scene;
    unsigned processors = scene->survey->processors < 2 ? 2 : scene->survey->processors;
    json_t *list = json_array();

    for (size_t i = 0; i < scene->subject_count; i++)
        json_array_append_new(list, subject_json(&scene->uses->subjects[scene->subjects[i]],
                                                 processors));
    return list;
}

static void add_line(void *self, const char *line)
{
    json_array_append_new(self, json_text(line));
}

static json_t *code_json(const struct advise_result *result, const size_t *members, size_t count)
{
    json_t *list = json_array();
    const struct advise_lines lines = {add_line, list};

    advise_code(result->plan, result->policy, members, count, &lines);
    return list;
}

/* null for what is about the whole program. */
static json_t *region_json(const struct advise_result *result,
                           const struct advise_candidate *candidate)
{
    return candidate->subject == ADVISE_WHOLE
               ? json_null()
               : json_count(result->plan->uses->subjects[candidate->subject].region);
}

static json_t *candidate_json(const struct advise_result *result, size_t which)
{
    const struct advise_candidate *candidate = &result->plan->candidates[which];
    char name[80], why[512];

    return json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "subject",
                     json_text(advise_subject_text(result->plan->uses, candidate->subject, name,
                                                   sizeof(name))),
                     "region", region_json(result, candidate), "gain_modelled",
                     json_number(advise_gain(&result->search->before, &candidate->figures)), "kind",
                     advise_kind_text(candidate->kind), "processor",
                     json_integer(candidate->processor), "code", code_json(result, &which, 1),
                     "why",
                     json_text(advise_why(result->plan, result->scene->survey, candidate, why,
                                          sizeof(why))),
                     "after", figures_json(&candidate->figures));
}

static json_t *kept_json(const struct advise_result *result)
{
    json_t *list = json_array();

    for (size_t i = 0; i < result->search->kept_count; i++)
        json_array_append_new(list, candidate_json(result, result->search->kept[i]));
    return list;
}

static json_t *together_json(const struct advise_result *result)
{
    const struct advise_search *search = result->search;

    if (!search->together_count)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o}", "members", json_count(search->together_count),
                     "gain_modelled", json_number(advise_gain(&search->before, &search->after)),
                     "code", code_json(result, search->together, search->together_count), "after",
                     figures_json(&search->after));
}

static json_t *capacities_json(const struct advise_result *result)
{
    json_t *list = json_array();

    for (size_t i = 0; i < result->plan->count; i++) {
        const struct advise_candidate *candidate = &result->plan->candidates[i];

        if (candidate->kind == ADVISE_CAPACITY && !candidate->failed)
            json_array_append_new(
                list, json_pack("{s:o, s:o, s:o}", "capacity_bytes",
                                json_count(candidate->capacity * HUM_PAGE_SIZE), "gain_modelled",
                                json_number(advise_gain(&result->search->before,
                                                        &candidate->figures)),
                                "after", figures_json(&candidate->figures)));
    }
    return list;
}

bool advise_print_json(const struct advise_result *result, FILE *out)
{
    const struct advise_search *search = result->search;
    json_t *root = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o}", "trace",
        json_text(result->trace), "recorded", json_text(result->outcome->recorded), "policy",
        json_text(result->policy), "link", json_text(result->link), "capacity_bytes",
        result->capacity ? json_count(result->capacity * HUM_PAGE_SIZE) : json_null(), "truncated",
        (int)result->outcome->truncated, "program_advised",
        (int)(result->untold || result->outcome->calls), "hints", !search->base->no_hints, "calls",
        json_count(result->outcome->calls), "refused_calls", json_count(result->outcome->refused),
        "dropped", json_count(result->outcome->dropped), "before", figures_json(&search->before),
        "regions", subjects_json(result), "advice", kept_json(result), "together",
        together_json(result), "capacities", capacities_json(result), "replays",
        json_count(search->replays), "failed", json_count(search->failed));

    return json_print(root, out, true);
}
