/* SPDX-License-Identifier: MIT */
/*
 * program.h - programs in OpenCL C built at run time from text, and launches as OpenCL has them.
 *
 * For hosts that speak OpenCL: what these calls take and return is what the OpenCL function of the
 * same subject does, so all that is an OpenCL error code (`int`, 0: CL_SUCCESS), a query
 * (`unsigned what`: CL_PROGRAM_..., CL_KERNEL_..., CL_DEVICE_...), an image format or a sampler's
 * mode has the value of <CL/cl.h>, which this header does not need.  The OpenCL implementation in
 * the device's process answers, with the texts, limits and errors that it has for itself.
 *
 * Errors.  HUM_OK: *error_out is 0.  HUM_ERR_MODULE: OpenCL says no, *error_out is its code.  Any
 * other is hum's own, with its sentence in hum_error_text(); *error_out has the nearest code then:
 * CL_OUT_OF_RESOURCES for HUM_ERR_DEVICE_LOST, CL_OUT_OF_HOST_MEMORY for HUM_ERR_NO_MEMORY,
 * CL_COMPILER_NOT_AVAILABLE for HUM_ERR_UNSUPPORTED, CL_INVALID_VALUE for HUM_ERR_INVALID.
 * error_out may be NULL, and is written on failure too.
 *
 * Queries write the whole answer or nothing: fewer `bytes` than it has are CL_INVALID_VALUE.
 * Its size goes to *bytes_out (may be NULL).  With value_out NULL only the size is told.  What is a
 * handle, and a count of references, belongs to whoever hands handles out: CL_INVALID_VALUE.
 *
 * Only on devices whose kernels may be OpenCL C: emulated ones where an OpenCL implementation is
 * installed; others are HUM_ERR_UNSUPPORTED.
 *
 * Threads: any; calls that go to the same device's process wait for each other, a build included.
 * hum_launch_cl(), hum_kernel_param() and hum_kernel_params() do not go there.
 * Nothing here touches the space but the kernels that hum_launch_cl() starts.
 * Ownership: a program belongs to its maker, and to hum_close() if it is left; its kernels belong
 * to it.  When the device's process is started again programs are built again.
 */
#ifndef HUM_PROGRAM_H
#define HUM_PROGRAM_H

#include <hum/hum.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hum_program;

/* ---- devices --------------------------------------------------------------------------------- */

/* clGetDeviceInfo and clGetPlatformInfo of what runs the device's kernels. */
HUM_API HUM_MUST_USE enum hum_status hum_cl_device_info(struct hum *hum, int device, unsigned what,
                                                        void *value_out, size_t bytes,
                                                        size_t *bytes_out, int *error_out);
HUM_API HUM_MUST_USE enum hum_status hum_cl_platform_info(struct hum *hum, int device,
                                                          unsigned what, void *value_out,
                                                          size_t bytes, size_t *bytes_out,
                                                          int *error_out);

/*
 * clGetSupportedImageFormats: pairs {order, type}, at most `max` of them; `access` and `image` are
 * its flags and its type.  *count_out: how many there are; formats_out may be NULL.
 */
HUM_API HUM_MUST_USE enum hum_status hum_cl_image_formats(struct hum *hum, int device,
                                                          uint64_t access, unsigned image,
                                                          uint32_t (*formats_out)[2], unsigned max,
                                                          unsigned *count_out, int *error_out);

/* ---- programs -------------------------------------------------------------------------------- */

enum hum_program_form {
    HUM_PROGRAM_SOURCE,      /* OpenCL C */
    HUM_PROGRAM_BINARY,      /* as CL_PROGRAM_BINARIES gave it */
    HUM_PROGRAM_SPIRV,
    HUM_PROGRAM_BUILTIN      /* names of built-in kernels, separated by ';' */
};

/* The bytes are copied, and need no ending zero.  Nothing is built yet. */
HUM_API HUM_MUST_USE enum hum_status hum_program_create(struct hum *hum, int device,
                                                        enum hum_program_form form,
                                                        const void *bytes, size_t count,
                                                        struct hum_program **program_out,
                                                        int *error_out);

/*
 * NULL is allowed.  Its kernels must not be in flight: they end with it.  What was compiled with
 * it, or linked from it, stays.
 */
HUM_API void hum_program_destroy(struct hum_program *program);

/*
 * clBuildProgram and clCompileProgram; they return when it is done.  The compiler's words are a
 * query, CL_PROGRAM_BUILD_LOG, also after a failure.  options may be NULL; folders in them are as
 * the program that calls sees them.
 * Kernels got before end with it, so nobody uses them (OpenCL has CL_INVALID_OPERATION for that).
 * A compiler that ends the process is HUM_ERR_DEVICE_LOST, and its program is as if never built.
 */
HUM_API HUM_MUST_USE enum hum_status hum_program_build(struct hum_program *program,
                                                       const char *options, int *error_out);
HUM_API HUM_MUST_USE enum hum_status hum_program_compile(struct hum_program *program,
                                                         const char *options,
                                                         struct hum_program *const *headers,
                                                         const char *const *header_names,
                                                         unsigned header_count, int *error_out);

/*
 * clLinkProgram.  Where that gives a program that did not link, whose log can be asked for, this
 * does, too: *program_out is written with HUM_ERR_MODULE as well, then NULL or such a program.
 */
HUM_API HUM_MUST_USE enum hum_status hum_program_link(struct hum *hum, int device,
                                                      const char *options,
                                                      struct hum_program *const *parts,
                                                      unsigned part_count,
                                                      struct hum_program **program_out,
                                                      int *error_out);

