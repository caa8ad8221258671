/* SPDX-License-Identifier: MIT */
/* page.c - a comparison as a page for browsers. */
#include "comparison/page.h"

#include "comparison/output.h"
#include "report/embed.h"

bool compare_print_page(const struct compare_table *table, const struct compare_settings *settings,
                        FILE *out)
{
    return report_embed(compare_page, compare_page_bytes, compare_json_of(table, settings), out);
}
