/* SPDX-License-Identifier: MIT */
/* plain.cl - kernels in OpenCL C as somebody writes them who does not know hum. */

/* Every kind of argument, in an order that leaves gaps. */
__kernel void mixed(uchar c, __global ulong *out, short s, float3 v, __constant const uint *table,
                    __local uint *scratch, double d)
{
    size_t i = get_global_id(0), me = get_local_id(0);

    scratch[me] = (uint)me + 1;
    barrier(CLK_LOCAL_MEM_FENCE);
    out[i] = c + s + (ulong)(v.x + v.y + v.z) + table[i % 4] + (ulong)d +
             scratch[get_local_size(0) - 1 - me];
}

/* Where each work-item says that it is. */
__kernel void places(__global ulong *out)
{
    size_t x = get_global_id(0), y = get_global_id(1);

    out[y * get_global_size(0) + x] = get_group_id(1) * 1000 + get_group_id(0) * 100 +
                                      get_local_id(1) * 10 + get_local_id(0);
}

/* A sum by halves in local memory. */
__kernel void reduce(__global const ulong *in, __global ulong *sums, __local ulong *part)
{
    size_t me = get_local_id(0);

    part[me] = in[get_global_id(0)];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (size_t half_way = get_local_size(0) / 2; half_way > 0; half_way /= 2) {
        if (me < half_way)
            part[me] += part[me + half_way];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (me == 0)
        sums[get_group_id(0)] = part[0];
}

__kernel void add_one(__global ulong *words)
{
    words[get_global_id(0)] += 1;
}

__kernel void plain_poke(__global ulong *address)
{
    *address = 0xbad;
}

__kernel void plain_for_ever(volatile __global ulong *word)
{
    while (*word != 1)
        ;
}

struct pair {
    int a;
    double b;
};

__kernel void takes_a_struct(struct pair pair, __global double *out)
{
    *out = pair.a + pair.b;
}

typedef struct {
    char tag[5];
    float4 weight;
    struct pair inner;
} wide_t;

__kernel void takes_structs(char c, wide_t wide, short s, struct pair pair, __global double *out)
{
    *out = c + wide.tag[4] + wide.weight.w + wide.inner.a + wide.inner.b + s + pair.a + pair.b;
}

__kernel void takes_an_image(__global float *out, read_only image2d_t image)
{
    *out = get_image_width(image);
}
