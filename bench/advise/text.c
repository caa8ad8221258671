/* SPDX-License-Identifier: MIT */
/* text.c - what was found, for a terminal. */
#include <string.h>

#include "advise/output.h"
#include "command/replay/print.h"
#include "command/text.h"

#define SHOWN_OF_EACH 3u /* policies and calls about one subject */

static void print_head(const struct advise_result *result, FILE *out)
{
    const struct compare_figures *before = &result->search->before;

    fprintf(out, "%s\n", result->trace);
    fprintf(out, "policy %s, link %s, device memory %s", result->policy, result->link,
            result->capacity ? text_bytes(result->capacity * HUM_PAGE_SIZE).s : "as recorded");
    if (result->capacity)
        fprintf(out, " (r = %.2f)",
                (double)result->outcome->footprint / (double)result->capacity);
    fputc('\n', out);
    fprintf(out, "as it is: %s, %s far faults, %s moved; all times and gains are modelled\n",
            text_time((double)before->modelled_ns / 1e9).s, text_count(before->far_faults).s,
            text_bytes(compare_figures_moved(before)).s);
    if (result->outcome->truncated)
        fputs("the trace is truncated: its program was killed\n", out);
    if (result->outcome->dropped)
        fprintf(out, "%s records of accesses are missing: the program could not keep them\n",
                text_count(result->outcome->dropped).s);
    if (strncmp(result->outcome->recorded, "epoch", 5) == 0)
        fputs("its accesses are the pages of epochs, not every touch: touching pages where they "
              "are looks\nbetter than it is\n", out);
    else if (strncmp(result->outcome->recorded, "full", 4) == 0)
        fputs("the host's accesses are the pages of epochs, not every touch: the host touching "
              "pages where\nthey are looks better than it is\n", out);
    else if (strncmp(result->outcome->recorded, "told", 4) == 0)
        fputs("its accesses are the faults that the driver told, not every touch: advice from them "
              "is a guess\n", out);
    replay_print_calls(result->search->base, result->outcome, out);
    if (result->untold)
        fputs("the program advised or prefetched by itself: this trace does not say what, and here "
              "it does not\n", out);
}

static void print_subjects(const struct advise_result *result, FILE *out)
{
    const struct advise_scene *scene = result->scene;
    struct table *table = table_create(TABLE_NUMBERS);
    char name[80];

    fputs("\nwhat costs most\n", out);
    table_row(table, "region", "size", "alone, modelled", "far faults", "moved", "evictions", NULL);
    for (size_t i = 0; i < scene->subject_count; i++) {
        const struct advise_subject *s = &scene->uses->subjects[scene->subjects[i]];

        table_row(table,
                  advise_subject_text(scene->uses, scene->subjects[i], name, sizeof(name)),
                  text_bytes(s->bytes).s, text_time((double)s->cost_ns / 1e9).s,
                  text_count(s->faults).s, text_bytes(s->bytes_moved).s,
                  text_count(s->evictions).s, NULL);
    }
    table_print(table, out, 2);
}

static void print_line(void *self, const char *line)
{
    fprintf(self, "       %s\n", line);
}

static void print_gain(const struct advise_result *result, const struct compare_figures *after,
                       FILE *out)
{
    const struct compare_figures *before = &result->search->before;

    fprintf(out, "%.1f %% less: %s -> %s, far faults %s -> %s, moved %s -> %s\n",
            100 * advise_gain(before, after), text_time((double)before->modelled_ns / 1e9).s,
            text_time((double)after->modelled_ns / 1e9).s, text_count(before->far_faults).s,
            text_count(after->far_faults).s, text_bytes(compare_figures_moved(before)).s,
            text_bytes(compare_figures_moved(after)).s);
}

static void print_candidate(const struct advise_result *result, size_t number, size_t which,
                            FILE *out)
{
    const struct advise_candidate *candidate = &result->plan->candidates[which];
    const struct advise_lines lines = {print_line, out};
    char name[80], why[512];

    fprintf(out, "%3zu  %s: ", number,
            advise_subject_text(result->plan->uses, candidate->subject, name, sizeof(name)));
    print_gain(result, &candidate->figures, out);
    advise_code(result->plan, result->policy, &which, 1, &lines);
    fprintf(out, "       %s\n",
            advise_why(result->plan, result->scene->survey, candidate, why, sizeof(why)));
}

