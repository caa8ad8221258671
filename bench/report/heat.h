/* SPDX-License-Identifier: MIT */
/*
 * heat.h - a picture of address against time: who touched, who held, what moved.
 *
 * Rows are equal parts of the axis that pages.h lays out, columns equal parts of time.  In a cell:
 *   touched   page touches; from accesses if the trace has any, else pages of fault-driven events
 *   by        which processors did, bit 0 the host, bit d + 1 device d (as HUM_BIT)
 *   moved     pages copied
 *   holder    who held most pages of the row at the column's end (pages.h), and
 *   share     which part of the row's pages, percent
 */
#ifndef HUM_REPORT_HEAT_H
#define HUM_REPORT_HEAT_H

#include "report/pages.h"

#define HEAT_ROWS 256u
#define HEAT_COLUMNS 1024u

struct heat {
    uint32_t rows, columns; /* 0 rows: nothing was touched */
    uint64_t start_ns, column_ns;
    bool from_accesses;
    uint32_t *touched, *moved; /* cell row * columns + column */
    uint16_t *by;
    uint8_t *holder, *share;
    uint32_t *held;  /* row * HOLDERS + holder: pages now */
    uint32_t column; /* that is being filled; those before are closed */
};

/* pages: arranged.  False: no memory. */
bool heat_init(struct heat *heat, const struct pages *pages, uint64_t start_ns, uint64_t end_ns,
               bool from_accesses);
void heat_fini(struct heat *heat);
/* False: no memory. */
bool heat_event(struct heat *heat, struct pages *pages, uint64_t time_ns,
                const struct hum_trace_event *event);
void heat_access(struct heat *heat, struct pages *pages, uint64_t time_ns,
                 const struct hum_trace_access *access);
/* Close the columns that are left. */
void heat_finish(struct heat *heat, const struct pages *pages);
/* Place on the axis where a row starts; row == rows gives its end. */
uint64_t heat_row_position(const struct heat *heat, const struct pages *pages, uint32_t row);

#endif
