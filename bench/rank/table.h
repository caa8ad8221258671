/* SPDX-License-Identifier: MIT */
/*
 * table.h - programs under policies, run live and replayed, with the places of each.
 *
 * Live times are measured, of the whole program or of serving faults in it; modelled ones are those
 * of a closed-loop replay.  The two have different zeros, so only their orders are compared.
 * Ownership: the table owns its entries; texts are the caller's.
 */
#ifndef HUM_RANK_TABLE_H
#define HUM_RANK_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "marks/series.h"
#include "rank/correlation.h"

#define RANK_POLICIES_MAX 32u
#define RANK_WORKLOADS_MAX 32u

/* One program under one policy. */
struct rank_entry {
    struct series live_s;        /* of each run */
    double median_s, spread_s;   /* of these; spread: half of the largest less the least */
    double modelled_s;
    double live_place, modelled_place;
    uint64_t live_bytes, modelled_bytes; /* that moved, all directions; live: in the last run */
    uint64_t live_faults;        /* of devices and the host, in the last run */
    uint64_t remote_touches;     /* of the replay: over the link, which live runs do not slow */
};

struct rank_workload {
    char **argv;                 /* NULL at its end */
    const char *name;            /* the program without its folder */
    uint64_t device_bytes;       /* of the live runs and the replays */
    char left_out[240];          /* why it cannot be ranked, which is no failure; "" */
    struct rank_entry entry[RANK_POLICIES_MAX];
    struct rank_pairs pairs;     /* live first, modelled second */
    double rho, tau;
    struct rank_pairs paced_pairs; /* without the policies that touch over the link */
    double paced_rho, paced_tau;
};

struct rank_table {
    char *const *policies;
    unsigned policies_count, workloads_count;
    double tie;                  /* part of a time within which two are tied */
    struct rank_workload *workload;
    /* Over all workloads: pairs added up, and means of those coefficients that are numbers. */
    struct rank_pairs pairs, paced_pairs;
    double rho, tau, paced_rho, paced_tau;
};

/*
 * Which policy is the turn-th of that round of live runs: every one comes once, rounds go in turn
 * forwards and backwards, each beginning with another one.
 */
unsigned rank_table_turn(unsigned round, unsigned turn, unsigned policies);

/* Without the workloads that are left out; the others keep their order. */
void rank_table_drop(struct rank_table *table);

/* From the times of the entries to everything else. */
void rank_table_finish(struct rank_table *table);
void rank_table_fini(struct rank_table *table);

#endif
