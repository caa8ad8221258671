/* SPDX-License-Identifier: MIT */
/*
 * absent.c - functions of what no device here has: pipes (CL_DEVICE_PIPE_SUPPORT is false) and
 * objects of OpenGL (cl_khr_gl_sharing is not among the extensions).
 */
#include "platform/entries.h"
#include "platform/enqueue.h"
#include "platform/error.h"

/* Where a context that is one would give CL_INVALID_OPERATION. */
static void *refuse(cl_context context, cl_int *error_out)
{
    humi_error_tell(error_out, humi_is(context, HUMI_KIND_CONTEXT) ? CL_INVALID_OPERATION
                                                                   : CL_INVALID_CONTEXT);
    return NULL;
}

cl_mem CL_API_CALL humi_clCreatePipe(cl_context context, cl_mem_flags flags, cl_uint packet_bytes,
                                     cl_uint packets, const cl_pipe_properties *properties,
                                     cl_int *error_out)
{
    (void)flags;
    (void)packet_bytes;
    (void)packets;
    (void)properties;
    return refuse(context, error_out);
}

/* No memory object is a pipe. */
cl_int CL_API_CALL humi_clGetPipeInfo(cl_mem pipe, cl_pipe_info what, size_t room, void *value,
                                      size_t *size_out)
{
    (void)pipe;
    (void)what;
    (void)room;
    (void)value;
    (void)size_out;
    return CL_INVALID_MEM_OBJECT;
}

/* ---- OpenGL ---------------------------------------------------------------------------------- */

cl_mem CL_API_CALL humi_clCreateFromGLBuffer(cl_context context, cl_mem_flags flags,
                                             cl_GLuint buffer, int *error_out)
{
    (void)flags;
    (void)buffer;
    return refuse(context, error_out);
}

cl_mem CL_API_CALL humi_clCreateFromGLTexture(cl_context context, cl_mem_flags flags,
                                              cl_GLenum target, cl_GLint level, cl_GLuint texture,
                                              cl_int *error_out)
{
    (void)flags;
    (void)target;
    (void)level;
    (void)texture;
    return refuse(context, error_out);
}

cl_mem CL_API_CALL humi_clCreateFromGLTexture2D(cl_context context, cl_mem_flags flags,
                                                cl_GLenum target, cl_GLint level, cl_GLuint texture,
                                                cl_int *error_out)
{
    return humi_clCreateFromGLTexture(context, flags, target, level, texture, error_out);
}

cl_mem CL_API_CALL humi_clCreateFromGLTexture3D(cl_context context, cl_mem_flags flags,
                                                cl_GLenum target, cl_GLint level, cl_GLuint texture,
                                                cl_int *error_out)
{
    return humi_clCreateFromGLTexture(context, flags, target, level, texture, error_out);
}

cl_mem CL_API_CALL humi_clCreateFromGLRenderbuffer(cl_context context, cl_mem_flags flags,
                                                   cl_GLuint renderbuffer, cl_int *error_out)
{
    (void)flags;
    (void)renderbuffer;
    return refuse(context, error_out);
}

/* No memory object was made from one of OpenGL. */
static cl_int refuse_mem(cl_mem mem)
{
    return humi_is(mem, HUMI_KIND_MEM) ? CL_INVALID_GL_OBJECT : CL_INVALID_MEM_OBJECT;
}

cl_int CL_API_CALL humi_clGetGLObjectInfo(cl_mem mem, cl_gl_object_type *type_out,
                                          cl_GLuint *name_out)
{
    (void)type_out;
    (void)name_out;
    return refuse_mem(mem);
}

cl_int CL_API_CALL humi_clGetGLTextureInfo(cl_mem mem, cl_gl_texture_info what, size_t room,
                                           void *value, size_t *size_out)
{
    (void)what;
    (void)room;
    (void)value;
    (void)size_out;
    return refuse_mem(mem);
}

cl_int CL_API_CALL humi_clEnqueueAcquireGLObjects(cl_command_queue queue, cl_uint mem_count,
                                                  const cl_mem *mems, cl_uint count,
                                                  const cl_event *events, cl_event *event_out)
{
    const struct humi_wait wait = {count, events};
    cl_int error = humi_enqueue_check(queue, &wait);

    (void)event_out;
    if (error == CL_SUCCESS && !mem_count != !mems)
        error = CL_INVALID_VALUE;
    return error == CL_SUCCESS ? CL_INVALID_CONTEXT : error; /* none is made for OpenGL */
}

cl_int CL_API_CALL humi_clEnqueueReleaseGLObjects(cl_command_queue queue, cl_uint mem_count,
                                                  const cl_mem *mems, cl_uint count,
                                                  const cl_event *events, cl_event *event_out)
{
    return humi_clEnqueueAcquireGLObjects(queue, mem_count, mems, count, events, event_out);
}

cl_int CL_API_CALL humi_clGetGLContextInfoKHR(const cl_context_properties *properties,
                                              cl_gl_context_info what, size_t room, void *value,
                                              size_t *size_out)
{
    (void)properties;
    (void)what;
    (void)room;
    (void)value;
    (void)size_out;
    return CL_INVALID_GL_SHAREGROUP_REFERENCE_KHR;
}

cl_event CL_API_CALL humi_clCreateEventFromGLsyncKHR(cl_context context, cl_GLsync sync,
                                                     cl_int *error_out)
{
    (void)sync;
    return refuse(context, error_out);
}
