/* SPDX-License-Identifier: MIT */
/*
 * same_pages.c - epochs see the pages that instrumented kernels say they touch.
 *
 *     same_pages <sample> <option> ...
 *
 * Runs the sample twice, once recording epochs and once exact accesses, and compares for each
 * launch the set of pages that the device touched and the set of pages that it wrote.  It also
 * checks that nothing was dropped, that every access by a device belongs to a launch, and that the
 * host's touches are there.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hum/trace.h>

extern char **environ;

/* A page of a launch, in one number that sorts. */
struct pages {
    uint64_t *keys;
    size_t count, room;
};

struct touched {
    struct pages any, written;
    uint64_t launches, host, epochs;
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "same_pages: %s\n", what);
    exit(1);
}

static void add(struct pages *pages, uint64_t launch, uint64_t page)
{
    if (pages->count == pages->room) {
        pages->room = pages->room ? pages->room * 2 : 4096;
        pages->keys = realloc(pages->keys, pages->room * sizeof *pages->keys);
        if (!pages->keys)
            die("no memory");
    }
    if (launch >> 24 || page >> 40)
        die("a launch or a page that is too large for this test");
    pages->keys[pages->count++] = launch << 40 | page;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void sort(struct pages *pages)
{
    size_t kept = 0;
    if (!pages->count)
        return;
    qsort(pages->keys, pages->count, sizeof *pages->keys, compare);
    for (size_t i = 0; i < pages->count; i++)
        if (kept == 0 || pages->keys[i] != pages->keys[kept - 1])
            pages->keys[kept++] = pages->keys[i];
    pages->count = kept;
}

static void note(struct touched *touched, const struct hum_trace_access *access)
{
    if (access->processor == HUM_HOST) {
        touched->host += access->pages;
        return;
    }
    if (!access->launch)
        die("a device touched pages outside any launch");
    for (uint64_t p = 0; p < access->pages; p++) {
        add(&touched->any, access->launch, access->first_page + p);
        if (access->write)
            add(&touched->written, access->launch, access->first_page + p);
    }
}

static struct touched read_trace(const char *path)
{
    struct touched touched = {0};
    struct hum_trace *trace;
    struct hum_trace_record record;
    enum hum_status status;
    if (hum_trace_open(path, &trace) != HUM_OK)
        die(hum_error_text());
    while ((status = hum_trace_next(trace, &record)) == HUM_OK) {
        if (record.kind == HUM_TRACE_DROPPED)
            die("records were dropped");
        touched.launches += record.kind == HUM_TRACE_LAUNCH;
        touched.epochs += record.kind == HUM_TRACE_EPOCH;
        if (record.kind == HUM_TRACE_ACCESS)
            note(&touched, &record.access);
    }
    if (status != HUM_ERR_NOT_FOUND)
        die(hum_error_text());
    hum_trace_close(trace);
    sort(&touched.any);
    sort(&touched.written);
    return touched;
}

static void forget(struct touched *touched)
{
    free(touched->any.keys);
    free(touched->written.keys);
}

static struct touched run(char *argv[], const char *accesses)
{
    char path[] = "/tmp/hum-same-pages-XXXXXX";
    int file = mkstemp(path), status;
    pid_t child;
    if (file < 0)
        die("cannot make a file in /tmp");
    close(file);
    setenv("HUM_TRACE", path, 1);
    setenv("HUM_ACCESSES", accesses, 1);
    if (posix_spawn(&child, argv[0], NULL, NULL, argv, environ) != 0)
        die("cannot start the sample");
    if (waitpid(child, &status, 0) != child || status != 0)
        die("the sample failed");
    struct touched touched = read_trace(path);
    unlink(path);
    return touched;
}

/* The first pages that only one of the two has, and how many there are. */
static size_t compare_pages(const char *what, const struct pages *epoch, const struct pages *exact)
{
    size_t i = 0, j = 0, differences = 0;
    while (i < epoch->count || j < exact->count) {
        uint64_t x = i < epoch->count ? epoch->keys[i] : UINT64_MAX;
        uint64_t y = j < exact->count ? exact->keys[j] : UINT64_MAX;
        uint64_t least = x < y ? x : y;
        i += x == least;
        j += y == least;
        if (x != y && differences++ < 10)
            fprintf(stderr, "launch %llu: page %llu was %s in the %s trace only\n",
                    (unsigned long long)(least >> 40),
                    (unsigned long long)(least & (UINT64_MAX >> 24)), what,
                    x == least ? "epoch" : "exact");
    }
    printf("%s: %zu pages of launches with epochs, %zu exactly, %zu differences\n", what,
           epoch->count, exact->count, differences);
    return differences;
}

int main(int argc, char *argv[])
{
    if (argc < 2)
        die("usage: same_pages <sample> <option> ...");
    struct touched epoch = run(argv + 1, "epoch"), exact = run(argv + 1, "exact");
    if (epoch.launches != exact.launches || !epoch.launches)
        die("the two runs launched different numbers of kernels");
    if (epoch.epochs <= epoch.launches || exact.epochs)
        die("boundaries are missing, or there where none belong");
    if (!epoch.host || !epoch.any.count || !epoch.written.count)
        die("touches are missing");
    size_t differences = compare_pages("touched", &epoch.any, &exact.any) +
                         compare_pages("written", &epoch.written, &exact.written);
    forget(&epoch);
    forget(&exact);
    return differences != 0;
}
