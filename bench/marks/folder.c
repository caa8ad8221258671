/* SPDX-License-Identifier: MIT */
/* folder.c - see folder.h */
#include "marks/folder.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* From the folder of the command; set by the build to fit the installation. */
#ifndef HUM_MODULES_FROM_BIN
#define HUM_MODULES_FROM_BIN "../lib/hum"
#endif

bool folder_of_module(const char *module, char *path_out, size_t room)
{
    static const char *const folders[] = {"", HUM_MODULES_FROM_BIN "/"};
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;

    if (length <= 0)
        return false;
    self[length] = '\0';
    slash = strrchr(self, '/');
    if (slash)
        slash[1] = '\0';
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        int n = snprintf(path_out, room, "%s%s%s.so", self, folders[i], module);

        if (n > 0 && (size_t)n < room && access(path_out, R_OK) == 0)
            return true;
    }
    return false;
}
