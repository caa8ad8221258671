/* SPDX-License-Identifier: MIT */
/*
 * plugin.c - plug-ins, loaded and remembered.
 *
 * The list only grows, at its head, so readers need no lock.  Two threads that load one path at the
 * same time get one handle from the system, and the second finds the entry of the first.
 */
#include "policy/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"
#include "policy/compose.h"
#include "policy/table.h"

struct entry {
    struct humi_plugin plugin;
    const struct entry *next;
    char path[];
};

static _Atomic(const struct entry *) entries;

bool humi_plugin_is_path(const struct humi_slice *word)
{
    return (word->bytes && memchr(word->text, '/', word->bytes)) ||
           (word->bytes > 3 && memcmp(word->text + word->bytes - 3, ".so", 3) == 0);
}

bool humi_plugin_in(const char *text)
{
    while (*text) {
        struct humi_slice word = {text, strcspn(text, ",;=")};
        if (humi_plugin_is_path(&word))
            return true;
        text += word.bytes;
        text += *text != '\0';
    }
    return false;
}

const struct humi_plugin *humi_plugin_at(unsigned index)
{
    const struct entry *entry = atomic_load(&entries);

    for (; entry && index; index--)
        entry = entry->next;
    return entry ? &entry->plugin : NULL;
}

static const struct entry *find(const char *path)
{
    const struct entry *entry = atomic_load(&entries);

    while (entry && strcmp(entry->path, path) != 0)
        entry = entry->next;
    return entry;
}

/* ---- a path ---------------------------------------------------------------------------------- */

/* The canonical text of a policy is a list, in which the path must be able to stand. */
static enum hum_status check_path(const char *option, const char *path)
{
    size_t bytes = strlen(path);

    if (bytes >= HUMI_PLUGIN_PATH_MAX)
        return humi_fail(HUM_ERR_INVALID, "%s: the plug-in's path has %zu bytes, and at most %u "
                                          "can be written in a policy: put it nearer to the root",
                         option, bytes, HUMI_PLUGIN_PATH_MAX - 1);
    if (path[strcspn(path, ",;=\n\t")] || path[bytes - 1] == ' ')
        return humi_fail(HUM_ERR_INVALID, "%s: the plug-in's path '%s' has a comma, ';', '=', tab "
                                          "or line's end in it, or a blank at its end, and cannot "
                                          "be written in a policy: give it another name", option,
                         path);
    return HUM_OK;
}

