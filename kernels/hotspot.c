/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "hotspot.h"

/* One cell from its four neighbours. */
static inline float cell_step(const struct hotspot_args *args, float here, float sides, float power)
{
    return here + args->flow * (sides - 4.0f * here) + args->heat * power;
}

/* One index is one row. */
HUM_KERNEL(hotspot, struct hotspot_args)
{
    size_t columns = args->columns, last = columns - 1;

    hum_for_each (r, args->rows) {
        const float *row = args->in + r * columns;
        const float *up = r == 0 ? row : row - columns;
        const float *down = r + 1 == args->rows ? row : row + columns;
        const float *power = args->power + r * columns;
        float *out = args->out + r * columns;

        for (size_t c = 0; c < columns; c++) {
            float left = row[c == 0 ? 0 : c - 1], right = row[c == last ? last : c + 1];
            out[c] = cell_step(args, row[c], left + right + up[c] + down[c], power[c]);
        }
    }
}
