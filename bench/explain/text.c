/* SPDX-License-Identifier: MIT */
/* text.c - an explanation for a terminal; see explain.h */
#include <inttypes.h>
#include <string.h>

#include "command/text.h"
#include "explain/advice.h"
#include "explain/event.h"
#include "explain/explain.h"

static struct text time_ns(uint64_t ns)
{
    return text_time((double)ns / 1e9);
}

static const char *name_of(const struct explanation *e, int processor)
{
    static char name[64];

    return book_processor(e->book, processor, name, sizeof(name));
}

static void print_region_name(const struct explanation *e, FILE *out)
{
    const struct ledger_region *region = &e->book->ledger.region[e->target.row];

    if (!e->target.row)
        fputs("no region that the trace names", out);
    else if (region->name[0])
        fprintf(out, "region '%s' (number %u)", region->name, region->id);
    else
        fprintf(out, "region number %u", region->id);
}

/* ---- a page --------------------------------------------------------------------------------- */

static void print_page_title(const struct explanation *e, FILE *out)
{
    const struct ledger_region *region = &e->book->ledger.region[e->target.row];
    uint64_t page = e->target.first_page;

    fprintf(out, "page 0x%" PRIx64 ": ", book_address(e->book, page));
    if (e->target.row)
        fprintf(out, "page %" PRIu64 " of ", page - region->first_page);
    print_region_name(e, out);
    if (e->target.row)
        fprintf(out, ", offset %" PRIu64 " of %s", (page - region->first_page) * HUM_PAGE_SIZE,
                text_bytes(region->bytes).s);
    fputs("\n\n", out);
}

static const char *who(const struct explanation *e, const struct story_event *event, char *room,
                       size_t bytes)
{
    const char *kernel = book_kernel(e->book, event->kernel);

    if (kernel)
        snprintf(room, bytes, "kernel %s", kernel);
    else if (event->kernel)
        snprintf(room, bytes, "kernel number %u", event->kernel);
    else if (event->thread)
        snprintf(room, bytes, "thread %u", event->thread);
    else
        snprintf(room, bytes, "-");
    return room;
}

static void event_row(const struct explanation *e, const struct story_event *event,
                      struct table *table)
{
    bool eviction = event->evicted || event->cause == HUM_CAUSE_EVICTION;
    char where[80], by[96];

    snprintf(where, sizeof(where), "%s %.63s", eviction ? "from" : "for",
             name_of(e, event->processor));
    table_row(table, time_ns(event->time_ns).s, hum_cause_text((enum hum_cause)event->cause), where,
              who(e, event, by, sizeof(by)), event->moved ? "copied" : "-",
              text_count(event->pages).s, text_bytes(event->bytes).s, time_ns(event->move_ns).s,
              e->book->has_modelled ? time_ns(event->modelled_ns).s : NULL, NULL);
}

/* Why it is where it is, as far as events tell. */
static void print_arrival(const struct explanation *e, FILE *out)
{
    const struct story_event *event = &e->story->arrival;
    bool eviction = event->evicted || event->cause == HUM_CAUSE_EVICTION;
    char by[96];

    if (!e->story->has_arrival) {
        fputs("Nothing has brought it anywhere, or its content was discarded since.\n\n", out);
        return;
    }
    fprintf(out, "It came last to %s", name_of(e, eviction ? HUM_HOST : event->processor));
    fprintf(out, ", %s after the start, by %s", time_ns(event->time_ns).s,
            hum_cause_text((enum hum_cause)event->cause));
    if (eviction)
        fprintf(out, " from %s", name_of(e, event->processor));
    if (event->kernel || event->thread)
        fprintf(out, " (%s)", who(e, event, by, sizeof(by)));
    fputs(".\n\n", out);
}

static void print_events(const struct explanation *e, FILE *out)
{
    const struct story *story = e->story;
    uint64_t left_out = story_left_out(story);
    struct table *table = table_create(TABLE_NUMBERS);
    const struct story_event *event;

    fprintf(out, "%s events; it was copied %s times, %s of copying is its share",
            text_count(story->events).s, text_count(story->moves).s, time_ns(story->share_ns).s);
    if (e->book->has_modelled)
        fprintf(out, " (modelled: %s)", time_ns(story->share_modelled_ns).s);
    fputs("; pages, bytes and times below are those of the whole event\n", out);
    table_row(table, "time", "event", "where", "who", "this page", "pages", "bytes",
              "copying", e->book->has_modelled ? "modelled" : NULL, NULL);
    for (uint64_t i = 0; (event = story_event(story, i)); i++) {
        if (i == story->keep && left_out) {
            char more[64];

            snprintf(more, sizeof(more), "%s more: --all", text_count(left_out).s);
            table_row(table, "...", more, NULL);
        }
        event_row(e, event, table);
    }
    table_print(table, out, 2);
    fputc('\n', out);
}

static void touch_row(const struct explanation *e, const struct story_touch *touch,
                      struct table *table)
{
    const char *kernel = book_kernel(e->book, touch->kernel);
    char read[512], written[512], lines[1200];

    snprintf(lines, sizeof(lines), "reads %s; writes %s%s",
             explain_lines(touch->read_lines, read, sizeof(read)),
             explain_lines(touch->write_lines, written, sizeof(written)),
             touch->by_page ? "; others known by page only" : "");
    table_row(table, kernel ? kernel : "-", name_of(e, touch->processor),
              text_count(touch->launch.count).s, text_count(touch->reads).s,
              text_count(touch->writes).s, time_ns(touch->first_ns).s, time_ns(touch->last_ns).s,
              lines, NULL);
}

