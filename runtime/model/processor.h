/* SPDX-License-Identifier: MIT */
/*
 * processor.h - a processor that has no memory.
 *
 * The core keeps account of its pages as of any other's; behind them are no bytes, so frames can
 * always be made.  What the core gives and takes is kept in a page table, and whoever drives the
 * model asks it what may be touched and puts the faults that follow into the core by hand.
 *
 * The table is that of an emulated device (device/access.h), and so may hold less than the core
 * believes.  A block that was given as a whole is *open*: mapped by one huge entry, unguarded.
 *
 *     map a part of an open block, protect or take it   ->  the whole entry goes
 *     a store into one that is open for reading         ->  the whole entry goes, then it faults
 *     give the right to write where nothing is mapped   ->  nothing is mapped: it faults again
 *
 * With frames of small pages (not `huge`) an open block has small entries that come at their first
 * touch; they are taken to be all there.
 *
 * Threads: one at a time.  Ownership: init allocates, fini frees.
 */
#ifndef HUMI_MODEL_PROCESSOR_H
#define HUMI_MODEL_PROCESSOR_H

#include "base/mask.h"
#include "core/block.h"
#include "device/device.h"

/* What a processor is like, as a trace or a user says. */
struct humi_model_traits {
    char name[64], kind[16];     /* "" for the name: "host", "model0", ... */
    uint64_t capacity_bytes;     /* whole blocks; 0: no limit */
    uint32_t workers;
    bool huge, shared_read, opens_reads; /* see struct humi_processor */
};

/* What is mapped of one block. */
struct humi_model_entry {
    struct hum_pages mapped, writable; /* writable within mapped */
    struct hum_pages remote;     /* within writable: in frames of another processor */
    struct hum_pages gone;       /* evicted from here, and not come again (returns.h) */
    bool open;                   /* by one entry, unguarded */
    bool reads;                  /* open for reading only */
    bool taken;                  /* of the host: went to a device (charge.h) */
    bool used;                   /* what was brought ahead has been touched */
    double arrives_ns;           /* when it comes; 0: nothing was */
    double carried_ns;           /* what its copy takes of the link to devices */
    struct hum_pages arriving;   /* what was brought ahead, there already or not */
};

struct humi_model_processor {
    struct humi_processor base;
    enum hum_status failed;      /* the core's answer to a touch that it cannot serve, or HUM_OK */
    struct humi_model_entry **leaves; /* of HUMI_LEAF_BLOCKS entries each; NULL: nothing mapped */
    size_t leaf_count;
    bool short_of_memory;        /* a leaf could not be made: what is kept there is lost */
};

HUM_MUST_USE enum hum_status humi_model_processor_init(struct humi_model_processor *processor,
                                                       unsigned number, uint64_t space_bytes,
                                                       const struct humi_model_traits *traits);
void humi_model_processor_fini(struct humi_model_processor *processor);

/* NULL: nothing was ever mapped near it.  Stays where it is. */
static inline struct humi_model_entry *humi_model_entry(const struct humi_model_processor *p,
                                                        uint64_t block)
{
    size_t leaf = block / HUMI_LEAF_BLOCKS;
    return leaf < p->leaf_count && p->leaves[leaf] ? &p->leaves[leaf][block % HUMI_LEAF_BLOCKS]
                                                   : NULL;
}

/* The same, made if need be; NULL only when memory is out. */
struct humi_model_entry *humi_model_entry_make(struct humi_model_processor *p, uint64_t block);

/* A store is about to be made: what it takes away by itself. */
void humi_model_processor_store(struct humi_model_processor *processor, uint64_t block);

#endif
