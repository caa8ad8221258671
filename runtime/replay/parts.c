/* SPDX-License-Identifier: MIT */
/* parts.c - the parts of which a policy is made, as users write them. */
#include "replay/parts.h"

#include <stdio.h>
#include <string.h>

#include "base/options.h"
#include "base/status.h"
#include "policy/evict/registry.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

struct word {
    const char *text, *about;
};

static const struct word prefetches[] = {
#define WORD(name, text, about) {text, about},
    HUMI_PREFETCH_LIST(WORD)
};
static const struct word places[] = {HUMI_PLACE_LIST(WORD)};
#undef WORD

static const struct word switches[] = {
    {"off", "pages may go to and fro"},
    {"on", "pages that go to and fro are held (not for single pages)"},
};

/* Policies that are parts under one name. */
static const struct {
    const char *name, *parts, *about;
} named[] = {
    {"ondemand", "evict=lru", "the control: the touched page, nothing else"},
    {"chunk", "prefetch=chunk,evict=lru", "64 KiB at a time"},
    {"tree", "prefetch=tree,evict=lru", "what is dense around a fault"},
    {"stride", "prefetch=stride,evict=lru", "ahead of faults that are evenly spaced"},
    {"driver", "prefetch=tree,evict=lrm",
     "NVIDIA's driver without its thrash detector; clean pages are not copied home"},
    {"counter", "evict=lru,place=counter", "over the link at first, 256 touches bring it"},
};

/* ---- words ---------------------------------------------------------------------------------- */

static int find_word(const struct humi_slice *text, const struct word *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (humi_slice_is(text, words[i].text))
            return (int)i;
    return -1;
}

static const struct hum_evict *find_algorithm(const struct humi_slice *text)
{
    for (unsigned i = 0; humi_evict_at(i); i++)
        if (humi_slice_is(text, humi_evict_at(i)->name))
            return humi_evict_at(i);
    return NULL;
}

/* ---- what there is, for messages ------------------------------------------------------------ */

struct list {
    char text[256];
    size_t used;
};

static void list_add(struct list *list, const char *word)
{
    int added = snprintf(list->text + list->used, sizeof list->text - list->used, "%s%s",
                         list->used ? ", " : "", word);

    if (added > 0 && list->used + (size_t)added < sizeof list->text)
        list->used += (size_t)added;
}

static struct list list_words(const struct word *words, size_t count)
{
    struct list list = {.used = 0};

    for (size_t i = 0; i < count; i++)
        list_add(&list, words[i].text);
    return list;
}

static struct list list_algorithms(void)
{
    struct list list = {.used = 0};

    for (unsigned i = 0; humi_evict_at(i); i++)
        list_add(&list, humi_evict_at(i)->name);
    return list;
}

static enum hum_status no_such(const char *key, const struct humi_slice *value,
                               const struct list *known)
{
    return humi_fail(HUM_ERR_INVALID, "there is no %s=%.*s: %s", key, (int)value->bytes,
                     value->text, known->text);
}

/* ---- parsing -------------------------------------------------------------------------------- */

static enum hum_status set_part(struct humi_parts *parts, const struct humi_slice *key,
                                const struct humi_slice *value)
{
    struct list known;
    int found;

    if (humi_slice_is(key, "evict")) {
        const struct hum_evict *algorithm = find_algorithm(value);

        known = list_algorithms();
        if (!algorithm)
            return no_such("evict", value, &known);
        parts->evict = algorithm;
        return HUM_OK;
    }
    if (humi_slice_is(key, "prefetch")) {
        found = find_word(value, prefetches, COUNT_OF(prefetches));
        known = list_words(prefetches, COUNT_OF(prefetches));
        if (found < 0)
            return no_such("prefetch", value, &known);
        parts->prefetch = (enum humi_prefetch)found;
        return HUM_OK;
    }
    if (humi_slice_is(key, "place")) {
        found = find_word(value, places, COUNT_OF(places));
        known = list_words(places, COUNT_OF(places));
        if (found < 0)
            return no_such("place", value, &known);
        parts->place = (enum humi_place)found;
        return HUM_OK;
    }
    if (humi_slice_is(key, "thrash")) {
        found = find_word(value, switches, COUNT_OF(switches));
        known = list_words(switches, COUNT_OF(switches));
        if (found < 0)
            return no_such("thrash", value, &known);
        parts->thrash = found != 0;
        return HUM_OK;
    }
    return humi_fail(HUM_ERR_INVALID, "a policy has no part '%.*s': prefetch, evict, place, thrash",
                     (int)key->bytes, key->text);
}

