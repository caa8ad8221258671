/* SPDX-License-Identifier: MIT */
/*
 * service_world.h - the real service thread, faults that the test puts into fakes, and a policy
 * that writes down what it saw and answers what the test wants.
 *
 * Threads: the main one; `views` are written by the service thread and read once it stopped.
 */
#ifndef SERVICE_WORLD_H
#define SERVICE_WORLD_H

#include "core/service.h"
#include "core_test.h"

#define VIEWS_MAX 64u

extern struct hum_view views[VIEWS_MAX]; /* that the policy was asked about */
extern unsigned view_count;
extern struct hum_plan answer;           /* of the policy; fixed while the service runs */

extern struct fake_world *world;
extern const struct fake_params usual;   /* two devices, 8 blocks */

/* A space without faults yet; its service; ended, masks and counters may be looked at; closed. */
void begin(const struct fake_params *params);
void start(void);
void stop(void);
void end(void);

char *alloc(size_t bytes);
size_t offset_of(const char *ptr);

/* Each touch is another thread's: one waits for its fault before it can have the next. */
void fault(unsigned p, const char *ptr, enum touch how);

/* Until p's threads may touch the page; so many touches failed; were answered. */
void wait_granted(unsigned p, const char *ptr, enum fake_access access);
void wait_failed(unsigned p, unsigned count);
void wait_served(unsigned p, unsigned calls);

/* Groups of tests: how many failed. */
int service_plans(void);
int service_deaths(void);

#endif
