/* SPDX-License-Identifier: MIT */
/* target.c - see target.h */
#include "explain/target.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"

#define REGIONS_SHOWN 8u

static uint64_t pages_in(uint64_t bytes)
{
    return bytes / HUM_PAGE_SIZE + (bytes % HUM_PAGE_SIZE != 0);
}

/* Decimal or 0x...; the whole text. */
static bool read_number(const char *text, uint64_t *number_out)
{
    char *end;

    if (!isdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    *number_out = strtoull(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
    return errno == 0 && *end == '\0';
}

static bool read_offset(const char *text, uint64_t *offset_out)
{
    size_t size;

    if (read_number(text, offset_out))
        return true;
    if (!command_parse_size(text, &size))
        return false;
    *offset_out = size;
    return true;
}

/* "; regions: 'graph' (number 1, 0x200000000000, 16384 bytes), ..." */
static void list_regions(const struct book *book, char *text, size_t bytes)
{
    uint32_t count = book->ledger.regions;
    size_t used = strlen(text);

    for (uint32_t row = 1; row < count && row <= REGIONS_SHOWN && used < bytes; row++) {
        const struct ledger_region *region = &book->ledger.region[row];

        used += (size_t)snprintf(text + used, bytes - used,
                                 "%s'%s' (number %u, %" PRIu64 " bytes at 0x%" PRIx64 ")",
                                 row == 1 ? "; regions: " : ", ", region->name, region->id,
                                 region->bytes, book_address(book, region->first_page));
    }
    if (used < bytes && count > REGIONS_SHOWN + 1)
        snprintf(text + used, bytes - used, " and %u more", count - 1 - REGIONS_SHOWN);
    else if (used < bytes && count == 1)
        snprintf(text + used, bytes - used, "; the trace names no region");
}

/* ---- regions -------------------------------------------------------------------------------- */

/* Row of the region of that name or number; 0: none, or several (*several_out). */
static uint32_t find_row(const struct book *book, const char *text, bool *several_out)
{
    uint64_t number;
    uint32_t found = 0;

    *several_out = false;
    for (uint32_t row = 1; row < book->ledger.regions; row++) {
        if (strcmp(book->ledger.region[row].name, text) != 0 || !*text)
            continue;
        *several_out = found != 0;
        if (found)
            return 0;
        found = row;
    }
    if (!found && read_number(text, &number) && number <= UINT32_MAX)
        found = ledger_region_row(&book->ledger, (uint32_t)number);
    return found;
}

static void set_region(const struct book *book, uint32_t row, struct target *target)
{
    const struct ledger_region *region = &book->ledger.region[row];

    *target = (struct target){.row = row,
                              .first_page = region->first_page,
                              .end_page = region->first_page + pages_in(region->bytes)};
}

bool target_find_region(const struct book *book, const char *text, struct target *target_out,
                        char *problem, size_t bytes)
{
    bool several;
    uint32_t row = find_row(book, text, &several);

    if (row) {
        set_region(book, row, target_out);
        return true;
    }
    if (several)
        snprintf(problem, bytes, "several regions are named '%s': say the number of one", text);
    else
        snprintf(problem, bytes, "the trace has no region '%s'", text);
    list_regions(book, problem, bytes);
    return false;
}

/* ---- pages ---------------------------------------------------------------------------------- */

static bool has_page(const struct ledger_region *region, uint64_t page)
{
    return page >= region->first_page && page - region->first_page < pages_in(region->bytes);
}

static bool set_page(const struct book *book, uint64_t page, struct target *target, char *problem,
                     size_t bytes)
{
    *target = (struct target){.is_page = true, .first_page = page, .end_page = page + 1};
    for (uint32_t row = 1; row < book->ledger.regions; row++)
        if (has_page(&book->ledger.region[row], page)) {
            target->others += target->row != 0;
            target->row = row;
        }
    if (target->row || book->ledger.regions == 1)
        return true;
    snprintf(problem, bytes, "no region holds 0x%" PRIx64, book_address(book, page));
    list_regions(book, problem, bytes);
    return false;
}

static bool is_address(const struct book *book, uint64_t number)
{
    return number >= book->space.start &&
           (number - book->space.start < book->space.bytes || !book->has_space) &&
           (number - book->space.start) / HUM_PAGE_SIZE < HUM_TRACE_PAGES_MAX;
}

/* region+offset; the name itself may have a '+'. */
static bool find_offset(const struct book *book, const char *text, struct target *target,
                        char *problem, size_t bytes)
{
    const char *plus = strrchr(text, '+');
    char name[64];
    uint64_t offset;

    if (!plus || (size_t)(plus - text) >= sizeof(name) || !read_offset(plus + 1, &offset))
        return target_find_region(book, text, target, problem, bytes);
    snprintf(name, sizeof(name), "%.*s", (int)(plus - text), text);
    if (!target_find_region(book, name, target, problem, bytes))
        return false;
    if (offset / HUM_PAGE_SIZE >= target->end_page - target->first_page) {
        snprintf(problem, bytes, "region '%s' has %" PRIu64 " bytes: %s is behind its end", name,
                 book->ledger.region[target->row].bytes, plus);
        return false;
    }
    target->is_page = true;
    target->first_page += offset / HUM_PAGE_SIZE;
    target->end_page = target->first_page + 1;
    return true;
}

bool target_find(const struct book *book, const char *text, struct target *target_out,
                 char *problem, size_t bytes)
{
    uint64_t number = 0;
    bool several, is_number = read_number(text, &number);
    bool hex = strncmp(text, "0x", 2) == 0;

    if (find_row(book, text, &several) && !hex)
        return target_find_region(book, text, target_out, problem, bytes);
    if (is_number && is_address(book, number))
        return set_page(book, (number - book->space.start) / HUM_PAGE_SIZE, target_out, problem,
                        bytes);
    if (is_number && hex) {
        snprintf(problem, bytes, "%s is not in the space of the trace", text);
        list_regions(book, problem, bytes);
        return false;
    }
    return find_offset(book, text, target_out, problem, bytes);
}
