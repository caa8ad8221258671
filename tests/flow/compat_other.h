/* SPDX-License-Identifier: MIT */
/* compat_other.h - what compat.c asks of the other file of its program. */
#ifndef HUM_FLOW_COMPAT_OTHER_H
#define HUM_FLOW_COMPAT_OTHER_H

#include <stddef.h>

int other_type_of(const void *ptr);
int other_last_error(void);
int other_prefetch(const void *ptr, size_t bytes, int type, int id);

#endif
