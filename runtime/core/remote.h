/* SPDX-License-Identifier: MIT */
/*
 * remote.h - pages of one locked block that a processor touches in the frame of another one.
 *
 *     frames of q    ....####....            resident at q, and only there (R6)
 *     q may touch    ....####....            as ever: mapped, perhaps writable
 *     p may touch        #### remote         the same frames, for reading and writing
 *
 * There is one frame, so all who map it may write, and nobody's stores take anything from the
 * others.  Nothing moves until somebody asks for the pages to be resident elsewhere: then every
 * remote mapping goes first.  Whoever frees, discards or evicts the frame takes them away, too.
 *
 * Not mapped remotely, but moved as ever: pages that nobody has, pages of a region that the
 * processor may only read (hum_protect), everything of a processor whose touches are told by
 * faults (epochs), and what the processor refuses (too many mappings, other kinds of frames).
 *
 * Threads: as residency.h.
 */
#ifndef HUMI_CORE_REMOTE_H
#define HUMI_CORE_REMOTE_H

#include "core/residency.h"

/* Take the remote mappings of the pages away from p; from everybody. */
void humi_remote_take(struct hum *hum, struct humi_block *block, unsigned p,
                      struct hum_pages pages);
void humi_remote_take_all(struct hum *hum, struct humi_block *block,
                          const struct hum_pages *pages);

/* Processor p may map pages of the region that others have. */
bool humi_remote_can(const struct hum *hum, const struct humi_region *region, unsigned p);

/*
 * What of request->remote can be mapped where it is.  The owner is the processor with the lowest
 * number that has the page.
 */
struct hum_pages humi_remote_choose(const struct hum *hum, const struct humi_block *block,
                                    const struct humi_request *request);

/*
 * Map these pages, and tell it with its cause.  Nobody is woken yet.  *refused_out: those that must
 * be moved instead.  HUM_ERR_DEVICE_LOST: the processor's process has gone.
 */
enum hum_status humi_remote_give(struct hum *hum, struct humi_block *block,
                                 const struct humi_request *request,
                                 const struct hum_pages *pages, struct hum_pages *refused_out);

/* Wake who waits for them. */
void humi_remote_resume(struct hum *hum, struct humi_block *block, unsigned p,
                        const struct hum_pages *pages);

#endif
