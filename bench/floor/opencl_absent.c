/* SPDX-License-Identifier: MIT */
/* opencl_absent.c - in place of opencl.c where this was built without OpenCL's headers. */
#include "floor/opencl.h"

bool floor_opencl_is_there(void)
{
    return false;
}

bool floor_opencl_open(const struct floor_opencl_params *params, struct floor_opencl **out)
{
    (void)params, (void)out;
    return false;
}

void floor_opencl_close(struct floor_opencl *f)
{
    (void)f;
}

unsigned floor_opencl_units(const struct floor_opencl *f)
{
    (void)f;
    return 0;
}

bool floor_opencl_run(struct floor_opencl *f, const struct floor_opencl_launches *launches)
{
    (void)f, (void)launches;
    return false;
}

bool floor_opencl_holds(struct floor_opencl *f, int value)
{
    (void)f, (void)value;
    return false;
}
