/* SPDX-License-Identifier: MIT */
/*
 * contract.h - one processor in one mode, for the tests of what device.h promises.
 *
 * Threads: the main one.
 */
#ifndef DEVICE_CONTRACT_H
#define DEVICE_CONTRACT_H

#include "device/world.h"

#define BLOCK HUM_BLOCK_SIZE
#define PAGE HUM_PAGE_SIZE

extern const struct mode *mode; /* of this round */
extern struct world w;

int contract_setup(void **state);
int contract_teardown(void **state);
#define contract_test(name) cmocka_unit_test_setup_teardown(name, contract_setup, contract_teardown)

/* What happens to access meanwhile, where touches fault: how many tests failed. */
int contract_changes(void);

#endif
