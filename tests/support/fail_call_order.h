/* SPDX-License-Identifier: MIT */
/* fail_call_order.h - inside of the library fail_call: the order and who counts. */
#ifndef SUPPORT_FAIL_CALL_ORDER_H
#define SUPPORT_FAIL_CALL_ORDER_H

#include "support/fail_call.h"

/* The call came from the main program of this process. */
bool fail_is_ours(const void *caller);

/* Count a call; true: it fails. */
bool fail_now(enum fail_call call, const void *caller);

#define FAIL_CALLER __builtin_return_address(0)

#endif