/* All that is to be loaded lies within so many bytes.  What is no shared object dlopen() says. */
static bool has_segments(int fd, off_t bytes)
{
    ElfW(Ehdr) head;
    ElfW(Phdr) segment;

    if (pread(fd, &head, sizeof head, 0) != (ssize_t)sizeof head ||
        memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
        return true;
    for (unsigned i = 0; i < head.e_phnum; i++) {
        off_t at = (off_t)(head.e_phoff + i * sizeof segment);
        if (pread(fd, &segment, sizeof segment, at) != (ssize_t)sizeof segment)
            return false;
        if (segment.p_type == PT_LOAD &&
            (segment.p_offset > (uint64_t)bytes ||
             segment.p_filesz > (uint64_t)bytes - segment.p_offset))
            return false;
    }
    return true;
}

/* The pages of a file that was cut short are a bus error where dlopen() touches them. */
static enum hum_status check_whole(const char *option, const char *path, off_t bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool whole = fd < 0 || has_segments(fd, bytes);

    if (fd >= 0)
        close(fd);
    return whole ? HUM_OK
                 : humi_fail(HUM_ERR_INVALID, "%s: the plug-in '%s' cannot be loaded: the file is "
                                              "cut short; build or copy it again", option, path);
}

/* Opening what is no file may wait for ever. */
static enum hum_status check_file(const char *option, const char *path)
{
    struct stat found;

    if (stat(path, &found) != 0)
        return humi_fail(HUM_ERR_INVALID, "%s: the plug-in '%s' cannot be looked at: %s", option,
                         path, strerror(errno));
    if (!S_ISREG(found.st_mode))
        return humi_fail(HUM_ERR_INVALID, "%s: '%s' is no file: name a policy's shared object, or "
                                          "a policy without '/'", option, path);
    return check_whole(option, path, found.st_size);
}

/* Absolute and without links. */
static enum hum_status resolve(const char *option, const struct humi_slice *word,
                               char path_out[PATH_MAX])
{
    char given[PATH_MAX];
    enum hum_status status;

    if (word->bytes >= sizeof given)
        return humi_fail(HUM_ERR_INVALID, "%s: the plug-in's path is longer than any path", option);
    memcpy(given, word->text, word->bytes);
    given[word->bytes] = '\0';
    if (!realpath(given, path_out))
        return humi_fail(HUM_ERR_INVALID, "%s: there is no plug-in at '%s': %s (a policy's name "
                                          "has no '/' and does not end in .so)", option, given,
                         strerror(errno));
    status = check_path(option, path_out);
    return status == HUM_OK ? check_file(option, path_out) : status;
}

/* ---- loading --------------------------------------------------------------------------------- */

static enum hum_status open_table(const char *option, const char *path, void **handle_out,
                                  const struct hum_policy **table_out)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (!handle)
        return humi_fail(HUM_ERR_INVALID, "%s: the plug-in cannot be loaded: %s", option,
                         dlerror());
    *table_out = dlsym(handle, HUM_POLICY_SYMBOL);
    if (*table_out) {
        *handle_out = handle;
        return HUM_OK;
    }
    dlclose(handle);
    return humi_fail(HUM_ERR_INVALID, "%s: '%s' is no policy: it must define 'const struct "
                                      "hum_policy " HUM_POLICY_SYMBOL "' and export it", option,
                     path);
}

/* As a policy it must be readable, its settings too; errors name the path. */
static enum hum_status check_table(const char *option, const char *path,
                                   const struct hum_policy *table)
{
    char subject[HUMI_PLUGIN_PATH_MAX + 40];
    struct humi_policy policy;

    snprintf(subject, sizeof subject, "%.30s: %.*s", option, (int)HUMI_PLUGIN_PATH_MAX, path);
    return humi_policy_of(subject, table, &policy);
}

/* Its entry, or that of a thread that was faster. */
static const struct entry *publish(struct entry *entry)
{
    const struct entry *head = atomic_load(&entries), *other;

    do {
        entry->next = head;
        other = find(entry->path);
        if (other) {
            free(entry);
            return other;
        }
    } while (!atomic_compare_exchange_weak(&entries, &head, entry));
    return entry;
}

static enum hum_status load(const char *option, const char *path, const struct entry **entry_out)
{
    const struct hum_policy *table = NULL;
    void *handle = NULL;
    enum hum_status status = open_table(option, path, &handle, &table);

    if (status != HUM_OK)
        return status;
    struct entry *entry = malloc(sizeof *entry + strlen(path) + 1);
    status = entry ? check_table(option, path, table)
                   : humi_fail(HUM_ERR_NO_MEMORY, "%s: no memory for a plug-in", option);
    if (status != HUM_OK) {
        free(entry);
        dlclose(handle);
        return status;
    }
    strcpy(entry->path, path);
    entry->plugin = (struct humi_plugin){table, entry->path};
    *entry_out = publish(entry);
    return HUM_OK;
}

enum hum_status humi_plugin_load(const char *option, const struct humi_slice *path,
                                 const struct humi_plugin **plugin_out)
{
    char resolved[PATH_MAX];
    const struct entry *entry;
    enum hum_status status = resolve(option, path, resolved);

    if (status != HUM_OK)
        return status;
    entry = find(resolved);
    if (!entry)
        status = load(option, resolved, &entry);
    if (status == HUM_OK)
        *plugin_out = &entry->plugin;
    return status;
}
