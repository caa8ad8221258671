/* SPDX-License-Identifier: MIT */
/*
 * compat_cuda.h - CUDA's calls for managed memory as thin names over hum.
 *
 * For programs that are moved step by step: include this in place of CUDA's headers, link hum, turn
 * kernels into HUM_KERNEL and their <<<>>> into HUM_COMPAT_LAUNCH, and the rest of the host's code
 * compiles as it stands.  samples/PORTING.md takes a program through it.  Values are CUDA's; texts
 * and the exactness of errors are hum's, and hum_error_text() explains any failure.
 *
 * What there is: managed memory; advice, prefetch, discard, batches of them; range and pointer
 * attributes; attaching; memcpy and memset; devices, streams, events; launches.  What there is not:
 * device-only and page-locked memory, arrays and textures, graphs, contexts, callbacks, IPC.
 *
 * HUM_COMPAT_CUDA_VERSION chooses among two generations of cudaMemAdvise(), cudaMemPrefetchAsync()
 * and their cu names: 13000 for those that take a location, less (the default) for those that take
 * a device number.  The _v2 names take a location always.
 *
 * One space a process, opened at the first call with the options of the environment (HUM_DEVICES,
 * HUM_POLICY, ...) and closed at its end.  Every call may be made from any thread.
 */
#ifndef HUM_COMPAT_CUDA_H
#define HUM_COMPAT_CUDA_H

#include <hum/compat/advice.h>
#include <hum/compat/driver.h>
#include <hum/compat/memory.h>
#include <hum/compat/range.h>
#include <hum/compat/state.h>
#include <hum/compat/streams.h>
#include <hum/compat/values.h>

#endif
