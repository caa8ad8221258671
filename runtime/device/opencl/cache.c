/* SPDX-License-Identifier: MIT */
/* cache.c - see cache.h */
#include "device/opencl/cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool make_folder(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* Where hum keeps what can be made again. */
static bool cache_root(char *path_out, size_t bytes)
{
    static const struct {
        const char *variable, *below;
    } places[] = {{"HUM_CACHE_DIR", ""}, {"XDG_CACHE_HOME", "/hum"}, {"HOME", "/.cache/hum"}};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *value = getenv(places[i].variable);
        if (value && *value == '/')
            return (size_t)snprintf(path_out, bytes, "%s%s", value, places[i].below) < bytes;
    }
    return false;
}

bool humi_cl_cache_folder(const char *name, char *path_out, size_t bytes)
{
    char root[3072];

    if (!cache_root(root, sizeof root) ||
        (size_t)snprintf(path_out, bytes, "%s/%s", root, name) >= bytes)
        return false;
    for (char *slash = strchr(path_out + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)make_folder(path_out); /* what cannot be made shows at the last */
        *slash = '/';
    }
    return make_folder(path_out);
}
