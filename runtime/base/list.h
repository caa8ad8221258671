/* SPDX-License-Identifier: MIT */
/*
 * list.h - doubly linked lists whose links lie inside the objects, so linking allocates nothing.
 *
 *     list.head <-> a.link <-> b.link <-> list.head
 *
 * Invariant: a link that is in no list points to itself (after humi_link_init or removal), so
 * humi_link_is_linked() is exact and removing twice is harmless.
 * Threads: plain data, guarded by the owner of the list.
 */
#ifndef HUMI_BASE_LIST_H
#define HUMI_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct humi_link {
    struct humi_link *next, *prev;
};

struct humi_list {
    struct humi_link head; /* head.next is the first, head.prev the last */
};

static inline void humi_link_init(struct humi_link *link)
{
    link->next = link->prev = link;
}

static inline bool humi_link_is_linked(const struct humi_link *link)
{
    return link->next != link;
}

static inline void humi_list_init(struct humi_list *list)
{
    humi_link_init(&list->head);
}

static inline bool humi_list_is_empty(const struct humi_list *list)
{
    return !humi_link_is_linked(&list->head);
}

/* Put `link`, which is in no list, behind `place`, which is in one. */
static inline void humi_link_insert_after(struct humi_link *place, struct humi_link *link)
{
    link->prev = place;
    link->next = place->next;
    place->next->prev = link;
    place->next = link;
}

static inline void humi_list_push_front(struct humi_list *list, struct humi_link *link)
{
    humi_link_insert_after(&list->head, link);
}

static inline void humi_list_push_back(struct humi_list *list, struct humi_link *link)
{
    humi_link_insert_after(list->head.prev, link);
}

static inline void humi_list_remove(struct humi_link *link)
{
    link->next->prev = link->prev;
    link->prev->next = link->next;
    humi_link_init(link);
}

/* From wherever it is to the end: what was used last leaves last. */
static inline void humi_list_move_back(struct humi_list *list, struct humi_link *link)
{
    humi_list_remove(link);
    humi_list_push_back(list, link);
}

/* NULL: empty. */
static inline struct humi_link *humi_list_first(const struct humi_list *list)
{
    return humi_list_is_empty(list) ? NULL : list->head.next;
}

/* Take the first one out; NULL: empty. */
static inline struct humi_link *humi_list_pop_front(struct humi_list *list)
{
    struct humi_link *first = humi_list_first(list);
    if (first)
        humi_list_remove(first);
    return first;
}

/* The object of `type` whose member `member` is at `pointer`. */
#define humi_container_of(pointer, type, member)                                                   \
    ((type *)(void *)((char *)(pointer) - offsetof(type, member)))

/* for each link; the list must not change */
#define humi_list_each(link, list)                                                                 \
    for (struct humi_link *link = (list)->head.next; link != &(list)->head; link = link->next)

/* for each link; the body may remove `link` */
#define humi_list_each_safe(link, list)                                                            \
    for (struct humi_link *link = (list)->head.next, *humi_next_##link = link->next;               \
         link != &(list)->head; link = humi_next_##link, humi_next_##link = link->next)

#endif
