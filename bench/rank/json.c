/* SPDX-License-Identifier: MIT */
/* json.c - places as one JSON object. */
#include "command/json.h"

#include "rank/output.h"

static json_t *pairs_json(const struct rank_pairs *pairs)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "agree", json_count(pairs->agree), "disagree",
                     json_count(pairs->disagree), "tied_live", json_count(pairs->tied_first),
                     "tied_modelled", json_count(pairs->tied_second), "tied_both",
                     json_count(pairs->tied_both));
}

static json_t *agreement_json(double rho, double tau, const struct rank_pairs *pairs)
{
    return json_pack("{s:o, s:o, s:o}", "rho", json_number(rho), "tau_b", json_number(tau), "pairs",
                     pairs_json(pairs));
}

static json_t *entry_json(const char *policy, const struct rank_entry *e)
{
    json_t *runs = json_array();

    for (size_t i = 0; i < e->live_s.count; i++)
        json_array_append_new(runs, json_number(e->live_s.value[i]));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "policy",
                     json_text(policy), "live_runs_s", runs, "live_s", json_number(e->median_s),
                     "live_spread_s", json_number(e->spread_s), "modelled_s",
                     json_number(e->modelled_s), "live_place", json_number(e->live_place),
                     "modelled_place", json_number(e->modelled_place), "live_bytes",
                     json_count(e->live_bytes), "modelled_bytes", json_count(e->modelled_bytes),
                     "live_faults", json_count(e->live_faults), "remote_touches",
                     json_count(e->remote_touches));
}

static json_t *workload_json(const struct rank_table *table, const struct rank_workload *w)
{
    json_t *words = json_array(), *entries = json_array();

    for (char *const *word = w->argv; *word; word++)
        json_array_append_new(words, json_text(*word));
    for (unsigned p = 0; p < table->policies_count; p++)
        json_array_append_new(entries, entry_json(table->policies[p], &w->entry[p]));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "name", json_text(w->name), "command", words,
                     "device_bytes", json_count(w->device_bytes), "policies", entries, "agreement",
                     agreement_json(w->rho, w->tau, &w->pairs), "agreement_paced",
                     agreement_json(w->paced_rho, w->paced_tau, &w->paced_pairs));
}

bool rank_print_json(const struct rank_table *table, const struct rank_settings *settings,
                     FILE *out)
{
    json_t *workloads = json_array();

    for (unsigned i = 0; i < table->workloads_count; i++)
        json_array_append_new(workloads, workload_json(table, &table->workload[i]));
    return json_print(json_pack("{s:o, s:o, s:o, s:o, s:i, s:i, s:o, s:o, s:o, s:o}", "link",
                                json_text(settings->link), "pace", json_text(settings->pace),
                                "time", json_text(settings->time), "r", json_number(settings->r),
                                "runs", (int)settings->runs, "workers", (int)settings->workers,
                                "tie", json_number(table->tie), "workloads", workloads,
                                "agreement",
                                agreement_json(table->rho, table->tau, &table->pairs),
                                "agreement_paced",
                                agreement_json(table->paced_rho, table->paced_tau,
                                               &table->paced_pairs)),
                      out, true);
}
