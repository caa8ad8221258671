/* SPDX-License-Identifier: MIT */
/*
 * kernel.h - the portable kernel language: one source, every device.
 *
 * A kernel is a body over one read-only argument block:
 *
 *     HUM_KERNEL(saxpy, struct saxpy_args)
 *     {
 *         hum_for_each (i, args->n)
 *             args->y[i] += args->k * args->x[i];
 *     }
 *
 * It may use what every GPU has: loads and stores through pointers into the space, arithmetic,
 * functions of the same source file, <stddef.h>, <stdint.h>, <stdbool.h>, and what this header
 * declares.  It may not call the C library, allocate, keep static variables, recurse, call through
 * pointers, or wait for another index of the same launch (indices may run one after the other).
 * Its functions are static, and not called as built-in ones of OpenCL C are (step, distance, mix,
 * ...).  The source is C and C++ at once: a void pointer is not converted without a cast, and there
 * are no compound literals.
 * The body may be called any number of times in a launch, each time for some of the indices.
 *
 * Two shapes of kernel:
 *   flat     hum_launch(): hum_for_each spreads [0, n) over everything that runs the launch, each
 *            index once; neighbouring indices run on the same worker.
 *   groups   hum_launch_nd(): the body runs once a group, or once for each of its work-items at the
 *            same time.  hum_for_item runs over the work-items of the group; between two such loops
 *            stands hum_barrier(), never inside one.  What one loop must hand to the next goes
 *            through hum_local_memory(); what stands outside of the loops must come to the same in
 *            every work-item, and must not change memory.
 *
 *     HUM_KERNEL(reverse, struct reverse_args)            // each group reverses its own slice
 *     {
 *         float *tile = hum_local_memory();
 *         hum_for_item (it)
 *             tile[hum_item_id(it, 0)] = args->in[hum_global_id(it, 0)];
 *         hum_barrier();
 *         hum_for_item (it)
 *             args->out[hum_global_id(it, 0)] = tile[hum_group_size(0) - 1 - hum_item_id(it, 0)];
 *     }
 *
 * Atomics act on host and device threads alike.  The plain ones are sequentially consistent.
 *
 * hum_add_kernels() builds each source in every form there is: NAME.so of machine code
 * (kernel_native.h), NAME.cl of OpenCL C (kernel_opencl.h), and NAME.cu of CUDA C++, which becomes
 * NAME.ptx (kernel_cuda.h).  One more form is one more such header and a line below.
 */
#ifndef HUM_KERNEL_H
#define HUM_KERNEL_H

#define HUM_KERNEL_ABI 2u

#if defined(__OPENCL_C_VERSION__)
#include <hum/kernel_opencl.h>
#elif defined(HUM_KERNEL_CUDA)
#include <hum/kernel_cuda.h>
#else
#include <hum/kernel_native.h>
#endif

#endif
