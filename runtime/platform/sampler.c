/* SPDX-License-Identifier: MIT */
/* sampler.c - see sampler.h */
#include "platform/sampler.h"

#include <stdlib.h>
#include <string.h>

#include "platform/answer.h"
#include "platform/entries.h"
#include "platform/error.h"

static void destroy(struct humi_object *object)
{
    struct _cl_sampler *sampler = (struct _cl_sampler *)object;

    humi_drop(&sampler->context->object);
    free(sampler);
}

static cl_int check_mode(const struct hum_cl_sampler *mode)
{
    bool normalized = mode->normalized == CL_TRUE;

    if (mode->normalized > CL_TRUE || mode->addressing < CL_ADDRESS_NONE ||
        mode->addressing > CL_ADDRESS_MIRRORED_REPEAT ||
        (mode->filter != CL_FILTER_NEAREST && mode->filter != CL_FILTER_LINEAR))
        return CL_INVALID_VALUE;
    if (!normalized &&
        (mode->addressing == CL_ADDRESS_REPEAT || mode->addressing == CL_ADDRESS_MIRRORED_REPEAT))
        return CL_INVALID_VALUE;
    return CL_SUCCESS;
}

static struct _cl_sampler *create(cl_context context, const struct hum_cl_sampler *mode)
{
    struct _cl_sampler *sampler = calloc(1, sizeof *sampler);

    if (!sampler)
        return NULL;
    humi_object_init(&sampler->object, HUMI_KIND_SAMPLER, destroy);
    humi_hold(&context->object);
    sampler->context = context;
    sampler->mode = *mode;
    return sampler;
}

cl_sampler CL_API_CALL humi_clCreateSampler(cl_context context, cl_bool normalized,
                                            cl_addressing_mode addressing, cl_filter_mode filter,
                                            cl_int *error_out)
{
    const struct hum_cl_sampler mode = {normalized, addressing, filter, 0};
    struct _cl_sampler *sampler = NULL;
    cl_int error = CL_INVALID_CONTEXT;

    if (humi_is(context, HUMI_KIND_CONTEXT))
        error = check_mode(&mode);
    if (error == CL_SUCCESS && !(sampler = create(context, &mode)))
        error = CL_OUT_OF_HOST_MEMORY;
    humi_error_tell(error_out, error);
    return sampler;
}

/* Each property once at most. */
static cl_int read_properties(const cl_sampler_properties *given, struct hum_cl_sampler *mode_out,
                              size_t *count_out)
{
    size_t count = 0;
    unsigned seen = 0;

    *mode_out = (struct hum_cl_sampler){CL_TRUE, CL_ADDRESS_CLAMP, CL_FILTER_NEAREST, 0};
    for (; given && given[count]; count += 2) {
        cl_sampler_properties value = given[count + 1];
        unsigned bit = given[count] == CL_SAMPLER_NORMALIZED_COORDS ? 1u
                       : given[count] == CL_SAMPLER_ADDRESSING_MODE ? 2u
                       : given[count] == CL_SAMPLER_FILTER_MODE     ? 4u
                                                                    : 0;

        if (!bit || (seen & bit) || value > UINT32_MAX)
            return CL_INVALID_VALUE;
        seen |= bit;
        *(bit == 1u   ? &mode_out->normalized
          : bit == 2u ? &mode_out->addressing
                      : &mode_out->filter) = (uint32_t)value;
    }
    *count_out = given ? count + 1 : 0;
    return check_mode(mode_out);
}

cl_sampler CL_API_CALL humi_clCreateSamplerWithProperties(cl_context context,
                                                          const cl_sampler_properties *given,
                                                          cl_int *error_out)
{
    struct hum_cl_sampler mode;
    struct _cl_sampler *sampler = NULL;
    size_t count = 0;
    cl_int error = CL_INVALID_CONTEXT;

    if (humi_is(context, HUMI_KIND_CONTEXT))
        error = read_properties(given, &mode, &count);
    if (error == CL_SUCCESS && !(sampler = create(context, &mode)))
        error = CL_OUT_OF_HOST_MEMORY;
    if (sampler && count)
        memcpy(sampler->given, given, count * sizeof *given);
    if (sampler)
        sampler->given_count = count;
    humi_error_tell(error_out, error);
    return sampler;
}

cl_int CL_API_CALL humi_clRetainSampler(cl_sampler sampler)
{
    return humi_retain(sampler, HUMI_KIND_SAMPLER, CL_INVALID_SAMPLER);
}

cl_int CL_API_CALL humi_clReleaseSampler(cl_sampler sampler)
{
    return humi_release(sampler, HUMI_KIND_SAMPLER, CL_INVALID_SAMPLER);
}

cl_int CL_API_CALL humi_clGetSamplerInfo(cl_sampler sampler, cl_sampler_info what, size_t room,
                                         void *value, size_t *size_out)
{
    const struct humi_answer answer = {room, value, size_out};

    if (!humi_is(sampler, HUMI_KIND_SAMPLER))
        return CL_INVALID_SAMPLER;
    switch (what) {
    case CL_SAMPLER_REFERENCE_COUNT:
        return HUMI_ANSWER(&answer, cl_uint, atomic_load(&sampler->object.references));
    case CL_SAMPLER_CONTEXT:
        return HUMI_ANSWER(&answer, cl_context, sampler->context);
    case CL_SAMPLER_NORMALIZED_COORDS:
        return HUMI_ANSWER(&answer, cl_bool, sampler->mode.normalized);
    case CL_SAMPLER_ADDRESSING_MODE:
        return HUMI_ANSWER(&answer, cl_addressing_mode, sampler->mode.addressing);
    case CL_SAMPLER_FILTER_MODE:
        return HUMI_ANSWER(&answer, cl_filter_mode, sampler->mode.filter);
    case CL_SAMPLER_PROPERTIES:
        return humi_answer(&answer, sampler->given,
                           sampler->given_count * sizeof sampler->given[0]);
    default:
        return CL_INVALID_VALUE;
    }
}
