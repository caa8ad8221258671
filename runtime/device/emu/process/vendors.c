/* SPDX-License-Identifier: MIT */
/* vendors.c - see vendors.h */
#include "device/emu/process/vendors.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_icd(const char *name)
{
    size_t length = strlen(name);

    return length > 4 && strcmp(name + length - 4, ".icd") == 0;
}

/* A file, hum.icd or the library itself, or a folder with no other *.icd. */
static bool is_only_hum(const char *vendors)
{
    const char *base = strrchr(vendors, '/');
    struct dirent *entry;
    bool has_hum = false, has_other = false;
    DIR *folder = opendir(vendors);

    base = base ? base + 1 : vendors;
    if (!folder)
        return strcmp(base, "hum.icd") == 0 || strncmp(base, "libhum_icd.so", 13) == 0;
    while ((entry = readdir(folder))) {
        if (strcmp(entry->d_name, "hum.icd") == 0)
            has_hum = true;
        else if (is_icd(entry->d_name))
            has_other = true;
    }
    closedir(folder);
    return has_hum && !has_other;
}

void humi_vendors_choose(void)
{
    const char *mine = getenv("HUM_ICD_VENDORS"), *vendors = getenv("OCL_ICD_VENDORS");

    (void)setenv("HUM_OPENCL_HIDE", "1", 1);
    if (mine && *mine)
        (void)setenv("OCL_ICD_VENDORS", mine, 1);
    else if (mine || (vendors && is_only_hum(vendors)))
        (void)unsetenv("OCL_ICD_VENDORS");
}
