/* SPDX-License-Identifier: MIT */
/*
 * take_page.c - a library to be loaded before a program of OpenCL (LD_PRELOAD): before launch
 * number HUM_TEST_TAKE_PAGE, from 1, it takes one page in the middle of the first buffer among the
 * arguments from whoever has it.  Neither the program nor hum's platform knows.
 *
 * It stands between the platform and libhum, which a loader opens for itself alone, so what is
 * behind it is looked up in libhum by name.
 */
#include <dlfcn.h>
#include <hum/program.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

typedef enum hum_status open_function(const struct hum_options *, struct hum **);
typedef enum hum_status launch_function(struct hum_stream *, struct hum_kernel *,
                                        const struct hum_cl_range *, const struct hum_cl_arg *,
                                        unsigned, int *);
typedef enum hum_status info_function(struct hum *, const void *, struct hum_region_info *);
typedef enum hum_status discard_function(struct hum *, void *, size_t, struct hum_stream *);

static struct hum *space;
static atomic_uint launches;

static void *find(const char *name)
{
    void *library = dlopen("libhum.so." HUM_TEST_SOVERSION, RTLD_LAZY | RTLD_NOLOAD);
    void *found = library ? dlsym(library, name) : NULL;

    if (!found) {
        fprintf(stderr, "take_page: no %s: %s\n", name, dlerror());
        abort();
    }
    return found;
}

static void take_page(struct hum_stream *stream, const void *buffer)
{
    struct hum_region_info region;
    char *page;

    if (((info_function *)find("hum_region_info"))(space, buffer, &region) != HUM_OK)
        abort();
    page = (char *)region.ptr + region.bytes / 2 / HUM_PAGE_SIZE * HUM_PAGE_SIZE;
    if (((discard_function *)find("hum_discard"))(space, page, HUM_PAGE_SIZE, stream) != HUM_OK)
        abort();
}

HUM_API enum hum_status hum_open(const struct hum_options *options, struct hum **hum_out)
{
    enum hum_status status = ((open_function *)find("hum_open"))(options, hum_out);

    space = status == HUM_OK ? *hum_out : NULL;
    return status;
}

HUM_API enum hum_status hum_launch_cl(struct hum_stream *stream, struct hum_kernel *kernel,
                                      const struct hum_cl_range *range,
                                      const struct hum_cl_arg *args, unsigned count,
                                      int *error_out)
{
    const char *wanted = getenv("HUM_TEST_TAKE_PAGE");
    unsigned number = atomic_fetch_add(&launches, 1) + 1;

    for (unsigned i = 0; wanted && number == strtoul(wanted, NULL, 10) && i < count; i++) {
        if (args[i].kind != HUM_CL_POINTER)
            continue;
        take_page(stream, args[i].u.pointer);
        break;
    }
    return ((launch_function *)find("hum_launch_cl"))(stream, kernel, range, args, count,
                                                      error_out);
}
