/* SPDX-License-Identifier: MIT */
/*
 * link.h - a modelled link between the host and a device: t = alpha + bytes / beta.
 *
 * One queue a direction, full duplex.  The figures of pcie3x16 fit two published tables of measured
 * copies within a few per cent (4 KiB 1.8-1.9 us, 2 MiB 163 us); the others scale the bandwidth.
 * Everything computed from a link is *modelled* and must be labelled so.
 * Threads: pure functions on values.
 */
#ifndef HUMI_BASE_LINK_H
#define HUMI_BASE_LINK_H

#include <hum/hum.h>

struct humi_link_model {
    double alpha_ns;           /* to start one copy */
    double ns_per_byte;        /* 0: no link is modelled */
    char name[64];             /* as asked for, "" if none */
};

/*
 * "pcie3x16", "pcie4x16", "pcie5x16", "nvlink-c2c", or "alpha=1.8us,beta=12.8G" (time to start a
 * copy, bytes a second in powers of ten); NULL or "" models none.
 * HUM_ERR_INVALID: the text says what may be written.
 */
HUM_MUST_USE enum hum_status humi_link_parse(const char *text, struct humi_link_model *link_out);

/* Modelled nanoseconds of that many bytes in that many separate copies; 0 if none is modelled. */
uint64_t humi_link_ns(const struct humi_link_model *link, uint64_t bytes, unsigned copies);

#endif
