/* SPDX-License-Identifier: MIT */
/* writing.c - see writing.h */
#include "policy/prefetch/writing.h"

#include "base/mask.h"

bool humi_writing_stream(const struct hum_view *view)
{
    return view->neighbour_writable[0] >= HUMI_NEIGHBOUR_FULL &&
           view->neighbour_guesses < HUMI_GUESSES_MAX &&
           !(view->advice & HUM_ADVISE_READ_MOSTLY) &&
           humi_mask_meets(&view->read, &view->written) && humi_mask_empty(&view->write);
}
