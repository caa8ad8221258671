/* SPDX-License-Identifier: MIT */
/* read.c - see read.h */
#include "explain/read.h"

enum hum_status explain_read(const struct report_source *source, const struct book *book,
                             struct sharing *sharing, struct story *story)
{
    struct hum_trace_record record;
    enum hum_status status = source->rewind(source->of);

    for (uint64_t i = 0; status == HUM_OK && i < book->records; i++) {
        status = source->next(source->of, &record);
        if (status == HUM_OK)
            status = sharing_moves(sharing, &record);
    }
    if (status == HUM_OK)
        status = sharing_choose(sharing);
    if (status == HUM_OK)
        status = source->rewind(source->of);
    for (uint64_t i = 0; status == HUM_OK && i < book->records; i++) {
        status = source->next(source->of, &record);
        if (status == HUM_OK)
            status = sharing_uses(sharing, &record);
        if (status == HUM_OK && story && !story_note(story, &record))
            status = HUM_ERR_NO_MEMORY;
    }
    if (story)
        story_arrange(story);
    return status;
}
