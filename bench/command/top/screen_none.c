/* SPDX-License-Identifier: MIT */
/* screen_none.c - hum top without ncurses: there is --batch only. */
#include <stdlib.h>

#include "command/command.h"
#include "command/top/screen.h"

bool top_screen_exists(void)
{
    return false;
}

int top_screen(const struct top_places *places, const struct top_screen_options *options)
{
    (void)places;
    (void)options;
    command_say("top", "this hum was built without ncurses: use --batch or --json");
    return EXIT_FAILURE;
}
