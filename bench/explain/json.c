/* SPDX-License-Identifier: MIT */
/* json.c - an explanation as one JSON object; see explain.h */
#include <inttypes.h>

#include "command/json.h"
#include "explain/advice.h"
#include "explain/explain.h"

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static void set_count(json_t *object, const char *key, uint64_t count)
{
    set(object, key, json_count(count));
}

static json_t *address_json(const struct explanation *e, uint64_t page)
{
    char text[32];

    snprintf(text, sizeof(text), "0x%" PRIx64, book_address(e->book, page));
    return json_string(text);
}

static json_t *processor_json(const struct explanation *e, int processor)
{
    char name[64];

    return json_text(book_processor(e->book, processor, name, sizeof(name)));
}

static json_t *kernel_json(const struct explanation *e, uint32_t kernel)
{
    const char *name = book_kernel(e->book, kernel);

    return name ? json_text(name) : json_null();
}

/* 64 bits do not fit a JSON number everywhere. */
static json_t *lines_json(uint64_t lines)
{
    char text[24];

    snprintf(text, sizeof(text), "%016" PRIx64, lines);
    return json_string(text);
}

static json_t *set_json(const struct explanation *e, uint32_t processors)
{
    json_t *array = json_array();

    for (int p = HUM_HOST; p < HUM_DEVICES_MAX; p++)
        if (processors & HUM_BIT(p))
            json_array_append_new(array, processor_json(e, p));
    return array;
}

/* ---- a page --------------------------------------------------------------------------------- */

static json_t *event_json(const struct explanation *e, const struct story_event *event)
{
    json_t *object = json_object();

    set_count(object, "time_ns", event->time_ns);
    set(object, "cause", json_string(hum_cause_text((enum hum_cause)event->cause)));
    set(object, "processor", processor_json(e, event->processor));
    set(object, "kernel", kernel_json(e, event->kernel));
    set_count(object, "thread", event->thread);
    set(object, "copied", json_boolean(event->moved));
    set_count(object, "pages", event->pages);
    set_count(object, "bytes", event->bytes);
    set_count(object, "copy_ns", event->move_ns);
    set_count(object, "modelled_ns", event->modelled_ns);
    set(object, "evicted", json_boolean(event->evicted));
    return object;
}

static json_t *touch_json(const struct explanation *e, const struct story_touch *touch)
{
    json_t *object = json_object();

    set(object, "kernel", kernel_json(e, touch->kernel));
    set(object, "processor", processor_json(e, touch->processor));
    set_count(object, "launches", touch->launch.count);
    set_count(object, "reads", touch->reads);
    set_count(object, "writes", touch->writes);
    set(object, "read_lines", lines_json(touch->read_lines));
    set(object, "write_lines", lines_json(touch->write_lines));
    set(object, "by_page", json_boolean(touch->by_page));
    set_count(object, "first_ns", touch->first_ns);
    set_count(object, "last_ns", touch->last_ns);
    return object;
}

static json_t *page_json(const struct explanation *e)
{
    const struct story *story = e->story;
    json_t *object = json_object(), *events = json_array(), *touches = json_array();
    const struct story_event *event;

    set(object, "address", address_json(e, story->page));
    set_count(object, "page", story->page);
    set(object, "arrival", story->has_arrival ? event_json(e, &story->arrival) : json_null());
    set_count(object, "event_count", story->events);
    set_count(object, "copies", story->moves);
    set_count(object, "copy_ns", story->share_ns);
    set_count(object, "modelled_ns", story->share_modelled_ns);
    for (uint64_t i = 0; (event = story_event(story, i)); i++)
        json_array_append_new(events, event_json(e, event));
    set(object, "events", events);
    set_count(object, "events_left_out", story_left_out(story));
    for (uint32_t i = 0; i < story->touches; i++)
        json_array_append_new(touches, touch_json(e, &story->touch[i]));
    set(object, "touches", touches);
    return object;
}

