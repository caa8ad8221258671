/* SPDX-License-Identifier: MIT */
/*
 * away.h - pages of a processor's space that lead to the frames of another one.
 *
 * Such a run of pages has a mapping of its own, of the other processor's file at the same offset.
 * It is unguarded: the kernel maps it natively, and nothing of it costs a fault of ours.
 *
 *                 map                        take                     return
 *     leads home -----> leads away, unguarded ----> leads away, guarded ----> leads home
 *                                    device: these two are one step
 *
 * Between mapping the own file again and guarding it (two system calls) a touch would go through to
 * whatever the own frame has.  A device process forbids its threads all access meanwhile and turns
 * the SIGSEGV of who touches it into a wait (emu/process/prot.c).  The host's signals are not ours;
 * so there the mapping leads away, guarded and with nothing mapped, until the pages are next given
 * to the host for writing: then a touch in between does nothing that it might not.
 *
 * A descriptor of the other file is sent to a device process for each mapping and closed there
 * before the call returns, and the range is told in the same message, not in memory that kernels
 * could write over.  What that guarantees: no load or store of a kernel reaches a page that was not
 * granted.  What it does not: a kernel that makes system calls on purpose has the rights of the
 * user who runs the program, as any child process has (it could enlarge a mapping with mremap() as
 * well as open the program's files); against that only another user or a container helps.
 *
 * Invariant: a page whose mapping leads away is in `access->away`; runs of it are counted as in
 * own.h, because each is a mapping.
 * Threads: as access.h.
 */
#ifndef HUMI_DEVICE_AWAY_H
#define HUMI_DEVICE_AWAY_H

#include "device/access.h"

/* The member map_remote of struct humi_processor_ops. */
HUM_MUST_USE enum hum_status humi_away_map(struct humi_access *access, size_t offset,
                                           size_t bytes, const struct humi_processor *owner);

/* Guard what leads away in the range; what is mapped stays mapped. */
void humi_away_guard(struct humi_access *access, size_t offset, size_t bytes);

/* Part of unmap(): take away what leads away.  True: that was all of the range, and it is done. */
bool humi_away_take(struct humi_access *access, size_t offset, size_t bytes);

/* Before own frames are mapped: all of the range leads home and is guarded. */
HUM_MUST_USE enum hum_status humi_away_return(struct humi_access *access, size_t offset,
                                              size_t bytes);

#endif
