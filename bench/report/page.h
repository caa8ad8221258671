/* SPDX-License-Identifier: MIT */
/* page.h - the page without its model; made from page/ at build time, by page/bundle.cmake. */
#ifndef HUM_REPORT_PAGE_H
#define HUM_REPORT_PAGE_H

#include <stddef.h>

extern const unsigned char report_page[];
extern const size_t report_page_bytes; /* 0: the chart library could not be had */

#endif
