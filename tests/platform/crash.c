/* SPDX-License-Identifier: MIT */
/* crash.c - a vendor's library that ends whoever loads it. */
#include <stdlib.h>

__attribute__((constructor)) static void crash(void)
{
    abort();
}
