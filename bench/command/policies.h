/* SPDX-License-Identifier: MIT */
/*
 * policies.h - what policies there are, or what one of them consists of: `hum info --policies`.
 */
#ifndef HUM_COMMAND_POLICIES_H
#define HUM_COMMAND_POLICIES_H

#include <stdbool.h>

/*
 * text: as HUM_POLICY has it, without rules for regions; NULL: all policies and parts.  An exit
 * status; what cannot be read is told on standard error.
 */
int policies_show(const char *text, bool json);

#endif
