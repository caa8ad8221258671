/* SPDX-License-Identifier: MIT */
/* embed.h - a page that was bundled at build time, with its numbers put in. */
#ifndef HUM_REPORT_EMBED_H
#define HUM_REPORT_EMBED_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Write the page with `value` where it says @MODEL@.  Takes the reference of `value`, which may be
 * NULL (no memory).  False: not all could be written.
 */
bool report_embed(const unsigned char *page, size_t bytes, json_t *value, FILE *out);

#endif
