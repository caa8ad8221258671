/* SPDX-License-Identifier: MIT */
/* cupti.c - activity records of unified memory; see cupti.h. */
#include "device/cuda/cupti.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "device/cuda/cupti_abi.h"
#include "device/keeper.h"

#define BUFFER_BYTES ((size_t)64 << 10)

struct humi_cupti {
    struct humi_cupti *next;
    uintptr_t start;
    size_t bytes;
    struct humi_told *queue;      /* a ring */
    unsigned first, count;
    uint64_t dropped;             /* since it was told last */
};

/* CUPTI's callbacks carry nothing of ours, so what they need is here. */
static struct {
    pthread_mutex_t opening;      /* load, enable, disable; taken before `lock` */
    pthread_mutex_t lock;         /* guards the list and the queues; no call of CUPTI under it */
    struct humi_cupti *list;
    void *library;                /* stays loaded: it has threads */
    int64_t ahead_ns;             /* humi_clock_ns() - cuptiGetTimestamp() */
#define CUPTI_MEMBER(symbol, parameters) enum humi_cupti_result(*symbol) parameters;
    HUMI_CUPTI_FUNCTIONS(CUPTI_MEMBER)
} cupti = {.opening = PTHREAD_MUTEX_INITIALIZER, .lock = PTHREAD_MUTEX_INITIALIZER};

static enum hum_status result(const char *what, enum humi_cupti_result code)
{
    const char *text = NULL;

    if (code == HUMI_CUPTI_SUCCESS)
        return HUM_OK;
    if (cupti.cuptiGetResultString(code, &text) || !text)
        text = "unknown error";
    return humi_fail(HUM_ERR_UNSUPPORTED, "%s: %s (%d)", what, text, (int)code);
}
#define call(symbol, ...) result(#symbol, cupti.symbol(__VA_ARGS__))

/* ---- records --------------------------------------------------------------------------------- */

static int unit_of(uint32_t id)
{
    return id == HUMI_CUPTI_CPU ? HUMI_KEEPER_HOST : (int)id;
}

static enum hum_cause cause_of(uint32_t migration, bool to_host)
{
    switch (migration) {
#define CAUSE_CASE(name, value, to_device_cause, to_host_cause)                                    \
    case value:                                                                                    \
        return to_host ? to_host_cause : to_device_cause;
        HUMI_CUPTI_MIGRATIONS(CAUSE_CASE)
    }
    return to_host ? HUM_CAUSE_HOST_FAULT : HUM_CAUSE_DEVICE_FAULT;
}

static uint64_t time_of(uint64_t ns)
{
    int64_t time = (int64_t)ns + cupti.ahead_ns;

    return time > 0 ? (uint64_t)time : 0;
}

static bool is_write(uint32_t access)
{
    return access == HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_ACCESS_TYPE_WRITE ||
           access == HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_ACCESS_TYPE_ATOMIC;
}

static void set_fault(struct humi_told *told, const struct humi_cupti_record *r, int unit)
{
    told->kind = HUMI_TOLD_FAULTED;
    told->to = unit;
    told->bytes = 1;
    told->write = is_write(r->flags);
    told->count = unit == HUMI_KEEPER_HOST || r->value == 0 ? 1 : r->value;
}

