/* SPDX-License-Identifier: MIT */
/* broken.cl - does not compile, in many lines. */
__kernel void broken(__global ulong *out)
{
    *out = nobody_declared_this_first;
    *out = nobody_declared_this_second;
    *out = nobody_declared_this_third;
    *out = nobody_declared_this_fourth;
    *out = nobody_declared_this_fifth;
    *out = nobody_declared_this_sixth;
    *out = nobody_declared_this_seventh;
    *out = nobody_declared_this_eighth;
}