static enum hum_status parse_list(struct humi_slice rest, struct humi_parts *parts)
{
    struct humi_slice item, key, value;

    while (humi_slice_next(&rest, ',', &item)) {
        enum hum_status status;

        if (!humi_slice_cut(&item, '=', &key, &value))
            return humi_fail(HUM_ERR_INVALID,
                             "'%.*s' is no part of a policy; write part=value, as in "
                             "prefetch=none,evict=lru",
                             (int)item.bytes, item.text);
        status = set_part(parts, &key, &value);
        if (status != HUM_OK)
            return status;
    }
    return HUM_OK;
}

static enum hum_status parse_name(const struct humi_slice *name, struct humi_parts *parts)
{
    struct list known = list_algorithms();

    for (size_t i = 0; i < COUNT_OF(named); i++) {
        if (humi_slice_is(name, named[i].name))
            return parse_list(humi_slice_of(named[i].parts), parts);
        list_add(&known, named[i].name);
    }
    parts->evict = find_algorithm(name);
    if (parts->evict)
        return HUM_OK;
    return humi_fail(HUM_ERR_INVALID,
                     "there is no policy '%.*s': %s, or parts as in prefetch=tree,evict=lfu",
                     (int)name->bytes, name->text, known.text);
}

enum hum_status humi_parts_parse(const char *text, struct humi_parts *parts_out)
{
    struct humi_parts parts = {.evict = humi_evict_find("lru")};
    struct humi_slice rest = humi_slice_of(text), behind = rest, name, key, value;
    enum hum_status status = HUM_OK;

    if (!humi_slice_next(&behind, ',', &name) || (name.bytes == 0 && behind.bytes == 0))
        return humi_fail(HUM_ERR_INVALID, "a policy cannot be empty");
    if (strchr(text, '/') || strstr(text, ".so"))
        return humi_fail(HUM_ERR_INVALID, "'%s' is a plug-in, which decides about whole blocks; "
                                          "single pages are replayed with parts of ours", text);
    if (!humi_slice_cut(&name, '=', &key, &value)) {
        status = parse_name(&name, &parts);
        rest = behind;
    }
    if (status == HUM_OK)
        status = parse_list(rest, &parts);
    if (status == HUM_OK)
        *parts_out = parts;
    return status;
}

void humi_parts_print(const struct humi_parts *parts, char *text_out, size_t bytes)
{
    snprintf(text_out, bytes, "prefetch=%s,evict=%s,place=%s,thrash=%s",
             prefetches[parts->prefetch].text, parts->evict->name, places[parts->place].text,
             switches[parts->thrash].text);
}

/* ---- help ----------------------------------------------------------------------------------- */

static bool word_at(const struct word *words, size_t count, unsigned *index,
                    const char **value_out, const char **about_out)
{
    if (*index >= count) {
        *index -= (unsigned)count;
        return false;
    }
    *value_out = words[*index].text;
    *about_out = words[*index].about;
    return true;
}

bool humi_parts_at(unsigned index, const char **part_out, const char **value_out,
                   const char **about_out)
{
    *part_out = "policy";
    if (index < COUNT_OF(named)) {
        *value_out = named[index].name;
        *about_out = named[index].about;
        return true;
    }
    index -= (unsigned)COUNT_OF(named);
    *part_out = "prefetch";
    if (word_at(prefetches, COUNT_OF(prefetches), &index, value_out, about_out))
        return true;
    *part_out = "evict";
    if (humi_evict_at(index)) {
        *value_out = humi_evict_at(index)->name;
        *about_out = humi_evict_at(index)->description;
        return true;
    }
    for (unsigned i = 0; humi_evict_at(i); i++)
        index--;
    *part_out = "place";
    if (word_at(places, COUNT_OF(places), &index, value_out, about_out))
        return true;
    *part_out = "thrash";
    return word_at(switches, COUNT_OF(switches), &index, value_out, about_out);
}
