/* SPDX-License-Identifier: MIT */
/* vendors.c - see vendors.h */
#include "command/vendors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_VENDORS "/etc/OpenCL/vendors"

int vendors_find_library(const char *name, char *path_out)
{
    char self[PATH_MAX], path[PATH_MAX + sizeof(HUM_LIB_FROM_BIN) + NAME_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;

    if (length < 0)
        return errno;
    self[length] = '\0';
    slash = strrchr(self, '/');
    if (slash)
        slash[1] = '\0';
    snprintf(path, sizeof(path), "%s" HUM_LIB_FROM_BIN "/%s", self, name);
    return realpath(path, path_out) ? 0 : errno;
}

static int write_own(const char *folder, const char *library)
{
    char path[PATH_MAX + 16];
    FILE *file;
    bool done;

    snprintf(path, sizeof(path), "%s/hum.icd", folder);
    file = fopen(path, "wxe");
    if (!file)
        return errno;
    done = fprintf(file, "%s\n", library) > 0;
    return fclose(file) == 0 && done ? 0 : EIO;
}

bool vendors_is_icd(const char *name)
{
    size_t length = strlen(name);

    return length > 4 && strcmp(name + length - 4, ".icd") == 0;
}

const char *vendors_place(void)
{
    const char *place = getenv("OCL_ICD_VENDORS");

    return place ? place : SYSTEM_VENDORS;
}

static bool is_other(const char *name)
{
    return vendors_is_icd(name) && strcmp(name, "hum.icd") != 0;
}

/* Links to all other *.icd of a folder, or to the one file. */
static void link_others(const char *folder, const char *vendors)
{
    const char *base = strrchr(vendors, '/');
    char from[PATH_MAX], to[PATH_MAX + NAME_MAX + 2], name[2 * PATH_MAX];
    DIR *others = opendir(vendors);
    struct dirent *entry;

    base = base ? base + 1 : vendors;
    if (!others && is_other(base) && realpath(vendors, from)) {
        snprintf(to, sizeof(to), "%s/%s", folder, base);
        (void)!symlink(from, to); /* one that is missing is as one that is not installed */
    }
    if (!others)
        return;
    while ((entry = readdir(others))) {
        snprintf(name, sizeof(name), "%s/%s", vendors, entry->d_name);
        if (!is_other(entry->d_name) || !realpath(name, from))
            continue;
        snprintf(to, sizeof(to), "%s/%s", folder, entry->d_name);
        (void)!symlink(from, to);
    }
    closedir(others);
}

int vendors_create(bool only, char *path_out, size_t room)
{
    const char *temporary = getenv("TMPDIR"), *before = getenv("OCL_ICD_VENDORS");
    char library[PATH_MAX];
    int error = vendors_find_library(VENDORS_PLATFORM, library), length;

    *path_out = '\0';
    if (error)
        return error;
    length = snprintf(path_out, room, "%s/hum-vendors-XXXXXX",
                      temporary && *temporary ? temporary : "/tmp");
    if (length < 0 || (size_t)length >= room || !mkdtemp(path_out)) {
        error = length < 0 || (size_t)length >= room ? ENAMETOOLONG : errno;
        *path_out = '\0';
        return error;
    }
    error = write_own(path_out, library);
    if (!error && !only)
        link_others(path_out, vendors_place());
    if (!error && setenv("HUM_ICD_VENDORS", before ? before : "", 0) != 0)
        error = errno;
    if (!error && setenv("OCL_ICD_VENDORS", path_out, 1) != 0)
        error = errno;
    return error;
}

int vendors_preload_heap(const char *least)
{
    const char *before = getenv("LD_PRELOAD");
    char library[PATH_MAX], *list = NULL;
    int error = vendors_find_library("libhum_heap.so", library);

    if (!error && strpbrk(library, " :"))
        error = EINVAL;
    if (!error &&
        asprintf(&list, "%s%s%s", library, before && *before ? ":" : "", before ? before : "") < 0)
        error = ENOMEM;
    if (!error && setenv("LD_PRELOAD", list, 1) != 0)
        error = errno;
    if (!error && least && setenv("HUM_SYSTEM_SVM_MIN", least, 1) != 0)
        error = errno;
    free(list);
    return error;
}

void vendors_remove(const char *path)
{
    DIR *folder = *path ? opendir(path) : NULL;
    struct dirent *entry;

    if (!folder)
        return;
    while ((entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
    (void)rmdir(path);
}
