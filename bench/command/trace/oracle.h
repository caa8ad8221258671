/* SPDX-License-Identifier: MIT */
/*
 * oracle.h - a record of libCacheSim's oracleGeneral format: 24 packed little-endian bytes.
 *
 *     u32 time in seconds   u64 object   u32 size   i64 index of the object's next access or -1
 *
 * The object is a page.  The index counts records of the file from 0.
 */
#ifndef HUM_COMMAND_TRACE_ORACLE_H
#define HUM_COMMAND_TRACE_ORACLE_H

#include <stdint.h>

#define ORACLE_BYTES 24u

struct oracle {
    uint32_t time_s;
    uint64_t object;
    uint32_t size;
    int64_t next;
};

static inline void oracle_put(unsigned char *at, uint64_t number, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (unsigned char)(number >> (8 * i));
}

static inline uint64_t oracle_get(const unsigned char *at, unsigned bytes)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < bytes; i++)
        number |= (uint64_t)at[i] << (8 * i);
    return number;
}

static inline void oracle_store(const struct oracle *oracle, unsigned char at[ORACLE_BYTES])
{
    oracle_put(at, oracle->time_s, 4);
    oracle_put(at + 4, oracle->object, 8);
    oracle_put(at + 12, oracle->size, 4);
    oracle_put(at + 16, (uint64_t)oracle->next, 8);
}

static inline struct oracle oracle_load(const unsigned char at[ORACLE_BYTES])
{
    return (struct oracle){(uint32_t)oracle_get(at, 4), oracle_get(at + 4, 8),
                           (uint32_t)oracle_get(at + 12, 4), (int64_t)oracle_get(at + 16, 8)};
}

#endif
