/* SPDX-License-Identifier: MIT */
/*
 * wire.h - what the double asks of the process that stands for one device.
 *
 * One request, one reply, over a SOCK_SEQPACKET socket; a file goes along with MAP and may with
 * LOAD.  The process has the device's page tables: what is mapped there is what kernels may touch.
 *
 * A second socket belongs to a thread, the agent, which takes mappings away also while a kernel
 * runs: two words, start and bytes, and one word back.
 */
#ifndef SUPPORT_CUDA_DOUBLE_WIRE_H
#define SUPPORT_CUDA_DOUBLE_WIRE_H

#include <stdint.h>

#define WIRE_SOCKET 3 /* descriptors of the process */
#define WIRE_AGENT 4

enum wire_op {
    WIRE_MAP,     /* [start, +bytes) of the file from `offset`, with `access` */
    WIRE_FOLLOW,  /* the same, but each touch faults; the descriptor comes with the first reply */
    WIRE_PROTECT, /* [start, +bytes) gets `access` */
    WIRE_UNMAP,   /* [start, +bytes) */
    WIRE_LOAD,    /* module `text`, or the PTX in the file: value is its number */
    WIRE_FIND,    /* kernel `text` of module `module`: value is the size of its arguments */
    WIRE_RUN,     /* kernel `text` of module `module` */
};

enum wire_access { WIRE_NONE = 0, WIRE_READ = 1, WIRE_READ_WRITE = 3 };

#define WIRE_ARGS_MAX 4096

struct wire_request {
    enum wire_op op;
    uint32_t module;
    uint64_t start, bytes, offset;
    enum wire_access access;
    uint32_t grid[3], block[3];
    uint32_t shared_bytes;
    uint32_t args_bytes;
    uint64_t turns;   /* of threads that run PTX: ptx_launch.seed */
    char text[512];
    char args[WIRE_ARGS_MAX];
};

enum wire_result { WIRE_OK, WIRE_FAILED, WIRE_NOT_FOUND, WIRE_SIGNAL };

struct wire_reply {
    enum wire_result result;
    int signal;
    uint64_t address; /* that the signal was for */
    uint64_t value;
    char why[256]; /* about PTX that was refused or went wrong */
};

#endif