static bool are_equal(const struct compare_figures *a, const struct compare_figures *b)
{
    return a->modelled_ns == b->modelled_ns && a->far_faults == b->far_faults &&
           compare_figures_moved(a) == compare_figures_moved(b);
}

/* Enough better ones of its sort, policies or calls, are about the same, or one equals it. */
static bool is_hidden(const struct advise_result *result, size_t place)
{
    const struct advise_search *search = result->search;
    const struct advise_candidate *list = result->plan->candidates;
    const struct advise_candidate *it = &list[search->kept[place]];
    unsigned count = 0;

    for (size_t i = 0; i < place; i++) {
        const struct advise_candidate *better = &list[search->kept[i]];

        if (better->subject != it->subject || !better->policy != !it->policy)
            continue;
        if (are_equal(&better->figures, &it->figures) || ++count == SHOWN_OF_EACH)
            return true;
    }
    return false;
}

static void print_kept(const struct advise_result *result, FILE *out)
{
    const struct advise_search *search = result->search;
    size_t hidden = 0, number = 0;

    if (!search->kept_count) {
        fprintf(out, "\nnothing to advise: none of %zu things that were tried gains more than "
                     "%g %%\n", search->replays, 100 * ADVISE_GAIN_LEAST);
        return;
    }
    fputs("\nwhat to do, each alone\n", out);
    for (size_t i = 0; i < search->kept_count; i++)
        if (is_hidden(result, i))
            hidden++;
        else
            print_candidate(result, ++number, search->kept[i], out);
    if (hidden)
        fprintf(out, "     and %zu that gain no more on the same; --json has them\n", hidden);
}

static void print_together(const struct advise_result *result, FILE *out)
{
    const struct advise_search *search = result->search;
    const struct advise_lines lines = {print_line, out};

    if (!search->together_count)
        return;
    fputs("\ntogether: ", out);
    if (search->together_count == 1 && search->kept_count > 1)
        fputs("the best alone, nothing adds to it; ", out);
    print_gain(result, &search->after, out);
    advise_code(result->plan, result->policy, search->together, search->together_count, &lines);
}

static void print_capacities(const struct advise_result *result, FILE *out)
{
    const struct compare_figures *before = &result->search->before;
    struct table *table = NULL;

    for (size_t i = 0; i < result->plan->count; i++) {
        const struct advise_candidate *candidate = &result->plan->candidates[i];
        char change[32];

        if (candidate->kind != ADVISE_CAPACITY || candidate->failed)
            continue;
        if (!table) {
            table = table_create(TABLE_NUMBERS);
            table_row(table, "device memory", "modelled", "change", "far faults", "moved",
                      "evictions", NULL);
        }
        snprintf(change, sizeof(change), "%+.1f %%",
                 -100 * advise_gain(before, &candidate->figures));
        table_row(table, text_bytes(candidate->capacity * HUM_PAGE_SIZE).s,
                  text_time((double)candidate->figures.modelled_ns / 1e9).s, change,
                  text_count(candidate->figures.far_faults).s,
                  text_bytes(compare_figures_moved(&candidate->figures)).s,
                  text_count(candidate->figures.evictions).s, NULL);
    }
    if (!table)
        return;
    fputs("\nas it is, on devices of another size\n", out);
    table_print(table, out, 2);
}

/* Each reason once. */
static void print_failures(const struct advise_result *result, FILE *out)
{
    const struct advise_plan *plan = result->plan;

    for (size_t i = 0; i < plan->count; i++) {
        bool before = !plan->candidates[i].failed;

        for (size_t j = 0; j < i && !before; j++)
            before = plan->candidates[j].failed && strcmp(plan->candidates[j].why_failed,
                                                          plan->candidates[i].why_failed) == 0;
        if (!before)
            fprintf(out, "could not be tried: %s\n", plan->candidates[i].why_failed);
    }
}

void advise_print_text(const struct advise_result *result, FILE *out)
{
    print_head(result, out);
    if (result->scene->subject_count)
        print_subjects(result, out);
    print_kept(result, out);
    print_together(result, out);
    print_capacities(result, out);
    if (result->search->failed) {
        fprintf(out, "\n%zu of %zu replays failed\n", result->search->failed,
                result->search->replays);
        print_failures(result, out);
    }
}
