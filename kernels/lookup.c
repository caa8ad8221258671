/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "lookup.h"

HUM_KERNEL(lookup, struct lookup_args)
{
    hum_for_each (i, args->count)
        args->sums[i] += lookup_value(&args->table, args->queries[i]);
}
