/* SPDX-License-Identifier: MIT */
/* advise_hints.h - tests of hum advise on programs that asked for something themselves. */
#ifndef TESTS_BENCH_ADVISE_HINTS_H
#define TESTS_BENCH_ADVISE_HINTS_H

/* How many failed.  `command` is hum. */
int advise_hints(const char *command);

#endif
