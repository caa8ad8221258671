/* SPDX-License-Identifier: MIT */
/*
 * remote.h - two processors of one space, of which one touches pages in the frames of the other.
 *
 * Threads: the main one.
 */
#ifndef DEVICE_REMOTE_H
#define DEVICE_REMOTE_H

#include "device/launch.h"

#define BLOCK HUM_BLOCK_SIZE
#define PAGE HUM_PAGE_SIZE
#define CHUNK (16 * PAGE)

struct pair {
    const char *name;
    struct mode mode, owner;
    bool counts; /* tries how many there may be, which takes long */
};

extern const struct pair *pair;  /* of this round */
extern struct world w, owner;    /* who touches, who has the frames */

int remote_setup(void **state);
int remote_teardown(void **state);
#define remote_test(name) cmocka_unit_test_setup_teardown(name, remote_setup, remote_teardown)

void back_owner(size_t offset, size_t bytes);

/* Frames of the owner, and led there. */
void lead(size_t offset, size_t bytes);

/* No fault may come. */
uint64_t read_through(size_t offset);

/* Until whoever hammers the word has done so a hundred times more. */
void let_run(const struct world *whose, size_t offset);

/* Limits, ends and costs of this pair: how many tests failed. */
int remote_ends(void);

#endif
