/* SPDX-License-Identifier: MIT */
/* html.c - the page: its template with the model put in; see output.h */
#include "report/output.h"

#include "report/embed.h"
#include "report/page.h"

bool report_has_page(void)
{
    return report_page_bytes > 0;
}

bool report_print_page(const struct report_model *model, FILE *out)
{
    return report_embed(report_page, report_page_bytes, report_json_of(model), out);
}
