/* SPDX-License-Identifier: MIT */
/*
 * programs.h - what the stories of programs from text share: programs.c tells of building and
 * asking, calls.c of launching.  Building takes a tenth of a second, so what can share a program
 * does.
 */
#ifndef HUM_FLOW_PROGRAMS_H
#define HUM_FLOW_PROGRAMS_H

#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>
#include <hum/program.h>

#include "flow/flow.h"

extern struct hum *hum;
extern struct hum_program *program; /* of programs_source, built */
extern const char programs_source[];

/* The call succeeds, and its last argument says so, too. */
#define ok_cl(call, ...) is_cl(HUM_OK, 0, call, __VA_ARGS__)
/* The call gives this status and this error of OpenCL. */
#define is_cl(status, error, call, ...)                                                            \
    do {                                                                                           \
        int error_ = 12345;                                                                        \
        status_is(status, call(__VA_ARGS__, &error_));                                             \
        assert_int_equal(error_, error);                                                           \
    } while (0)

/* Made of text, not built. */
struct hum_program *program_of(const char *text);
struct hum_kernel *kernel_of(struct hum_program *of, const char *name);

#define POINTER(p) ((struct hum_cl_arg){.kind = HUM_CL_POINTER, .u.pointer = (p)})
#define LOCAL(n) ((struct hum_cl_arg){.kind = HUM_CL_LOCAL, .bytes = (n)})
#define VALUE(p) ((struct hum_cl_arg){.kind = HUM_CL_VALUE, .bytes = sizeof *(p), .u.value = (p)})
#define IMAGE(p) ((struct hum_cl_arg){.kind = HUM_CL_IMAGE, .u.image = (p)})
#define SAMPLER(p) ((struct hum_cl_arg){.kind = HUM_CL_SAMPLER, .u.sampler = (p)})

/* Launch over one dimension, on the default stream. */
void launch(struct hum_kernel *kernel, size_t items, size_t group, const struct hum_cl_arg *args,
            unsigned count);
/* A kernel of (words, value), over `count` work-items. */
void fill(struct hum_kernel *kernel, uint64_t *words, size_t count, uint64_t value);

/* The stories of calls.c. */
void every_kind_of_argument_arrives(void **state);
void what_a_kernel_takes_is_told(void **state);
void work_items_start_at_the_offset(void **state);
void launches_of_a_stream_run_in_order_without_a_wait(void **state);
void launches_in_a_row_have_their_own_faults(void **state);
void the_one_of_a_row_that_crashes_is_named(void **state);
void rows_of_several_streams_and_kinds_keep_their_order(void **state);
void wrong_launches_have_the_errors_of_opencl(void **state);
void arguments_have_room_up_to_a_limit(void **state);
void argument_blocks_of_all_sizes_arrive(void **state);
void images_lie_in_the_space_and_only_kernels_touch_them(void **state);
void images_have_their_shape_and_pitches(void **state);
void what_is_no_image_fails_at_the_wait(void **state);

#endif
