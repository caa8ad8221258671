/* SPDX-License-Identifier: MIT */
/*
 * summary_file.h - reads what libhum wrote to the file named by HUM_SUMMARY.
 *
 * The format is described in runtime/core/summary.h.  The file comes from another program, so
 * nothing in it is believed: a section that is cut off, of another version, or holds a number that
 * is none is left out whole and counted, and reading goes on with the next section.  Control
 * characters in names become '?', so a name cannot steer a terminal.
 */
#ifndef HUM_COMMAND_SUMMARY_FILE_H
#define HUM_COMMAND_SUMMARY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUMMARY_VERSION 1
#define SUMMARY_NAME_BYTES 64
#define SUMMARY_DEVICES_MAX 15
#define SUMMARY_CAUSES_MAX 32
#define SUMMARY_REGIONS_MAX 65
#define SUMMARY_SECTIONS_MAX 1024

struct summary_counters {
    uint64_t faults_host, faults_device, faults_duplicate, batches;
    uint64_t bytes_h2d, bytes_d2h, bytes_d2d;
    uint64_t evictions_clean, evictions_dirty;
    uint64_t move_ns_h2d, move_ns_d2h, move_ns_d2d; /* copying */
    uint64_t service_ns;                            /* serving faults, copying for them included */
    uint64_t modelled_ns_h2d, modelled_ns_d2h, modelled_ns_d2d; /* modelled: copies on the link */
};

struct summary_device {
    uint64_t index, memory_bytes, workers, restarts, huge_pages, lost, resident_bytes, frame_bytes;
    char name[SUMMARY_NAME_BYTES];
};

struct summary_cause {
    uint64_t events, pages, bytes;
    char name[SUMMARY_NAME_BYTES];
};

struct summary_region {
    uint64_t ptr, bytes, regions, live; /* ptr 0: several */
    struct summary_counters counters;
    char name[SUMMARY_NAME_BYTES];
};

/* One space of one process. */
struct summary_section {
    uint64_t pid;
    char program[SUMMARY_NAME_BYTES];
    uint64_t space_bytes, launches, regions_live, region_bytes, metadata_bytes;
    uint64_t host_resident_bytes, huge_pages, shared_read, kernel_faults;
    uint64_t sample_ppm, samples_taken, samples_touched, sample_ns; /* as in struct hum_stats */
    uint64_t told_thrashed, told_throttled, told_throttled_ns, told_dropped; /* the same */
    uint64_t violations; /* that HUM_CHECK noted */
    char policy[SUMMARY_NAME_BYTES];
    struct summary_counters total;
    struct summary_device device[SUMMARY_DEVICES_MAX];
    struct summary_cause cause[SUMMARY_CAUSES_MAX];
    struct summary_region region[SUMMARY_REGIONS_MAX];
    unsigned devices, causes, regions;
};

struct summary_file {
    struct summary_section *section;
    size_t count;
    size_t damaged;   /* sections left out */
    char reason[192]; /* of the first that was left out: "line 7: ..." */
};

/* A file in $TMPDIR or /tmp, empty, named in path of `room` bytes.  Returns 0 or an errno. */
int summary_file_create(char *path, size_t room);

/* Returns 0 or an errno.  An empty file is no error and has no sections. */
int summary_file_read(const char *path, struct summary_file *file_out);
void summary_file_free(struct summary_file *file);

#endif
