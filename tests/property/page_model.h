/* SPDX-License-Identifier: MIT */
/*
 * page_model.h - a host and devices that hold single pages, slowly: everything is found by looking
 * at all pages and all touches, from what runtime/replay/machine.h promises and not from its code.
 */
#ifndef PROPERTY_PAGE_MODEL_H
#define PROPERTY_PAGE_MODEL_H

#include "replay/machine.h"

#define PAGE_MODEL_PAGES 1100
#define PAGE_MODEL_TOUCHES 4000
#define PAGE_MODEL_PROCESSORS 3  /* the host and two devices */

struct page_model_touch {
    int processor;               /* 0: the host, 1 ..: devices */
    int page, count;
    int record;                  /* of which access record, from 1 */
    bool write;
};

struct page_model {
    /* given */
    struct page_model_touch touch[PAGE_MODEL_TOUCHES];
    int touches, capacity;
    struct {
        int first, end, before;  /* pages; the touch that came next */
    } ended[PAGE_MODEL_TOUCHES]; /* regions, in order */
    int ends;
    bool exists[PAGE_MODEL_PAGES]; /* may be prefetched */
    bool from_host;
    enum humi_place place;
    enum { MODEL_LRU, MODEL_FIFO, MODEL_MIN } order;
    bool chunks;                 /* prefetch=chunk, else none */
    struct humi_cost_model cost;

    /* its state */
    int now;                     /* the touch at hand */
    struct page_model_page {
        bool at[PAGE_MODEL_PROCESSORS];      /* may touch it */
        bool current[PAGE_MODEL_PROCESSORS]; /* has its bytes */
        bool gone[PAGE_MODEL_PROCESSORS];    /* evicted, and has not come again */
        bool ahead[PAGE_MODEL_PROCESSORS];   /* prefetched, and was not touched */
        long since[PAGE_MODEL_PROCESSORS];   /* when it came or, with LRU, was used */
        int remote[PAGE_MODEL_PROCESSORS];   /* touches since it left */
    } page[PAGE_MODEL_PAGES];
    bool taken[PAGE_MODEL_PAGES / HUM_PAGES_PER_BLOCK + 1];
    long time;
    struct {
        int record, faults, taken;
        int about[PAGE_MODEL_PAGES * 4], abouts; /* pages that it is about, in order */
        int in[PAGE_MODEL_PAGES * 4], ins;       /* copied in, in order */
        int out[PAGE_MODEL_PAGES * 4], outs;
        int evicted[PAGE_MODEL_PAGES * 4], evicts;
    } batch;
    uint64_t remote_groups;
    int remote_record;
    struct humi_replay_result result;
};

/* All of it is zero but what is given. */
void page_model_run(struct page_model *model);

#endif