/*
 * clGetProgramInfo where `build` is false, else clGetProgramBuildInfo.  The program is for one
 * device: CL_PROGRAM_BINARIES is answered with the bytes of its one binary.
 */
HUM_API HUM_MUST_USE enum hum_status hum_program_info(struct hum_program *program, bool build,
                                                      unsigned what, void *value_out, size_t bytes,
                                                      size_t *bytes_out, int *error_out);

/* ---- kernels --------------------------------------------------------------------------------- */

/*
 * clCreateKernel.  The same name gives the same handle.  The kernel is for hum_launch_cl() alone;
 * hum_stats_kernel() takes it, too, and counts kernels of one name from programs that are gone
 * together with it.
 */
HUM_API HUM_MUST_USE enum hum_status hum_program_kernel(struct hum_program *program,
                                                        const char *name,
                                                        struct hum_kernel **kernel_out,
                                                        int *error_out);

enum hum_cl_query {
    HUM_CL_KERNEL,           /* clGetKernelInfo */
    HUM_CL_KERNEL_ARG,       /* clGetKernelArgInfo; `index` is the argument's */
    HUM_CL_KERNEL_WORK_GROUP, /* clGetKernelWorkGroupInfo */
    HUM_CL_KERNEL_SUB_GROUP  /* clGetKernelSubGroupInfo; `input` is what it takes */
};

HUM_API HUM_MUST_USE enum hum_status hum_kernel_info(struct hum_kernel *kernel,
                                                     enum hum_cl_query query, unsigned what,
                                                     unsigned index, const void *input,
                                                     size_t input_bytes, void *value_out,
                                                     size_t bytes, size_t *bytes_out,
                                                     int *error_out);

enum hum_cl_arg_kind {
    HUM_CL_POINTER,          /* __global T *, __constant T * */
    HUM_CL_LOCAL,            /* __local T * */
    HUM_CL_VALUE,            /* a number, a vector, a struct */
    HUM_CL_IMAGE,
    HUM_CL_SAMPLER
};

/* What a kernel takes as one argument. */
struct hum_cl_param {
    enum hum_cl_arg_kind kind;
    size_t bytes;            /* VALUE: its size; 0: not known, as of structs */
};

/* How many arguments a kernel takes, and what they are; false: none has this index. */
HUM_API unsigned hum_kernel_params(const struct hum_kernel *kernel);
HUM_API bool hum_kernel_param(const struct hum_kernel *kernel, unsigned index,
                              struct hum_cl_param *param_out);

/* ---- launches -------------------------------------------------------------------------------- */

/* An image whose pixels lie in the space, as in cl_image_desc and cl_image_format. */
struct hum_cl_image {
    void *pixels;
    uint64_t flags;          /* CL_MEM_READ_WRITE, _READ_ONLY or _WRITE_ONLY */
    uint32_t order, type;    /* CL_RGBA, CL_UNORM_INT8 */
    uint32_t kind;           /* CL_MEM_OBJECT_IMAGE2D */
    uint32_t unused;         /* 0 */
    size_t width, height, depth, array_size;
    size_t row_pitch, slice_pitch; /* 0: rows, or slices, without gaps */
};

struct hum_cl_sampler {
    uint32_t normalized;     /* CL_TRUE or CL_FALSE */
    uint32_t addressing;     /* CL_ADDRESS_CLAMP */
    uint32_t filter;         /* CL_FILTER_NEAREST */
    uint32_t unused;         /* 0 */
};

struct hum_cl_arg {
    enum hum_cl_arg_kind kind;
    size_t bytes;            /* LOCAL: of that memory; VALUE: of the value; others: not looked at */
    union {
        const void *pointer; /* POINTER: anywhere in the space, or NULL */
        const void *value;   /* VALUE */
        const struct hum_cl_image *image;
        const struct hum_cl_sampler *sampler;
    } u;
};

struct hum_cl_range {
    unsigned dimensions;     /* 1, 2 or 3; 0: a task, one work-item */
    size_t offset[3], global[3];
    size_t local[3];         /* local[0] 0: the implementation chooses */
};

/*
 * clEnqueueNDRangeKernel on a stream: after its earlier work, returning at once.  Arguments are
 * copied.  Each takes its size, rounded up to 8 bytes, and 8 more; together at most HUM_ARGS_MAX
 * less 80 (an image takes 88, a sampler 24), else HUM_ERR_INVALID with CL_OUT_OF_RESOURCES.
 *
 * HUM_ERR_INVALID with OpenCL's code for what clEnqueueNDRangeKernel and clSetKernelArg refuse:
 * CL_INVALID_KERNEL_ARGS (not all given), _ARG_SIZE, _ARG_VALUE, _WORK_DIMENSION, _WORK_ITEM_SIZE,
 * _WORK_GROUP_SIZE, _GLOBAL_OFFSET, _GLOBAL_WORK_SIZE.  A dimension of no work-items runs nothing.
 * What can only be told when it runs, as what is wrong with an image, comes at the wait.
 */
HUM_API HUM_MUST_USE enum hum_status hum_launch_cl(struct hum_stream *stream,
                                                   struct hum_kernel *kernel,
                                                   const struct hum_cl_range *range,
                                                   const struct hum_cl_arg *args, unsigned count,
                                                   int *error_out);

#ifdef __cplusplus
}
#endif

#endif
