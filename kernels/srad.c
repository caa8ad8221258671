/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "srad.h"

struct slopes {
    float north, south, west, east;
};

/* How much may flow at a cell of this value. */
static inline float flow_of(const struct slopes *d, float here, float scale)
{
    float squares =
        d->north * d->north + d->south * d->south + d->west * d->west + d->east * d->east;
    float gradient = squares / (here * here);
    float laplacian = (d->north + d->south + d->west + d->east) / here;
    float below = 1.0f + 0.25f * laplacian;
    float variation = (0.5f * gradient - 0.0625f * laplacian * laplacian) / (below * below);
    float flow = 1.0f / (1.0f + (variation - scale) / (scale * (1.0f + scale)));

    if (flow < 0.0f)
        return 0.0f;
    return flow > 1.0f ? 1.0f : flow;
}

/* One index is one row. */
HUM_KERNEL(srad_slopes, struct srad_args)
{
    size_t columns = args->columns, last = columns - 1;

    hum_for_each (r, args->rows) {
        const float *row = args->image + r * columns;
        const float *up = r == 0 ? row : row - columns;
        const float *down = r + 1 == args->rows ? row : row + columns;

        for (size_t c = 0; c < columns; c++) {
            size_t at = r * columns + c;
            struct slopes d = {up[c] - row[c], down[c] - row[c], row[c == 0 ? 0 : c - 1] - row[c],
                               row[c == last ? last : c + 1] - row[c]};

            args->north[at] = d.north;
            args->south[at] = d.south;
            args->west[at] = d.west;
            args->east[at] = d.east;
            args->flow[at] = flow_of(&d, row[c], args->scale);
        }
    }
}

HUM_KERNEL(srad_flow, struct srad_args)
{
    size_t columns = args->columns, last = columns - 1;

    hum_for_each (r, args->rows) {
        const float *flow = args->flow + r * columns;
        const float *down = r + 1 == args->rows ? flow : flow + columns;

        for (size_t c = 0; c < columns; c++) {
            size_t at = r * columns + c;
            float right = flow[c == last ? last : c + 1];
            float sum = flow[c] * args->north[at] + down[c] * args->south[at] +
                        flow[c] * args->west[at] + right * args->east[at];

            args->image[at] += 0.25f * args->rate * sum;
        }
    }
}