static void print_touches(const struct explanation *e, FILE *out)
{
    struct table *table;

    if (!e->story->touches)
        return;
    fputs("Who touched it, by accesses\n", out);
    table = table_create(TABLE_NOTE_LAST);
    table_row(table, "kernel", "on", "launches", "reads", "writes", "first", "last",
              "bytes of the page", NULL);
    for (uint32_t i = 0; i < e->story->touches; i++)
        touch_row(e, &e->story->touch[i], table);
    table_print(table, out, 2);
    fputc('\n', out);
}

/* ---- verdicts ------------------------------------------------------------------------------- */

static void print_users(const struct explanation *e, const struct sharing_group *group, FILE *out)
{
    char read[512], written[512];

    for (int p = HUM_HOST; p < HUM_DEVICES_MAX; p++) {
        uint64_t reads = group->turns.read[p + 1], writes = group->turns.write[p + 1];

        if (!(group->turns.processors & HUM_BIT(p)))
            continue;
        if (reads | writes)
            fprintf(out, "    %s reads bytes %s; writes %s%s\n", name_of(e, p),
                    explain_lines(reads, read, sizeof(read)),
                    explain_lines(writes, written, sizeof(written)),
                    group->pages > 1 ? " of the first of these pages" : "");
        else
            fprintf(out, "    %s touches it; which bytes is not known\n", name_of(e, p));
    }
}

static void print_counts(const struct explanation *e, const struct sharing_group *group, FILE *out)
{
    const struct turns *turns = &group->turns;
    uint32_t judged = turns->is_true + turns->is_false + turns->is_read + turns->is_unknown;

    fprintf(out, "    %s copies to the host, %s to devices (%s, %s of copying",
            text_count(group->moves.to_host).s, text_count(group->moves.to_device).s,
            text_bytes(copies_of(&group->moves) * HUM_PAGE_SIZE).s,
            time_ns(group->moves.copy_ns).s);
    if (e->book->has_modelled)
        fprintf(out, ", modelled %s", time_ns(group->moves.modelled_ns).s);
    fprintf(out, "): %s by fault, %s by prefetch, %s by eviction\n",
            text_count(group->moves.by_fault).s, text_count(group->moves.by_prefetch).s,
            text_count(group->moves.by_eviction).s);
    if (judged)
        fprintf(out, "    of %u turns %u use lines that the others changed or used, %u none of "
                     "them, %u only read, %u are not known\n",
                judged, turns->is_true, turns->is_false, turns->is_read, turns->is_unknown);
}

static void print_group(const struct explanation *e, const struct sharing_group *group, FILE *out)
{
    uint64_t base = e->target.row ? e->book->ledger.region[e->target.row].first_page : 0;
    uint64_t first = group->first_page - base;
    char advice[1024];

    fprintf(out, "  page%s %" PRIu64, group->pages > 1 ? "s" : "", first);
    if (group->pages > 1)
        fprintf(out, "-%" PRIu64, first + group->pages - 1);
    fprintf(out, " (0x%" PRIx64 "): %s; ", book_address(e->book, group->first_page),
            sharing_kind_text(group->kind));
    fprintf(out, "%u", group->trips_min);
    if (group->trips_max != group->trips_min)
        fprintf(out, " to %u", group->trips_max);
    fprintf(out, "%s\n", group->kind == SHARING_CAPACITY ? " returns" : " round trips");
    print_counts(e, group, out);
    print_users(e, group, out);
    fprintf(out, "    advice: %s\n", advice_of(e->book, group, advice, sizeof(advice)));
}

static void print_groups(const struct explanation *e, FILE *out)
{
    uint32_t shown = e->all ? UINT32_MAX : EXPLAIN_GROUPS_SHOWN;

    for (uint32_t i = 0; i < e->sharing.groups && i < shown; i++)
        print_group(e, &e->sharing.group[i], out);
    if (e->sharing.groups > shown)
        fprintf(out, "  ... %u groups of pages more (--all shows them)\n",
                e->sharing.groups - shown);
    if (e->sharing.untold)
        fprintf(out, "  ... %u groups of pages that moved less\n", e->sharing.untold);
}

static void print_region(const struct explanation *e, FILE *out)
{
    const struct ledger_region *region = &e->book->ledger.region[e->target.row];
    struct table *table = table_create(TABLE_NUMBERS);

    print_region_name(e, out);
    fprintf(out, ": %s at 0x%" PRIx64 ", %" PRIu64 " pages\n\n", text_bytes(region->bytes).s,
            book_address(e->book, region->first_page), e->target.end_page - e->target.first_page);
    for (unsigned kind = 0; kind < SHARING_KIND_COUNT; kind++)
        if (e->sharing.pages[kind])
            table_row(table, sharing_kind_text((enum sharing_kind)kind),
                      text_count(e->sharing.pages[kind]).s, "pages", NULL);
    table_print(table, out, 2);
    fputc('\n', out);
}

static void print_verdict(const struct explanation *e, FILE *out)
{
    fprintf(out, "%s (at least %u round trips count)\n", e->story ? "Verdict" : "What to look at",
            e->trips);
    if (e->sharing.groups)
        print_groups(e, out);
    else
        fputs("  nothing ping-pongs, nothing is brought back that often\n", out);
    fputc('\n', out);
}

static void print_notes(const struct explanation *e, FILE *out)
{
    char room[512];
    const char *note;

    for (unsigned i = 0; (note = explain_note(e, i, room, sizeof(room))); i++)
        if (*note)
            fprintf(out, "Note: %s.\n", note);
}

bool explain_print_text(const struct explanation *e, FILE *out)
{
    if (e->story) {
        print_page_title(e, out);
        print_arrival(e, out);
        print_events(e, out);
        print_touches(e, out);
    } else {
        print_region(e, out);
    }
    print_verdict(e, out);
    print_notes(e, out);
    return !ferror(out);
}
