/* SPDX-License-Identifier: MIT */
/*
 * kernel_place.h - where a call of a kernel body stands, in every form of the kernel language: over
 * the struct hum_place of that form.  Part of kernel.h.
 */
#include <hum/kernel.h> /* has this included where struct hum_place is known */

#ifndef HUM_KERNEL_PLACE_H
#define HUM_KERNEL_PLACE_H

/* The share of [0, n) that belongs to this call: boundaries that differ by at most one index. */
static inline size_t hum_share_start(const struct hum_place *place, size_t part, size_t n)
{
    size_t each = n / place->parts, rest = n % place->parts;
    return part * each + (part < rest ? part : rest);
}

/* Groups: dimension d is 0, 1 or 2. */
#define hum_group_id(d) (hum_place->group[d])
#define hum_group_count(d) (hum_place->groups[d])
#define hum_group_size(d) (hum_place->items[d])
#define hum_item_id(it, d) hum_item_index(hum_place, (it), (d))
#define hum_global_id(it, d) (hum_group_id(d) * hum_group_size(d) + hum_item_id(it, d))
#define hum_global_size(d) (hum_group_count(d) * hum_group_size(d))

/* Item index in dimension d; dimension 0 runs fastest. */
static inline size_t hum_item_index(const struct hum_place *place, size_t item, unsigned d)
{
    if (d == 0)
        return item % place->items[0];
    if (d == 1)
        return item / place->items[0] % place->items[1];
    return item / (place->items[0] * place->items[1]);
}

#endif