/* False: nothing that hum keeps. */
static bool translate(const struct humi_cupti_record *r, uintptr_t start, struct humi_told *told)
{
    *told = (struct humi_told){.from = unit_of(r->srcId),
                               .to = unit_of(r->dstId),
                               .offset = (uintptr_t)r->address - start,
                               .bytes = r->value,
                               .start_ns = time_of(r->start),
                               .end_ns = time_of(r->end > r->start ? r->end : r->start)};
    switch (r->counterKind) {
    case HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_BYTES_TRANSFER_HTOD:
    case HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_BYTES_TRANSFER_DTOH:
    case HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_BYTES_TRANSFER_DTOD:
        told->kind = HUMI_TOLD_MOVED;
        told->cause = cause_of(r->flags, told->to == HUMI_KEEPER_HOST);
        return r->value != 0;
    case HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_CPU_PAGE_FAULT_COUNT:
        set_fault(told, r, HUMI_KEEPER_HOST);
        told->end_ns = told->start_ns;
        return true;
    case HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_GPU_PAGE_FAULT:
        set_fault(told, r, unit_of(r->srcId));
        return r->flags != HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_ACCESS_TYPE_PREFETCH;
    case HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_THRASHING:
        told->kind = HUMI_TOLD_THRASHED;
        return true;
    case HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_THROTTLING:
        told->kind = HUMI_TOLD_THROTTLED;
        return true;
    case HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_REMOTE_MAP:
        told->kind = HUMI_TOLD_REMOTE;
        told->cause = HUM_CAUSE_REMOTE_MAP;
        return r->value != 0;
    }
    return false; /* of a newer CUPTI */
}

/* ---- buffers --------------------------------------------------------------------------------- */

/* Lock held. */
static void put(const struct humi_cupti_record *record)
{
    struct humi_cupti *c = cupti.list;
    struct humi_told told;

    while (c && record->address - c->start >= c->bytes)
        c = c->next;
    if (!c || record->kind != HUMI_CUPTI_ACTIVITY_KIND_UNIFIED_MEMORY_COUNTER ||
        !translate(record, c->start, &told))
        return;
    if (c->count == HUMI_CUPTI_QUEUE) {
        c->dropped++;
        return;
    }
    c->queue[(c->first + c->count++) % HUMI_CUPTI_QUEUE] = told;
}

/* What had no buffer nobody knows the address of: every space is told. */
static void note_dropped(void)
{
    size_t dropped = 0;

    if (cupti.cuptiActivityGetNumDroppedRecords(NULL, 0, &dropped) || dropped == 0)
        return;
    pthread_mutex_lock(&cupti.lock);
    for (struct humi_cupti *c = cupti.list; c; c = c->next)
        c->dropped += dropped;
    pthread_mutex_unlock(&cupti.lock);
}

static void request(uint8_t **buffer, size_t *bytes, size_t *records_max)
{
    *buffer = aligned_alloc(8, BUFFER_BYTES);
    *bytes = *buffer ? BUFFER_BYTES : 0;
    *records_max = 0;
}

static void complete(struct CUctx_st *context, uint32_t stream, uint8_t *buffer, size_t bytes,
                     size_t valid_bytes)
{
    struct humi_cupti_record *record = NULL;

    (void)context;
    (void)stream;
    (void)bytes;
    while (buffer && !cupti.cuptiActivityGetNextRecord(buffer, valid_bytes, &record)) {
        pthread_mutex_lock(&cupti.lock);
        put(record);
        pthread_mutex_unlock(&cupti.lock);
    }
    note_dropped();
    free(buffer);
}

/* ---- open and close -------------------------------------------------------------------------- */

static void *load_library(void)
{
    static const char *const names[] = {"libcupti.so.13", "libcupti.so.12", "libcupti.so",
                                        "/usr/local/cuda/lib64/libcupti.so",
                                        "/usr/local/cuda/extras/CUPTI/lib64/libcupti.so"};
    const char *given = secure_getenv("HUM_CUPTI_LIBRARY");
    void *library = NULL;

    if (given && *given)
        return dlopen(given, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; !library && i < sizeof names / sizeof *names; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    return library;
}

static enum hum_status load(void)
{
    static const struct {
        const char *name;
        void *member;
    } functions[] = {
#define CUPTI_ROW(symbol, parameters) {#symbol, &cupti.symbol},
        HUMI_CUPTI_FUNCTIONS(CUPTI_ROW)
    };
    void *library = load_library();

    if (!library)
        return humi_fail(HUM_ERR_UNSUPPORTED, "no CUPTI (%s)", dlerror());
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void *address = dlsym(library, functions[i].name);
        if (!address) {
            dlclose(library);
            return humi_fail(HUM_ERR_UNSUPPORTED, "CUPTI lacks %s", functions[i].name);
        }
        memcpy(functions[i].member, &address, sizeof address);
    }
    cupti.library = library;
    return HUM_OK;
}

