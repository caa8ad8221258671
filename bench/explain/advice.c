/* SPDX-License-Identifier: MIT */
/* advice.c - see advice.h.  Each function is one situation; its sentence names what decided. */
#include "explain/advice.h"

#include <stdio.h>
#include <string.h>

/* "host and emu0"; "nobody" */
static const char *set_text(const struct book *book, uint32_t set, char *room, size_t bytes)
{
    char name[64];
    size_t used = 0;

    snprintf(room, bytes, "nobody");
    for (int p = HUM_HOST; p < HUM_DEVICES_MAX; p++)
        if ((set & HUM_BIT(p)) && used < bytes)
            used += (size_t)snprintf(room + used, bytes - used, "%s%s", used ? " and " : "",
                                     book_processor(book, p, name, sizeof(name)));
    return room;
}

static bool is_one(uint32_t set)
{
    return set && !(set & (set - 1));
}

static void of_false(const struct book *book, const struct sharing_group *group, char *room,
                     size_t bytes)
{
    const struct turns *turns = &group->turns;
    char writers[256], readers[256];

    if (is_one(turns->writers))
        snprintf(room, bytes,
                 "only %s writes, %s only reads other lines: give what is read a region of its "
                 "own (hum_advise READ_MOSTLY) or pages of its own",
                 set_text(book, turns->writers, writers, sizeof(writers)),
                 set_text(book, turns->processors & ~turns->writers, readers, sizeof(readers)));
    else if (group->pages == 1)
        snprintf(room, bytes,
                 "%s write different lines of this page: pad or align the border between their "
                 "parts to 4096 bytes, or give each a region of its own",
                 set_text(book, turns->writers, writers, sizeof(writers)));
    else
        snprintf(room, bytes,
                 "%s write different lines of each of these %u pages: lay the data out by "
                 "processor, each one's part a multiple of 4096 bytes, or a region each",
                 set_text(book, turns->writers, writers, sizeof(writers)), group->pages);
}

static void of_true(const struct book *book, const struct sharing_group *group, char *room,
                    size_t bytes)
{
    const struct turns *turns = &group->turns;
    char writers[256], readers[256];

    if (2 * turns->overwritten >= turns->is_true)
        snprintf(room, bytes,
                 "%u of %u turns overwrite the whole page and read nothing of it: hum_discard it "
                 "before, and no bytes are copied for that",
                 turns->overwritten, turns->is_true);
    else if (is_one(turns->writers) && 2 * group->moves.by_fault >= copies_of(&group->moves))
        snprintf(room, bytes,
                 "%s writes what %s then uses, and it came by fault %llu times: hum_prefetch it "
                 "to the user behind the writer's work",
                 set_text(book, turns->writers, writers, sizeof(writers)),
                 set_text(book, turns->processors & ~turns->writers, readers, sizeof(readers)),
                 (unsigned long long)group->moves.by_fault);
    else if (is_one(turns->writers))
        snprintf(room, bytes,
                 "%s writes what others use, and most copies were prefetched (%llu of %llu): hand "
                 "over less often, more at a time",
                 set_text(book, turns->writers, writers, sizeof(writers)),
                 (unsigned long long)group->moves.by_prefetch,
                 (unsigned long long)copies_of(&group->moves));
    else
        snprintf(room, bytes,
                 "%s change the same lines in turn: do both steps on one of them, or let each "
                 "keep a part of its own and combine the parts once",
                 set_text(book, turns->writers ? turns->writers : turns->processors, writers,
                          sizeof(writers)));
}

/* Several users, each by line, and no line that one writes is another's. */
static bool seem_apart(const struct turns *turns)
{
    uint64_t used = 0, written = 0;

    for (unsigned p = 0; p < HUM_PROCESSORS_MAX; p++) {
        uint64_t read = turns->read[p], write = turns->write[p];

        if ((turns->processors >> p & 1) && !(read | write))
            return false;
        if ((write & used) || (read & written))
            return false;
        used |= read | write;
        written |= write;
    }
    return written && !is_one(turns->processors);
}

