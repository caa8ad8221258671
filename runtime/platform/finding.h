/* SPDX-License-Identifier: MIT */
/*
 * finding.h - what HUM_CL_CHECK found wrong: each told once for its place, counted for the end.
 *
 * With HUM_CL_FINDINGS=FILE each is also a line of JSON at the end of FILE, written at once:
 *
 *     {"kind":"use of mapped","call":"clEnqueueNDRangeKernel","kernel":"twice","memory":"buffer 1",
 *      "memory_bytes":8192,"address":"0x200000200000","bytes":8192,"process":4711,"text":"..."}
 *
 * Threads: the caller has one lock for all (misuse.c).
 */
#ifndef HUMI_PLATFORM_FINDING_H
#define HUMI_PLATFORM_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(name, text of the kind, what is counted of it) */
#define HUMI_MISUSE_LIST(X)                                                                        \
    X(HUMI_MISUSE_UNMAPPED, "touch of unmapped", "touches of what is not mapped")                  \
    X(HUMI_MISUSE_MAPPED, "use of mapped", "uses of what is mapped")                               \
    X(HUMI_MISUSE_NOT_ENDED, "never unmapped", "never unmapped")                                   \
    X(HUMI_MISUSE_UNWRITTEN, "read of unwritten", "reads of what no one wrote")

enum humi_misuse {
#define HUMI_MISUSE_ENUM(name, kind, counted) name,
    HUMI_MISUSE_LIST(HUMI_MISUSE_ENUM)
#undef HUMI_MISUSE_ENUM
    HUMI_MISUSES
};

struct humi_finding {
    /* its place: two findings of one place are one */
    enum humi_misuse misuse;
    const char *call;   /* a literal */
    const char *kernel; /* NULL: the call is of none */
    unsigned memory;    /* number */

    /* what else is known of the first one */
    const char *name;   /* of the memory */
    size_t memory_bytes;
    uintptr_t address;  /* of the first byte that is used */
    size_t bytes;       /* from there to the last one; 0: not known */
};

/* Tell it, to standard error, whatever HUM_LOG says; nothing if its place was told before. */
void humi_finding_tell(const struct humi_finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One line with the counts. */
void humi_findings_sum(void);

#endif
