/* SPDX-License-Identifier: MIT */
/*
 * on_double.h - what the stories on the double of CUDA's driver share: the double, one space of
 * 1 GiB on it, and the question whether all of it was given back.
 */
#ifndef FLOW_ON_DOUBLE_H
#define FLOW_ON_DOUBLE_H

#include "flow/flow.h"
#include "support/cuda_double/open.h"

extern struct cuda_double d; /* the driver that was opened last */
extern struct hum *hum;      /* the space that reopen() made; NULL: none */

/* Start the double anew with these options, and open a space on it; trace NULL: none. */
enum hum_status on_double_open(const char *options, const char *devices, const char *trace,
                               struct hum **out);

/* The same for `hum`, whose space before is closed; the test fails if it cannot be. */
void on_double_reopen(const char *options, const char *devices, const char *trace);

/* Why it cannot be opened; HUM_OK, and closed again, if it can. */
enum hum_status on_double_try(const char *options, const char *devices);

/* cmocka's: no space yet; `hum` is closed, and the driver has nothing left of it. */
int on_double_setup(void **state);
int on_double_teardown(void **state);

#endif