/* ---- verdicts ------------------------------------------------------------------------------- */

static json_t *users_json(const struct explanation *e, const struct turns *turns)
{
    json_t *array = json_array();

    for (int p = HUM_HOST; p < HUM_DEVICES_MAX; p++) {
        json_t *user;

        if (!(turns->processors & HUM_BIT(p)))
            continue;
        user = json_object();
        set(user, "processor", processor_json(e, p));
        set(user, "read_lines", lines_json(turns->read[p + 1]));
        set(user, "write_lines", lines_json(turns->write[p + 1]));
        json_array_append_new(array, user);
    }
    return array;
}

static json_t *group_json(const struct explanation *e, const struct sharing_group *group)
{
    const struct sharing_moves *moves = &group->moves;
    json_t *object = json_object();
    char advice[1024];

    set(object, "kind", json_string(sharing_kind_key(group->kind)));
    set(object, "address", address_json(e, group->first_page));
    set_count(object, "first_page", group->first_page);
    set_count(object, "pages", group->pages);
    set_count(object, "trips_min", group->trips_min);
    set_count(object, "trips_max", group->trips_max);
    set_count(object, "copies_to_host", moves->to_host);
    set_count(object, "copies_to_device", moves->to_device);
    set_count(object, "copies_by_fault", moves->by_fault);
    set_count(object, "copies_by_prefetch", moves->by_prefetch);
    set_count(object, "copies_by_eviction", moves->by_eviction);
    set_count(object, "evictions", moves->evictions);
    set_count(object, "copy_ns", moves->copy_ns);
    set_count(object, "modelled_ns", moves->modelled_ns);
    set_count(object, "turns_true", group->turns.is_true);
    set_count(object, "turns_false", group->turns.is_false);
    set_count(object, "turns_read", group->turns.is_read);
    set_count(object, "turns_unknown", group->turns.is_unknown);
    set(object, "writers", set_json(e, group->turns.writers));
    set(object, "users", users_json(e, &group->turns));
    set(object, "advice", json_text(advice_of(e->book, group, advice, sizeof(advice))));
    return object;
}

static json_t *region_json(const struct explanation *e)
{
    const struct ledger_region *region = &e->book->ledger.region[e->target.row];
    json_t *object;

    if (!e->target.row)
        return json_null();
    object = json_object();
    set(object, "name", json_text(region->name));
    set_count(object, "region", region->id);
    set(object, "address", address_json(e, region->first_page));
    set_count(object, "first_page", region->first_page);
    set_count(object, "bytes", region->bytes);
    return object;
}

static json_t *kinds_json(const struct explanation *e)
{
    json_t *object = json_object();

    for (unsigned kind = 0; kind < SHARING_KIND_COUNT; kind++)
        set_count(object, sharing_kind_key((enum sharing_kind)kind), e->sharing.pages[kind]);
    return object;
}

static json_t *notes_json(const struct explanation *e)
{
    json_t *array = json_array();
    char room[512];
    const char *note;

    for (unsigned i = 0; (note = explain_note(e, i, room, sizeof(room))); i++)
        if (*note)
            json_array_append_new(array, json_text(note));
    return array;
}

bool explain_print_json(const struct explanation *e, FILE *out)
{
    json_t *object = json_object(), *groups = json_array();

    set(object, "trace", json_text(e->file));
    set(object, "region", region_json(e));
    set(object, "page", e->story ? page_json(e) : json_null());
    set_count(object, "trips", e->trips);
    set(object, "pages", kinds_json(e));
    for (uint32_t i = 0; i < e->sharing.groups; i++)
        json_array_append_new(groups, group_json(e, &e->sharing.group[i]));
    set(object, "groups", groups);
    set_count(object, "groups_left_out", e->sharing.untold);
    set(object, "notes", notes_json(e));
    return json_print(object, out, true);
}
