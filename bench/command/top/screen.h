/* SPDX-License-Identifier: MIT */
/*
 * screen.h - the full screen of `hum top`: screen.c with ncurses, screen_none.c without.
 */
#ifndef HUM_COMMAND_TOP_SCREEN_H
#define HUM_COMMAND_TOP_SCREEN_H

#include "command/top/view.h"

struct top_screen_options {
    unsigned delay_ms;
    enum top_order order;
    unsigned long looks_max;  /* 0: until the user or the program ends it */
};

/* Built with ncurses? */
bool top_screen_exists(void);

/*
 * Show one of the places until the user quits or the program ends.  The exit status; the terminal
 * is as it was before, and messages are on standard error.
 */
int top_screen(const struct top_places *places, const struct top_screen_options *options);

/* "program 1234 ended" and its like, for standard error; NULL for TOP_READ. */
const char *top_result_text(enum top_result result);

#endif
