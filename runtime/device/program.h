/* SPDX-License-Identifier: MIT */
/*
 * program.h - programs in OpenCL C from text, as the core asks a device for them: requests and
 * answers as data, what a kernel takes, and the argument block of its launches.
 *
 * A program and its kernels are numbers, given by the device.  Numbers of kernels are of one kind
 * with those of modules' kernels, so that everything which counts and names kernels has these, too.
 * The number of a kernel whose program has gone is given to the next one of its name.
 */
#ifndef HUMI_DEVICE_PROGRAM_H
#define HUMI_DEVICE_PROGRAM_H

#include <hum/program.h>

/* ---- asking ---------------------------------------------------------------------------------- */

enum humi_ask_kind {
    HUMI_ASK_DEVICE_INFO = 1,
    HUMI_ASK_PLATFORM_INFO,
    HUMI_ASK_IMAGE_FORMATS,     /* what: kind of images; flags: access; answer: pairs of uint32_t */
    HUMI_ASK_CREATE,            /* what: enum hum_program_form; bytes: of it */
    HUMI_ASK_BUILD,             /* bytes: a folder, options */
    HUMI_ASK_COMPILE,           /* bytes: `index` numbers of headers, a folder, options, names */
    HUMI_ASK_LINK,              /* bytes: `index` numbers of parts, a folder, options */
    HUMI_ASK_DESTROY,
    HUMI_ASK_PROGRAM_INFO,
    HUMI_ASK_BUILD_INFO,
    HUMI_ASK_KERNEL,            /* bytes: its name; answer: struct humi_signature */
    HUMI_ASK_KERNEL_INFO,
    HUMI_ASK_KERNEL_ARG_INFO,
    HUMI_ASK_WORK_GROUP_INFO,
    HUMI_ASK_SUB_GROUP_INFO,    /* bytes: what it takes */
};

/* Numbers are uint32_t; texts end with a zero; a folder is where options are meant. */
struct humi_ask {
    enum humi_ask_kind kind;
    unsigned program, kernel;   /* which */
    unsigned what, index;       /* of a query: these */
    uint64_t flags;
    const void *bytes;          /* what goes with it */
    size_t count;
    void *room;                 /* for the answer; NULL: only its size is wanted */
    size_t room_bytes;
};

struct humi_reply {
    int error;                  /* OpenCL's, 0: none */
    unsigned number;            /* CREATE, LINK: of the program; KERNEL: of the kernel */
    bool made;                  /* LINK: there is a program, also if it did not link */
    size_t bytes;               /* of the answer; the room has it if that is large enough */
};

/* Of what core and device say themselves, as <CL/cl.h> has them. */
enum humi_cl_error {
    HUMI_CL_OUT_OF_RESOURCES = -5,
    HUMI_CL_OUT_OF_HOST_MEMORY = -6,
    HUMI_CL_COMPILER_NOT_AVAILABLE = -3,
    HUMI_CL_INVALID_VALUE = -30,
    HUMI_CL_INVALID_PROGRAM = -44,
    HUMI_CL_INVALID_KERNEL = -48,
    HUMI_CL_INVALID_ARG_VALUE = -50,
    HUMI_CL_INVALID_ARG_SIZE = -51,
    HUMI_CL_INVALID_KERNEL_ARGS = -52,
    HUMI_CL_INVALID_WORK_DIMENSION = -53,
    HUMI_CL_INVALID_WORK_GROUP_SIZE = -54,
    HUMI_CL_INVALID_WORK_ITEM_SIZE = -55,
    HUMI_CL_INVALID_GLOBAL_OFFSET = -56,
    HUMI_CL_INVALID_GLOBAL_WORK_SIZE = -63,
};

/* ---- what a kernel takes --------------------------------------------------------------------- */

#define HUMI_PARAMS_MAX 512u

struct humi_param {
    uint32_t kind;              /* enum hum_cl_arg_kind */
    uint32_t bytes;             /* VALUE: its size, 0: not known */
};

/* What launches are checked against. */
struct humi_signature {
    uint32_t count;             /* arguments */
    uint32_t non_uniform;       /* groups may be smaller at the edge */
    uint64_t items_max;         /* work-items of a group */
    uint64_t sizes_max[3];      /* and of each of its dimensions */
    uint64_t required[3];       /* size of groups that the kernel asks for; 0: any */
    uint64_t local_max;         /* bytes of local memory for arguments */
    struct humi_param params[HUMI_PARAMS_MAX]; /* the first `count` are sent */
};

/* ---- the argument block of a launch ---------------------------------------------------------- */

/* Behind it, for each argument, a struct humi_call_arg and its bytes, up to a multiple of 8. */
struct humi_call {
    uint32_t dimensions;        /* 1 .. 3 */
    uint32_t count;             /* arguments */
    uint64_t offset[3], global[3];
    uint64_t local[3];          /* local[0] 0: OpenCL chooses */
};

/*
 * POINTER: a uintptr_t; LOCAL: a uint64_t, its size; VALUE: itself; IMAGE, SAMPLER: their structs.
 * So pointers are aligned words, as in any other argument block.
 */
struct humi_call_arg {
    uint32_t kind;
    uint32_t bytes;
};

static inline size_t humi_call_room(size_t bytes)
{
    return sizeof(struct humi_call_arg) + (bytes + 7) / 8 * 8;
}

_Static_assert(sizeof(struct humi_call) == 80 && sizeof(struct hum_cl_image) == 80 &&
                   sizeof(struct hum_cl_sampler) == 16,
               "as program.h says");

#endif
