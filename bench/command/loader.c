/* SPDX-License-Identifier: MIT */
/* loader.c - see loader.h */
#include "command/loader.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/vendors.h"

#define ANSWER_SECONDS 20 /* for all vendors together */

/* Of <CL/cl.h>, which is not needed for these two. */
#define PLATFORM_VERSION 0x0901u
#define PLATFORM_NAME 0x0902u
typedef int32_t get_platforms(uint32_t room, void **platforms_out, uint32_t *count_out);
typedef int32_t get_info(void *platform, uint32_t what, size_t room, void *value_out,
                         size_t *size_out);

/* ---- in the other process -------------------------------------------------------------------- */

static void tell_all(int to, get_platforms *find, get_info *ask)
{
    void *platforms[LOADER_PLATFORMS_MAX];
    uint32_t count = 0;

    if (find(LOADER_PLATFORMS_MAX, platforms, &count) != 0)
        return;
    for (uint32_t i = 0; i < count && i < LOADER_PLATFORMS_MAX; i++) {
        struct loader_platform platform = {"", ""};

        (void)ask(platforms[i], PLATFORM_NAME, sizeof(platform.name), platform.name, NULL);
        (void)ask(platforms[i], PLATFORM_VERSION, sizeof(platform.version), platform.version, NULL);
        if (write(to, &platform, sizeof(platform)) != sizeof(platform))
            return;
    }
}

/* Status 0: the loader is there. */
static void ask_loader(int to)
{
    void *library = dlopen("libOpenCL.so.1", RTLD_NOW | RTLD_LOCAL), *symbol;
    get_platforms *find = NULL;
    get_info *ask = NULL;

    if (library && (symbol = dlsym(library, "clGetPlatformIDs")))
        memcpy(&find, &symbol, sizeof(find));
    if (library && (symbol = dlsym(library, "clGetPlatformInfo")))
        memcpy(&ask, &symbol, sizeof(ask));
    if (!find || !ask)
        _exit(EXIT_FAILURE);
    tell_all(to, find, ask);
    _exit(EXIT_SUCCESS);
}

/* ---- here ------------------------------------------------------------------------------------ */

/* Its texts are a vendor's: they end, and hold nothing that steers a terminal. */
static void make_plain(char *text, size_t bytes)
{
    text[bytes - 1] = '\0';
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
            *text = '?';
}

static void read_platforms(int from, struct loader_facts *facts)
{
    struct loader_platform platform;

    while (facts->platforms < LOADER_PLATFORMS_MAX &&
           read(from, &platform, sizeof(platform)) == (ssize_t)sizeof(platform)) {
        make_plain(platform.name, sizeof(platform.name));
        make_plain(platform.version, sizeof(platform.version));
        facts->platform[facts->platforms++] = platform;
    }
}

static void find_platforms(struct loader_facts *facts)
{
    int ends[2], status = 1;
    pid_t pid;

    if (pipe(ends) != 0)
        return;
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        alarm(ANSWER_SECONDS);
        ask_loader(ends[1]);
    }
    close(ends[1]);
    if (pid > 0) {
        read_platforms(ends[0], facts);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    close(ends[0]);
    facts->is_there = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

/* The file's first line is the path of a library of hum's. */
static bool names_hum(const char *path)
{
    FILE *file = fopen(path, "re");
    char line[PATH_MAX] = "", *base;

    if (!file)
        return false;
    if (!fgets(line, sizeof(line), file))
        line[0] = '\0';
    fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
    base = strrchr(line, '/');
    return strcmp(base ? base + 1 : line, "libhum_icd.so") == 0;
}

static void find_icd(struct loader_facts *facts)
{
    const char *vendors = vendors_place();
    DIR *folder = opendir(vendors);
    struct dirent *entry;
    char path[PATH_MAX];
    int length;

    if (!folder && names_hum(vendors))
        snprintf(facts->icd, sizeof(facts->icd), "%s", vendors);
    while (folder && !facts->icd[0] && (entry = readdir(folder))) {
        length = snprintf(path, sizeof(path), "%s/%s", vendors, entry->d_name);
        if (length > 0 && (size_t)length < sizeof(path) && vendors_is_icd(entry->d_name) &&
            names_hum(path))
            memcpy(facts->icd, path, (size_t)length + 1);
    }
    if (folder)
        closedir(folder);
}

void loader_find(struct loader_facts *facts_out)
{
    *facts_out = (struct loader_facts){.is_there = false};
    if (vendors_find_library(VENDORS_PLATFORM, facts_out->library) != 0)
        facts_out->library[0] = '\0';
    find_icd(facts_out);
    find_platforms(facts_out);
}

static const struct loader_platform *find_named(const struct loader_facts *facts, const char *name)
{
    for (unsigned i = 0; i < facts->platforms; i++)
        if (strcmp(facts->platform[i].name, name) == 0)
            return &facts->platform[i];
    return NULL;
}

const struct loader_platform *loader_hum(const struct loader_facts *facts)
{
    return find_named(facts, "hum");
}

const struct loader_platform *loader_pocl(const struct loader_facts *facts)
{
    return find_named(facts, "Portable Computing Language");
}
