/* SPDX-License-Identifier: MIT */
/* page.c - see page.h */
#include "command/top/page.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINK_TEXT "/memfd:" HUMI_LIVE_NAME /* what the kernel shows of it; " (deleted)" follows */
#define PAUSE_NS 2000000L                  /* between two looks at the sequence */

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- finding -------------------------------------------------------------------------------- */

/* A name of digits only, as a number; -1 if it is none. */
static long number_of(const char *name)
{
    char *end;
    long number = *name >= '0' && *name <= '9' ? strtol(name, &end, 10) : -1;

    return number >= 0 && number <= INT32_MAX && !*end ? number : -1;
}

static void path_of(const struct top_place *place, char *path, size_t bytes)
{
    snprintf(path, bytes, "/proc/%ld/fd/%d", (long)place->pid, place->fd);
}

static bool is_page(const struct top_place *place)
{
    static const char want[] = LINK_TEXT " ";
    char path[64], target[sizeof(want)];

    path_of(place, path, sizeof(path));
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    return length == (ssize_t)sizeof(want) - 1 && memcmp(target, want, sizeof(want) - 1) == 0;
}

/* The number of the process in its own namespace, which is what it knows of itself. */
static uint32_t own_number(pid_t pid)
{
    char path[64], line[256];
    uint32_t number = (uint32_t)pid;
    FILE *in;

    snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
    in = fopen(path, "re");
    while (in && fgets(line, sizeof(line), in)) {
        const char *last = strrchr(line, '\t');

        if (strncmp(line, "NSpid:", 6) == 0 && last)
            number = (uint32_t)strtoul(last, NULL, 10);
    }
    if (in)
        fclose(in);
    return number;
}

/*
 * Is it this process that shows itself?  A fork()ed child has the descriptor too.  What is no page
 * of this version counts as its own: reading it will tell.
 */
static bool is_own(const struct top_place *place)
{
    struct humi_live_page *head = calloc(1, sizeof(*head));
    bool own = true;
    char path[64];

    path_of(place, path, sizeof(path));
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (head && fd >= 0 && pread(fd, head, sizeof(*head), 0) == (ssize_t)sizeof(*head) &&
        top_page_check(head))
        own = head->pid == own_number(place->pid);
    if (fd >= 0)
        close(fd);
    free(head);
    return own;
}

/* Add the pages of one process; 0 or an errno. */
static int add_process(pid_t pid, struct top_places *places)
{
    char path[64];
    struct dirent *entry;
    DIR *folder;

    snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
    folder = opendir(path);
    if (!folder)
        return errno;
    while ((entry = readdir(folder)) && places->count < TOP_PLACES_MAX) {
        struct top_place place = {pid, (int)number_of(entry->d_name)};

        if (place.fd >= 0 && is_page(&place) && is_own(&place))
            places->place[places->count++] = place;
    }
    closedir(folder);
    return 0;
}

int top_find(pid_t pid, struct top_places *places_out)
{
    int error;

    places_out->count = 0;
    error = add_process(pid, places_out);
    return error || places_out->count ? error : ENOENT;
}

void top_find_all(struct top_places *places_out)
{
    DIR *folder = opendir("/proc");
    struct dirent *entry;

    places_out->count = 0;
    while (folder && (entry = readdir(folder))) {
        long pid = number_of(entry->d_name);
        struct stat info;

        if (pid > 0 && fstatat(dirfd(folder), entry->d_name, &info, 0) == 0 &&
            info.st_uid == geteuid())
            (void)add_process((pid_t)pid, places_out);
    }
    if (folder)
        closedir(folder);
}

/* ---- a copy that can be used ---------------------------------------------------------------- */

static void end_text(char *text, size_t bytes)
{
    text[bytes - 1] = '\0';
    for (; *text; text++)
        if ((unsigned char)*text < 32 || *text == 127)
            *text = '?';
}
#define END_TEXT(array) end_text((array), sizeof(array))