static void of_unknown(const struct book *book, const struct sharing_group *group, char *room,
                       size_t bytes)
{
    const struct sharing_moves *moves = &group->moves;
    const char *tell = "who uses which lines is known by page only, so false sharing can neither "
                       "be told nor ruled out";

    if (!book->has_accesses)
        tell = "record accesses (HUM_ACCESSES=exact) to tell false sharing from true";
    else if (seem_apart(&group->turns))
        tell = "its known users have no line in common: falsely shared, unless others whose lines "
               "are not known use these";

    if (2 * moves->by_prefetch < copies_of(moves))
        snprintf(room, bytes,
                 "%llu of %llu copies came by fault: hum_prefetch before each side's turn; %s",
                 (unsigned long long)moves->by_fault, (unsigned long long)copies_of(moves), tell);
    else
        snprintf(room, bytes,
                 "%llu of %llu copies were prefetched, by the program or with other pages of the "
                 "block: hand over less often, or keep what different processors use in blocks "
                 "apart; %s",
                 (unsigned long long)moves->by_prefetch, (unsigned long long)copies_of(moves),
                 tell);
}

static void of_capacity(const struct book *book, const struct sharing_group *group, char *room,
                        size_t bytes)
{
    const struct sharing_moves *moves = &group->moves;

    (void)book;
    if (2 * moves->by_eviction >= moves->evictions)
        snprintf(room, bytes,
                 "its pages left for want of room %llu times in all, %llu of them with a copy "
                 "home: work in parts that fit the device; hum_discard what is no longer needed "
                 "before it is evicted",
                 (unsigned long long)moves->evictions, (unsigned long long)moves->by_eviction);
    else
        snprintf(room, bytes,
                 "its pages left for want of room %llu times in all, unchanged, and were copied "
                 "again: work in parts that fit the device, or hum_advise PREFERRED there, so that "
                 "they leave last",
                 (unsigned long long)moves->evictions);
}

static void of_dragged(const struct book *book, const struct sharing_group *group, char *room,
                       size_t bytes)
{
    const struct sharing_moves *moves = &group->moves;
    char users[256];

    snprintf(room, bytes,
             "known users: %s; yet %llu of %llu copies were prefetched with other pages of its "
             "block: keep what different processors use in blocks apart (HUM_ALLOC_OWN_BLOCKS), "
             "or run with the policy ondemand",
             set_text(book, group->turns.processors, users, sizeof(users)),
             (unsigned long long)moves->by_prefetch, (unsigned long long)copies_of(moves));
}

static void of_read(const struct book *book, char *room, size_t bytes)
{
    snprintf(room, bytes, "%s",
             book->no_copies
                 ? "nobody writes it, but this run could not keep read-only copies (Linux 6.4 "
                   "can): use it on one processor, or a copy each"
                 : "nobody writes it in these turns: hum_advise READ_MOSTLY, so that each reader "
                   "keeps a copy");
}

const char *advice_of(const struct book *book, const struct sharing_group *group, char *room,
                      size_t bytes)
{
    snprintf(room, bytes, "nothing to do");
    switch (group->kind) {
    case SHARING_FALSE:
        of_false(book, group, room, bytes);
        break;
    case SHARING_TRUE:
        of_true(book, group, room, bytes);
        break;
    case SHARING_BOTH:
        snprintf(room, bytes,
                 "%u of %u turns share no line: keep what both use on pages apart from "
                 "what only one uses",
                 group->turns.is_false,
                 group->turns.is_false + group->turns.is_true + group->turns.is_read);
        break;
    case SHARING_READ:
        of_read(book, room, bytes);
        break;
    case SHARING_DRAGGED:
        of_dragged(book, group, room, bytes);
        break;
    case SHARING_UNKNOWN:
        of_unknown(book, group, room, bytes);
        break;
    case SHARING_CAPACITY:
        of_capacity(book, group, room, bytes);
        break;
    default:
        break;
    }
    return room;
}
