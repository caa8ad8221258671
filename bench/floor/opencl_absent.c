/* SPDX-License-Identifier: MIT */
/* opencl_absent.c - in place of opencl.c where this was built without OpenCL's headers. */
#include "floor/opencl.h"

bool floor_opencl_is_there(void)
{
    return false;
}

bool floor_opencl_open(const char *source, const char *kernel, size_t words, unsigned threads,
                       struct floor_opencl **out)
{
    (void)source, (void)kernel, (void)words, (void)threads, (void)out;
    return false;
}

void floor_opencl_close(struct floor_opencl *f)
{
    (void)f;
}

bool floor_opencl_run(struct floor_opencl *f, unsigned count, size_t items, size_t group,
                      bool wait_each)
{
    (void)f, (void)count, (void)items, (void)group, (void)wait_each;
    return false;
}
