/* SPDX-License-Identifier: MIT */
/* away.c - mappings that lead to other processors' frames; away.h has the protocol. */
#include "device/away.h"

#include "base/check.h"
#include "base/log.h"
#include "base/status.h"
#include "os/userfault.h"

void humi_away_guard(struct humi_access *access, size_t offset, size_t bytes)
{
    size_t first = offset / HUM_PAGE_SIZE, end = first + bytes / HUM_PAGE_SIZE;

    for (size_t stop; humi_own_run(&access->away, first, end, &first, &stop); first = stop) {
        enum hum_status status =
            humi_userfault_register(access->uffd, access->start + first * HUM_PAGE_SIZE,
                                    (stop - first) * HUM_PAGE_SIZE);
        if (status == HUM_ERR_NO_MEMORY) /* a part of a mapping: registering all splits none */
            status = humi_userfault_register(access->uffd, access->start, access->bytes);
        humi_check(status == HUM_OK || status == HUM_ERR_DEVICE_LOST ||
                   status == HUM_ERR_NO_MEMORY);
    }
}

enum hum_status humi_away_return(struct humi_access *access, size_t offset, size_t bytes)
{
    size_t first = offset / HUM_PAGE_SIZE, end = first + bytes / HUM_PAGE_SIZE;

    for (size_t stop; humi_own_run(&access->away, first, end, &first, &stop); first = stop) {
        enum hum_status status = access->lead_home(access, first * HUM_PAGE_SIZE,
                                                   (stop - first) * HUM_PAGE_SIZE);
        if (status != HUM_OK)
            return status;
        humi_own_remove(&access->away, first, stop);
    }
    return HUM_OK;
}

bool humi_away_take(struct humi_access *access, size_t offset, size_t bytes)
{
    size_t first = offset / HUM_PAGE_SIZE, end = first + bytes / HUM_PAGE_SIZE;
    bool all = humi_own_has(&access->away, first, end);

    /* It fails only where the process is gone. */
    return !access->lead_home_late && humi_away_return(access, offset, bytes) == HUM_OK && all;
}

enum hum_status humi_away_map(struct humi_access *access, size_t offset, size_t bytes,
                              const struct humi_processor *owner)
{
    size_t first = offset / HUM_PAGE_SIZE, end = first + bytes / HUM_PAGE_SIZE;
    enum hum_status status;

    humi_assert(offset % HUM_PAGE_SIZE == 0 && bytes % HUM_PAGE_SIZE == 0 && bytes > 0);
    if (owner->frames_fd < 0)
        return humi_fail(HUM_ERR_UNSUPPORTED, "frames of %s cannot be mapped elsewhere",
                         owner->name);
    humi_access_guard(access, offset, bytes);
    if (!humi_own_add(&access->away, first, end))
        return humi_fail(HUM_ERR_NO_MEMORY, "too many parts of the space are mapped in frames of "
                                            "others (vm.max_map_count)");
    status = access->lead_away(access, offset, bytes, owner->frames_fd);
    if (status == HUM_OK || status == HUM_ERR_DEVICE_LOST)
        return status;
    if (humi_away_return(access, offset, bytes) != HUM_OK)
        humi_warn("a part of the space is mapped nowhere: %s", hum_error_text());
    return status;
}
