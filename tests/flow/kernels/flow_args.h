/* SPDX-License-Identifier: MIT */
/* flow_args.h - argument blocks of the test kernels, shared by both sides. */
#ifndef HUM_FLOW_ARGS_H
#define HUM_FLOW_ARGS_H

#include <stddef.h>
#include <stdint.h>

struct flow_saxpy {
    float *x, *y;
    float k;
    size_t n;
};

/* n words at `words`; what `value` means is up to the kernel. */
struct flow_words {
    uint64_t *words;
    size_t n;
    uint64_t value;
};

/* `hits` words of [0, n), stride apart and round again. */
struct flow_scatter {
    uint64_t *words;
    size_t n, stride, hits;
};

struct flow_bytes {
    uint8_t *bytes;
    size_t n;
};

/* Every stride-th of n words, summed into *sum. */
struct flow_sum {
    const uint64_t *words;
    size_t n, stride;
    uint64_t *sum;
};

struct flow_copy {
    uint64_t *to;
    const uint64_t *from;
    size_t n;
};

/* One store or load at an address that may be bad. */
struct flow_poke {
    uint64_t *address;
    uint64_t value;
};

/* Waits until the host has stored `until` to *gate, then stores `value` to *out. */
struct flow_gate {
    uint64_t *gate, *out;
    uint64_t until, value;
};

/* A list node with ordinary pointers in it. */
struct flow_node {
    struct flow_node *next;
    uint64_t value;
};

struct flow_list {
    struct flow_node *head;
    uint64_t *sum;
};

struct flow_reverse {
    const uint32_t *in;
    uint32_t *out;
};

struct flow_grid {
    uint32_t *hits;
};

struct flow_none {
    int unused;
};

#endif