static uint32_t at_most(uint32_t value, uint32_t most)
{
    return value < most ? value : most;
}

bool top_page_check(struct humi_live_page *page)
{
    if (page->magic != HUMI_LIVE_MAGIC || page->version != HUMI_LIVE_VERSION ||
        page->page_bytes != sizeof(*page) ||
        page->counters_bytes != sizeof(struct hum_counters) || page->processors == 0)
        return false;
    page->processors = at_most(page->processors, HUM_PROCESSORS_MAX);
    page->region_count = at_most(page->region_count, HUMI_LIVE_REGIONS);
    page->kernel_count = at_most(page->kernel_count, HUMI_LIVE_KERNELS);
    END_TEXT(page->program);
    END_TEXT(page->policy);
    END_TEXT(page->link);
    for (unsigned p = 0; p < page->processors; p++) {
        END_TEXT(page->processor[p].name);
        END_TEXT(page->processor[p].kind);
    }
    for (unsigned r = 0; r < page->region_count; r++)
        END_TEXT(page->region[r].name);
    for (unsigned k = 0; k < page->kernel_count; k++) {
        struct humi_live_kernel *kernel = &page->kernel[k];

        END_TEXT(kernel->name);
        if (kernel->device < 0 || (uint32_t)kernel->device + 1 >= page->processors)
            kernel->device = HUM_HOST; /* of no device that there is */
    }
    return true;
}

/* ---- reading -------------------------------------------------------------------------------- */

static bool read_sequence(int fd, uint64_t *sequence_out)
{
    return pread(fd, sequence_out, sizeof(*sequence_out),
                 offsetof(struct humi_live_page, sequence)) == sizeof(*sequence_out);
}

/* A copy of what was published at `sequence`, false if it changed meanwhile. */
static bool read_whole(int fd, uint64_t sequence, struct humi_live_page *page_out)
{
    uint64_t again;

    return pread(fd, page_out, sizeof(*page_out), 0) == (ssize_t)sizeof(*page_out) &&
           read_sequence(fd, &again) && again == sequence;
}

static enum top_result wait_and_read(int fd, unsigned timeout_ms, struct humi_live_page *page_out)
{
    uint64_t end_ms = now_ms() + timeout_ms, first, now;

    if (!read_sequence(fd, &first) || pread(fd, page_out, sizeof(*page_out), 0) < 0 ||
        !top_page_check(page_out))
        return TOP_FOREIGN;
    do {
        if (!read_sequence(fd, &now))
            return TOP_FOREIGN;
        /* begun after the look: past the next odd number */
        if (now % 2 == 0 && now >= first + 2 + first % 2 && read_whole(fd, now, page_out))
            return top_page_check(page_out) ? TOP_READ : TOP_FOREIGN;
        nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
    } while (now_ms() < end_ms);
    return TOP_SILENT;
}

static enum top_result why_not(pid_t pid)
{
    char path[64], line[256] = "", *state;
    FILE *in;

    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    in = fopen(path, "re");
    if (!in)
        return TOP_GONE;
    if (!fgets(line, sizeof(line), in))
        line[0] = '\0';
    fclose(in);
    state = strrchr(line, ')');
    return !state || state[1] != ' ' || strchr("ZXx", state[2]) ? TOP_GONE : TOP_CLOSED;
}

enum top_result top_read(const struct top_place *place, unsigned timeout_ms,
                         struct humi_live_page *page_out)
{
    enum top_result result;
    struct stat info;
    char path[64];
    int fd = -1;

    path_of(place, path, sizeof(path));
    if (is_page(place))
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return why_not(place->pid);
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        result = TOP_FOREIGN;
    else
        result = wait_and_read(fd, timeout_ms, page_out);
    close(fd);
    if (result == TOP_SILENT && !is_page(place))
        return why_not(place->pid);
    return result;
}
