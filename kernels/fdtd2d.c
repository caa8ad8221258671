/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "fdtd2d.h"

static inline void first_row(float *ey, float source, size_t columns)
{
    for (size_t c = 0; c < columns; c++)
        ey[c] = source;
}

/* One index is one row. */
HUM_KERNEL(fdtd_ey, struct fdtd_args)
{
    hum_for_each (r, args->rows) {
        float *restrict ey = args->ey + r * args->columns;
        const float *restrict hz = args->hz + r * args->columns;

        const float *restrict above = r == 0 ? hz : hz - args->columns;

        if (r == 0)
            first_row(ey, *args->source, args->columns);
        for (size_t c = 0; r > 0 && c < args->columns; c++)
            ey[c] -= 0.5f * (hz[c] - above[c]);
    }
}

HUM_KERNEL(fdtd_ex, struct fdtd_args)
{
    hum_for_each (r, args->rows) {
        float *restrict ex = args->ex + r * args->columns;
        const float *restrict hz = args->hz + r * args->columns;

        for (size_t c = 1; c < args->columns; c++)
            ex[c] -= 0.5f * (hz[c] - hz[c - 1]);
    }
}

HUM_KERNEL(fdtd_hz, struct fdtd_args)
{
    hum_for_each (r, args->rows - 1) {
        float *restrict hz = args->hz + r * args->columns;
        const float *restrict ex = args->ex + r * args->columns;
        const float *restrict ey = args->ey + r * args->columns;
        const float *restrict below = ey + args->columns;

        for (size_t c = 0; c + 1 < args->columns; c++)
            hz[c] -= 0.7f * (ex[c + 1] - ex[c] + below[c] - ey[c]);
    }
}
