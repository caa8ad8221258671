/* SPDX-License-Identifier: MIT */
/*
 * finding.h - what HUM_CL_CHECK found wrong: each told once for its place, counted for the end.
 *
 * Threads: the caller has one lock for all (misuse.c).
 */
#ifndef HUMI_PLATFORM_FINDING_H
#define HUMI_PLATFORM_FINDING_H

#include <stdbool.h>

enum humi_misuse {
    HUMI_MISUSE_UNMAPPED,  /* the program touched what is not mapped */
    HUMI_MISUSE_MAPPED,    /* a command uses what is mapped */
    HUMI_MISUSE_NOT_ENDED, /* let go, or left, while mapped */
    HUMI_MISUSE_UNWRITTEN, /* a command reads what no one wrote */
    HUMI_MISUSES
};

/* Two findings of one place are one. */
struct humi_place {
    enum humi_misuse misuse;
    const char *call;   /* a literal */
    const char *kernel; /* NULL: the call is of none */
    unsigned memory;    /* number */
};

/* Tell it, to standard error, whatever HUM_LOG says; nothing if its place was told before. */
void humi_finding_tell(const struct humi_place *place, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One line with the counts. */
void humi_findings_sum(void);

#endif
