/* SPDX-License-Identifier: MIT */
/* book.c - see book.h */
#include "explain/book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool note_launch(struct book *book, const struct hum_trace_record *record)
{
    if (book->launches == BOOK_LAUNCHES_MAX)
        return true;
    if (book->launches == book->launch_room) {
        uint32_t room = book->launch_room ? 2 * book->launch_room : 256;
        struct book_launch *bigger = realloc(book->launch, room * sizeof(*bigger));

        if (!bigger)
            return false;
        book->launch = bigger;
        book->launch_room = room;
    }
    book->launch[book->launches++] = (struct book_launch){
        record->launch.launch, record->time_ns, record->launch.end_ns};
    return true;
}

/* Row 0 stands for accesses without a kernel, as in imported traces. */
static void note_access(struct book *book, const struct hum_trace_access *access)
{
    book->has_accesses = true;
    if (!access->lines)
        return;
    book->lines_of |= HUM_BIT(access->processor);
    book->by_line[ledger_kernel_row(&book->ledger, access->kernel)] = true;
}

static void find_unhooked(struct book *book)
{
    for (uint32_t row = 1; row < book->ledger.kernels; row++)
        if (book->ledger.kernel[row].launches && !book->by_line[row])
            book->lines_of &= ~HUM_BIT(book->ledger.kernel[row].device);
}

static void note_setting(struct book *book, const struct hum_trace_setting *setting)
{
    if (strcmp(setting->key, "read-only copies") == 0)
        book->no_copies = strcmp(setting->value, "no") == 0;
}

static bool note(struct book *book, const struct hum_trace_record *record)
{
    switch (record->kind) {
    case HUM_TRACE_SPACE:
        if (!book->has_space)
            book->space = record->space;
        book->has_space = true;
        return true;
    case HUM_TRACE_SETTING:
        note_setting(book, &record->setting);
        return true;
    case HUM_TRACE_PROCESSOR:
        book->processor[record->processor.processor + 1] = record->processor;
        book->has_processor[record->processor.processor + 1] = true;
        return true;
    case HUM_TRACE_LAUNCH:
        return ledger_note(&book->ledger, record) && note_launch(book, record);
    case HUM_TRACE_EVENT:
        book->has_modelled |= record->event.modelled_ns != 0;
        return true;
    case HUM_TRACE_ACCESS:
        note_access(book, &record->access);
        return true;
    case HUM_TRACE_DROPPED:
        if (record->dropped.kind == HUM_TRACE_ACCESS)
            book->dropped_accesses += record->dropped.count;
        if (record->dropped.kind == HUM_TRACE_EVENT)
            book->dropped_events += record->dropped.count;
        return true;
    default:
        return ledger_note(&book->ledger, record);
    }
}

static int by_launch(const void *a, const void *b)
{
    const struct book_launch *x = a, *y = b;

    return (x->launch > y->launch) - (x->launch < y->launch);
}

static enum hum_status no_memory(struct book *book)
{
    book_free(book);
    return HUM_ERR_NO_MEMORY;
}

enum hum_status book_read(const struct report_source *source, struct book *book)
{
    struct hum_trace_record record;
    enum hum_status status;

    memset(book, 0, sizeof(*book));
    book->by_line = calloc(LEDGER_KERNELS_MAX + 1, sizeof(*book->by_line));
    if (!ledger_init(&book->ledger) || !book->by_line)
        return no_memory(book);
    while ((status = source->next(source->of, &record)) == HUM_OK) {
        if (!note(book, &record))
            return no_memory(book);
        book->records++;
    }
    if (status != HUM_ERR_NOT_FOUND)
        snprintf(book->damage, sizeof(book->damage), "%s", hum_error_text());
    if (book->records == 0) {
        book_free(book);
        return HUM_ERR_INVALID;
    }
    find_unhooked(book);
    if (book->launches)
        qsort(book->launch, book->launches, sizeof(*book->launch), by_launch);
    return HUM_OK;
}

void book_free(struct book *book)
{
    ledger_fini(&book->ledger);
    free(book->launch);
    free(book->by_line);
    book->launch = NULL;
    book->by_line = NULL;
}

const char *book_processor(const struct book *book, int processor, char *room, size_t bytes)
{
    if (book->has_processor[processor + 1] && book->processor[processor + 1].name[0])
        snprintf(room, bytes, "%.63s", book->processor[processor + 1].name);
    else if (processor == HUM_HOST)
        snprintf(room, bytes, "host");
    else
        snprintf(room, bytes, "device %d", processor);
    return room;
}

const char *book_kernel(const struct book *book, uint32_t kernel)
{
    uint32_t row = ledger_kernel_row(&book->ledger, kernel);

    return row ? book->ledger.kernel[row].name : NULL;
}

const struct book_launch *book_launch(const struct book *book, uint64_t launch)
{
    struct book_launch key = {.launch = launch};

    if (launch == 0 || book->launches == 0)
        return NULL;
    return bsearch(&key, book->launch, book->launches, sizeof(key), by_launch);
}

uint64_t book_address(const struct book *book, uint64_t page)
{
    return book->space.start + page * HUM_PAGE_SIZE;
}

bool book_knows_lines(const struct book *book, int32_t processor)
{
    return book->lines_of & HUM_BIT(processor);
}
