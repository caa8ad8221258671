/* SPDX-License-Identifier: MIT */
/* next_use.c - when each access's object is accessed again. */
#include "replay/next_use.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/status.h"
#include "replay/cache.h"

enum hum_status humi_next_use(const struct humi_accesses *accesses, uint64_t *next_use_out)
{
    uint64_t *seen; /* of each object: the index nearest so far */

    if (accesses->count == 0)
        return HUM_OK;
    seen = malloc(accesses->object_count * sizeof *seen);
    if (!seen)
        return humi_fail(HUM_ERR_NO_MEMORY, "out of memory for the next uses of %u pages",
                         accesses->object_count);
    for (uint32_t i = 0; i < accesses->object_count; i++)
        seen[i] = HUMI_NEVER;
    for (size_t i = accesses->count; i-- > 0;) {
        uint32_t object = accesses->objects[i];

        humi_assert(object < accesses->object_count);
        next_use_out[i] = seen[object];
        seen[object] = i;
    }
    free(seen);
    return HUM_OK;
}