static enum hum_status compare_clocks(void)
{
    uint64_t theirs = 0, ours = humi_clock_ns();
    enum hum_status status = call(cuptiGetTimestamp, &theirs);

    cupti.ahead_ns = (int64_t)(ours - theirs);
    return status;
}

/* Each kind by itself: a system may lack some (moves between devices). */
static enum hum_status configure(void)
{
    enum hum_status status = HUM_ERR_UNSUPPORTED;

#define CUPTI_KIND(name, value) HUMI_##name,
    static const enum humi_cupti_counter kinds[] = {HUMI_CUPTI_COUNTERS(CUPTI_KIND)};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct humi_cupti_config config = {
            HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_SCOPE_PROCESS_ALL_DEVICES, kinds[i], 0, 1};
        if (call(cuptiActivityConfigureUnifiedMemoryCounter, &config, 1) == HUM_OK)
            status = HUM_OK;
        else
            humi_debug("CUPTI: unified memory counter %d: %s", (int)kinds[i], hum_error_text());
    }
    return status;
}

/* The first space turns it on. */
static enum hum_status enable(void)
{
    enum hum_status status = cupti.library ? HUM_OK : load();

    if (status == HUM_OK)
        status = call(cuptiActivityRegisterCallbacks, request, complete);
    if (status == HUM_OK)
        status = configure();
    if (status == HUM_OK)
        status = call(cuptiActivityEnable, HUMI_CUPTI_ACTIVITY_KIND_UNIFIED_MEMORY_COUNTER);
    return status == HUM_OK ? compare_clocks() : status;
}

enum hum_status humi_cupti_open(uintptr_t start, size_t bytes, struct humi_cupti **cupti_out)
{
    struct humi_cupti *c = calloc(1, sizeof *c);

    if (c)
        *c = (struct humi_cupti){.start = start, .bytes = bytes,
                                 .queue = malloc(HUMI_CUPTI_QUEUE * sizeof *c->queue)};
    if (!c || !c->queue) {
        free(c);
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for CUPTI's records");
    }
    pthread_mutex_lock(&cupti.opening);
    enum hum_status status = cupti.list ? HUM_OK : enable();
    if (status == HUM_OK) {
        pthread_mutex_lock(&cupti.lock);
        c->next = cupti.list;
        cupti.list = c;
        pthread_mutex_unlock(&cupti.lock);
    }
    pthread_mutex_unlock(&cupti.opening);
    if (status != HUM_OK) {
        free(c->queue);
        free(c);
        return status;
    }
    *cupti_out = c;
    return HUM_OK;
}

void humi_cupti_close(struct humi_cupti *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&cupti.opening);
    (void)call(cuptiActivityFlushAll, HUMI_CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
    pthread_mutex_lock(&cupti.lock);
    struct humi_cupti **link = &cupti.list;
    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
    bool last = !cupti.list;
    pthread_mutex_unlock(&cupti.lock);
    if (last)
        (void)call(cuptiActivityDisable, HUMI_CUPTI_ACTIVITY_KIND_UNIFIED_MEMORY_COUNTER);
    pthread_mutex_unlock(&cupti.opening);
    free(c->queue);
    free(c);
}

unsigned humi_cupti_take(struct humi_cupti *c, struct humi_told *told_out, unsigned max, bool flush)
{
    unsigned n = 0;

    if (flush && call(cuptiActivityFlushAll, 0) != HUM_OK)
        humi_debug("%s", hum_error_text());
    pthread_mutex_lock(&cupti.lock);
    for (; n < max && c->count; n++, c->count--) {
        told_out[n] = c->queue[c->first];
        c->first = (c->first + 1) % HUMI_CUPTI_QUEUE;
    }
    if (n < max && c->dropped) {
        told_out[n++] = (struct humi_told){.kind = HUMI_TOLD_DROPPED, .count = c->dropped};
        c->dropped = 0;
    }
    pthread_mutex_unlock(&cupti.lock);
    return n;
}
