/* SPDX-License-Identifier: MIT */
/* notes.c - what limits an explanation, and lines as bytes; see explain.h */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain/explain.h"

const char *explain_lines(uint64_t lines, char *room, size_t bytes)
{
    size_t used = 0;

    snprintf(room, bytes, "none");
    for (unsigned line = 0; line < 64 && used < bytes; line++) {
        unsigned first = line;

        if (!(lines >> line & 1))
            continue;
        while (line < 63 && (lines >> (line + 1) & 1))
            line++;
        used += (size_t)snprintf(room + used, bytes - used, "%s%u-%u", used ? ", " : "",
                                 first * 64, line * 64 + 63);
    }
    return room;
}

/* Each is "" if it does not apply. */
static void note_accesses(const struct explanation *e, char *room, size_t bytes)
{
    const struct book *book = e->book;

    if (!book->has_accesses)
        snprintf(room, bytes, "the trace holds no accesses: who uses which bytes is not known "
                              "(HUM_ACCESSES=exact records those of kernels)");
    else if (!book_knows_lines(book, HUM_HOST))
        snprintf(room, bytes, "host use is known by page only, from its faults; what came to it "
                              "unasked it may have used unseen");
}

static void note_dropped(const struct explanation *e, char *room, size_t bytes)
{
    if (e->book->dropped_accesses || e->book->dropped_events)
        snprintf(room, bytes, "%" PRIu64 " events and %" PRIu64 " accesses were dropped when the "
                              "trace was written: counts are too low, false sharing is not claimed",
                 e->book->dropped_events, e->book->dropped_accesses);
}

static void note_damage(const struct explanation *e, char *room, size_t bytes)
{
    if (e->book->damage[0])
        snprintf(room, bytes, "%s; explained up to there", e->book->damage);
}

static void note_limits(const struct explanation *e, char *room, size_t bytes)
{
    if (e->sharing.untracked || e->sharing.unjudged)
        snprintf(room, bytes, "%" PRIu64 " events on blocks beyond the first %u were left out, "
                              "%u pages that ping-pong were not judged: explain a part of it",
                 e->sharing.untracked, SHARING_BLOCKS_MAX, e->sharing.unjudged);
}

static void note_touches(const struct explanation *e, char *room, size_t bytes)
{
    if (e->story && e->story->untold)
        snprintf(room, bytes, "%" PRIu64 " accesses of kernels beyond the first %u are not listed",
                 e->story->untold, STORY_TOUCHES_MAX);
}

static void note_reused(const struct explanation *e, char *room, size_t bytes)
{
    if (e->target.others)
        snprintf(room, bytes, "%u earlier regions had this page; the verdict is about the last",
                 e->target.others);
}

static void note_uses(const struct explanation *e, char *room, size_t bytes)
{
    for (uint32_t i = 0; i < e->sharing.groups; i++)
        if (e->sharing.group[i].uses_cut) {
            snprintf(room, bytes, "turns are those of the first %u uses of a page",
                     SHARING_USES_MAX);
            return;
        }
}

static void note_modelled(const struct explanation *e, char *room, size_t bytes)
{
    if (e->book->has_modelled)
        snprintf(room, bytes, "times called modelled come from a model of a link, all others were "
                              "measured");
}

const char *explain_note(const struct explanation *explanation, unsigned i, char *room,
                         size_t bytes)
{
    static void (*const notes[])(const struct explanation *, char *, size_t) = {
        note_accesses, note_dropped, note_damage, note_limits,
        note_touches,  note_reused,  note_uses,   note_modelled,
    };

    if (i >= sizeof(notes) / sizeof(notes[0]))
        return NULL;
    room[0] = '\0';
    notes[i](explanation, room, bytes);
    return room;
}
