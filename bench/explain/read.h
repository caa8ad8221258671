/* SPDX-License-Identifier: MIT */
/* read.h - the readings of a trace that an explanation needs behind the first (book.h). */
#ifndef HUM_EXPLAIN_READ_H
#define HUM_EXPLAIN_READ_H

#include "explain/sharing.h"
#include "explain/story.h"

/*
 * Two more readings, as far as the book came: `sharing` gets both, `story` (NULL: none) the second.
 * Other failures than HUM_ERR_NO_MEMORY are those of the source.
 */
HUM_MUST_USE enum hum_status explain_read(const struct report_source *source,
                                          const struct book *book, struct sharing *sharing,
                                          struct story *story);

#endif
