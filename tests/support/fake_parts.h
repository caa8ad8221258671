/* SPDX-License-Identifier: MIT */
/*
 * fake_parts.h - inside of the fake processor: what its files share.  Tests include
 * fake_processor.h.
 *
 *   fake_processor.c   frames, access, life     fake_work.c    faults and launches
 *   fake_world.c       a space of fakes, and the comparison with the core's masks
 *
 * Threads: fake_begin() takes the lock of the fake, fake_end() wakes who waits and lets go; where
 * nothing else is said the lock is held.
 */
#ifndef SUPPORT_FAKE_PARTS_H
#define SUPPORT_FAKE_PARTS_H

#include "support/fake_processor.h"

/* Never mapped: a touch by the core is a crash. */
#define FAKE_SPACE_START ((uintptr_t)0x200000000000)

struct fake *fake_begin(struct humi_processor *processor);
void fake_end(struct fake *fake);

/* The first sentence stays. */
void fake_violate(struct fake *fake, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A range of pages of the space; if not, `call` is a breach. */
bool fake_within_space(struct fake *fake, const char *call, size_t offset, size_t bytes);
/* True: this is the call that was ordered to fail. */
bool fake_fails_now(unsigned *left);

/* Let a descriptor be readable; no lock. */
void fake_raise(int fd);
/* Touches at [offset, +bytes) wake up; with `again` those without access fault. */
void fake_wake(struct fake *fake, size_t offset, size_t bytes, bool again);
/* The oldest unfinished launch ends. */
void fake_finish_locked(struct fake *fake, enum hum_status status, uint64_t end_ns);

/* NULL: out of memory.  No lock. */
struct fake *fake_open(const struct fake_params *params, unsigned number);
void fake_close(struct humi_processor *p);

/* Members of the table of operations, without the lock. */
unsigned fake_faults(struct humi_processor *p, struct humi_fault *faults_out, unsigned max);
void fake_resume(struct humi_processor *p, size_t offset, size_t bytes);
void fake_fail(struct humi_processor *p, const struct humi_fault *fault, enum hum_status status);
enum hum_status fake_load(struct humi_processor *p, const char *path, unsigned *module_out);
enum hum_status fake_kernel(struct humi_processor *p, unsigned module, const char *name,
                            unsigned *kernel_out, size_t *args_bytes_out);
enum hum_status fake_submit(struct humi_processor *p, const struct humi_launch *launch,
                            uint64_t *ticket_out);
enum hum_status fake_wait_ticket(struct humi_processor *p, uint64_t ticket, int64_t timeout_ns,
                                 struct humi_outcome *outcome_out);

#endif
