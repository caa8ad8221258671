/* SPDX-License-Identifier: MIT */
/* page.h - the page without its numbers; made from page/ at build time. */
#ifndef HUM_COMPARE_PAGE_H
#define HUM_COMPARE_PAGE_H

#include <stddef.h>

extern const unsigned char compare_page[];
extern const size_t compare_page_bytes; /* 0: the chart library could not be had */

#endif
