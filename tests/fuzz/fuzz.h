/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - the entry point that a fuzz target exports and libFuzzer or replay.c calls.
 * A target ends the process when something is wrong and returns 0 else.
 */
#ifndef HUM_FUZZ_H
#define HUM_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
