/* SPDX-License-Identifier: MIT */
/*
 * live.h - a program run for real: once to record its accesses, then under policies with the pace
 * of a modelled link.
 *
 * What a program prints on standard output is thrown away.  The settings travel in the environment
 * and stay there.  Functions return false after a message.
 * Threads: one at a time.
 */
#ifndef HUM_RANK_LIVE_H
#define HUM_RANK_LIVE_H

#include <stdbool.h>
#include <stdint.h>

struct rank_live {
    const char *link, *pace;     /* as HUM_LINK and HUM_PACE */
    unsigned workers;            /* of the device, recording and running */
    char summary[4096];          /* path of a file of our own */
};

struct rank_live_run {
    double whole_s;              /* from its start to its end */
    double service_s;            /* of it, serving faults: waits for moves and modelled costs too */
    uint64_t bytes, faults;      /* moved; of devices and host */
};

/* Makes the file for summaries; fini removes it. */
bool rank_live_init(struct rank_live *live);
void rank_live_fini(struct rank_live *live);

/* Every access by kernels and the pages of the host, into the trace at `path`; room for all. */
bool rank_live_record(struct rank_live *live, char *const *argv, const char *path);

bool rank_live_run(struct rank_live *live, char *const *argv, const char *policy,
                   uint64_t device_bytes, struct rank_live_run *run_out);

#endif
