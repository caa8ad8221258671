/* SPDX-License-Identifier: MIT */
/*
 * summary.h - what a space did, as lines of text that `hum run` turns into tables.
 *
 * When HUM_SUMMARY names a file, every space appends one section to it as it closes.  A section is
 * built in memory and written with one write(2), so sections of several spaces, threads and
 * processes never mix, and a section without its `end` line is one whose writer was killed.
 *
 *     hum-summary 1
 *     process pid=4711 name=vector_add
 *     space bytes=1099511627776 devices=1 huge_pages=1 ... launches=1 policy=ahead
 *     device index=0 memory_bytes=1073741824 workers=2 ... name=emu0
 *     total faults_host=3 faults_device=128 ... bytes_h2d=268435456 ... service_ns=31000000
 *     cause events=128 pages=65536 bytes=268435456 name=device fault
 *     region ptr=65970697666560 bytes=134217728 regions=1 live=1 faults_host=1 ... name=x
 *     end
 *
 * Rules of version 1: one record a line, a word and then key=value; numbers are decimal and below
 * 2^64; a text value runs to the end of the line and so comes last, with bytes below 32, '%' and
 * 127 as %XX.  Readers skip words and keys that they do not know; a change that old readers would
 * misread gets another version.  Times are nanoseconds, measured but for
 * modelled_ns_*, which are those of the modelled link; all counts are facts.
 *
 * Regions are the 64 that moved most; the rest are one line named "" with ptr=0 and their number
 * in regions=.  Regions that were freed earlier are kept by name and size, live=0.  bytes= is the
 * size of all regions of the line together.
 *
 * Threads: any.  humi_summary_freed() takes a lock of its own, held for no call out of this file.
 */
#ifndef HUMI_CORE_SUMMARY_H
#define HUMI_CORE_SUMMARY_H

#include <hum/hum.h>

#define HUMI_SUMMARY_ENV "HUM_SUMMARY"
#define HUMI_SUMMARY_VERSION 1u
#define HUMI_SUMMARY_REGIONS 64u

/* The file named by HUM_SUMMARY, or NULL.  Cheap: read once. */
const char *humi_summary_path(void);

/*
 * Remember what a region did that is about to be freed.  Does nothing when no summary is wanted,
 * but filling *info costs: ask humi_summary_path() first.
 */
void humi_summary_freed(struct hum *hum, const struct hum_region_info *info);

/*
 * Append the section of `hum` to the file at path and forget its freed regions.  Called by
 * hum_close() while the space still works, or at exit for a space that was never closed.  A file
 * that cannot be written costs a warning, nothing else.
 */
void humi_summary_write(struct hum *hum, const char *path);

#endif
