/* SPDX-License-Identifier: MIT */
/* fields.h - the figures of a cell by name, for JSON and CSV alike. */
#ifndef HUM_COMPARE_FIELDS_H
#define HUM_COMPARE_FIELDS_H

#include <stddef.h>

#include "comparison/figures.h"

struct compare_field {
    const char *name;
    size_t offset;               /* of a uint64_t in struct compare_figures */
};

extern const struct compare_field compare_fields[];
extern const unsigned compare_field_count;

static inline uint64_t compare_field_of(const struct compare_figures *figures, unsigned field)
{
    return *(const uint64_t *)(const void *)((const char *)figures + compare_fields[field].offset);
}

#endif
