/* SPDX-License-Identifier: MIT */
/* opencl_plain.cl - kernels with pointers as arguments, for devices without shared memory, too. */

__kernel void scale(__global ulong *to, __global const ulong *from, ulong factor)
{
    size_t i = get_global_id(0);

    to[i] = from ? from[i] * factor : factor;
}
