/* SPDX-License-Identifier: MIT */
/*
 * ptx.h - runs kernels in PTX on the host, as "Parallel Thread Execution ISA" says, for tests: the
 * part of the language that portable kernels become.  What it does not know it refuses by name.
 *
 * Addresses of global memory are the host's.  Blocks run one after the other.  The threads of a
 * block take turns of a random number of instructions, up to a barrier; registers, parameters and
 * shared memory that nobody wrote are not zero.
 * An access that is not aligned or leaves the parameters or the shared memory ends the launch with
 * a sentence; one that leaves what is mapped is a signal, as any of the host's.  The caller may
 * leave a launch by siglongjmp(): its memory belongs to the module.
 * Threads: one a module.
 */
#ifndef SUPPORT_PTX_PTX_H
#define SUPPORT_PTX_PTX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ptx_module;
struct ptx_kernel;

/* NULL: it cannot be read, `why_out` says what and in which line. */
struct ptx_module *ptx_parse(const char *text, char *why_out, size_t why_bytes);
void ptx_free(struct ptx_module *module);

/* NULL: none of that name. */
struct ptx_kernel *ptx_find(struct ptx_module *module, const char *name);
/* The n-th, in the order of the text; NULL: there are not so many. */
struct ptx_kernel *ptx_kernel_at(struct ptx_module *module, unsigned n);
const char *ptx_name(const struct ptx_kernel *kernel);
/* Bytes of the kernel's parameters together. */
size_t ptx_args_bytes(const struct ptx_kernel *kernel);

struct ptx_launch {
    unsigned grid[3], block[3];
    size_t shared_bytes;        /* dynamic shared memory of a block */
    const void *args;           /* ptx_args_bytes() of it */
    uint64_t seed;              /* of the turns; 0: a thread runs on to a barrier or its end */
};

/* False: `why_out` says why it ended before its time. */
bool ptx_run(struct ptx_kernel *kernel, const struct ptx_launch *launch, char *why_out,
             size_t why_bytes);

#endif
