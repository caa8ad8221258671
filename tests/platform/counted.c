/* SPDX-License-Identifier: MIT */
/*
 * counted.c - a program that looks for platforms and counts their devices, as the loader does in
 * every program of OpenCL, opens no space; one that takes a device does.
 */
#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define PLATFORMS_MAX 8u

static cl_platform_id find(void)
{
    cl_platform_id platforms[PLATFORMS_MAX];
    cl_uint count = 0;

    if (clGetPlatformIDs(PLATFORMS_MAX, platforms, &count) != CL_SUCCESS)
        return NULL;
    for (cl_uint i = 0; i < count && i < PLATFORMS_MAX; i++) {
        char name[16] = "";

        (void)clGetPlatformInfo(platforms[i], CL_PLATFORM_NAME, sizeof name, name, NULL);
        if (strcmp(name, "hum") == 0)
            return platforms[i];
    }
    return NULL;
}

static bool is_named(const char *thread, const char *wanted)
{
    char path[300], name[32] = "";
    FILE *file;

    snprintf(path, sizeof path, "/proc/self/task/%s/comm", thread);
    file = fopen(path, "r");
    if (!file)
        return false;
    (void)!fgets(name, sizeof name, file);
    fclose(file);
    name[strcspn(name, "\n")] = '\0';
    return strcmp(name, wanted) == 0;
}

/* A space has a thread that serves its faults. */
static bool has_space(void)
{
    DIR *threads = opendir("/proc/self/task");
    const struct dirent *entry;
    bool found = false;

    while (threads && (entry = readdir(threads)))
        found = found || is_named(entry->d_name, "hum-service");
    if (threads)
        closedir(threads);
    return found;
}

static int fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    return 1;
}

int main(void)
{
    cl_platform_id platform = find();
    cl_device_id devices[4];
    cl_uint count = 0;

    if (!platform)
        return fail("there is no platform hum");
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &count) != CL_SUCCESS || count != 2)
        return fail("two devices are not counted");
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_DEFAULT, 0, NULL, &count) != CL_SUCCESS ||
        count != 1)
        return fail("one default device is not counted");
    if (has_space())
        return fail("counting opened a space");
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_GPU, 4, devices, &count) != CL_SUCCESS ||
        count != 2 || !has_space())
        return fail("two devices are not there");
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &count) != CL_SUCCESS || count != 2)
        return fail("they are not counted once they are open");
    return 0;
}
