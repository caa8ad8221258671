/* SPDX-License-Identifier: MIT */
/*
 * lockstep.c - random operations one after the other, against a naive model.
 *
 * The model of a region is an array of bytes in ordinary memory.  Device work is left in its stream
 * as long as nobody looks: operations of one stream are in order, so the model is brought up to
 * date when an operation is issued, and `settle` waits before the host looks or another stream goes
 * on.
 */
#include "property/coherence.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECES = 14, DEVICES = 2, KERNELS = 6, HISTORY = 12 };
#define PIECE_MAX ((size_t)5 << 20)

enum kernel_id { K_WRITE, K_CHECK, K_ADD, K_COUNT, K_COPY, K_NOTHING };
static const char *const kernel_names[KERNELS] = {"step_write", "step_check", "step_add",
                                                  "step_count", "step_copy",  "step_nothing"};

struct piece {
    char *ptr;
    size_t bytes;
    unsigned char *model;
};

struct world {
    struct hum *hum;
    struct random random;
    unsigned devices;
    struct piece pieces[PIECES];
    uint64_t *result;                   /* of K_CHECK; in the space */
    struct hum_kernel *kernels[DEVICES][KERNELS];
    struct hum_stream *streams[DEVICES][2];
    struct hum_stream *busy;            /* the stream with work nobody has waited for */
    char history[HISTORY][100];         /* of the last operations */
    uint64_t step;
};

/* A part of a piece. */
struct part {
    struct piece *piece;
    size_t from, bytes;
};

static void note(struct world *w, const char *what, const struct part *part)
{
    snprintf(w->history[w->step % HISTORY], sizeof w->history[0], "%llu: %s piece %d [%zu, +%zu)",
             (unsigned long long)w->step, what, part ? (int)(part->piece - w->pieces) : -1,
             part ? part->from : 0, part ? part->bytes : 0);
}

static _Noreturn void differs(struct world *w, const struct part *part, size_t at, unsigned got,
                              unsigned want)
{
    for (uint64_t i = w->step < HISTORY ? 0 : w->step - HISTORY + 1; i <= w->step; i++)
        fprintf(stderr, "  %s\n", w->history[i % HISTORY]);
    wrong("step %llu: byte %zu of piece %d (%p, %zu bytes) is %u instead of %u",
          (unsigned long long)w->step, part->from + at, (int)(part->piece - w->pieces),
          (void *)part->piece->ptr, part->piece->bytes, got, want);
}

/* ---- choosing -------------------------------------------------------------------------------- */

/* Sizes around the borders of pages and blocks, small ones more often. */
static size_t random_size(struct world *w)
{
    static const size_t borders[] = {1, 8, HUM_PAGE_SIZE, 16 * HUM_PAGE_SIZE, HUM_BLOCK_SIZE};
    size_t size = borders[random_below(&w->random, 5)];

    switch (random_below(&w->random, 4)) {
    case 0:
        size += random_below(&w->random, 3);
        break;
    case 1:
        size -= size > 2 ? random_below(&w->random, 3) : 0;
        break;
    case 2:
        size = 1 + random_below(&w->random, 3 * size);
        break;
    default:
        size = 1 + random_below(&w->random, size);
    }
    return size < PIECE_MAX ? size : PIECE_MAX;
}

static struct part random_part(struct world *w)
{
    struct part part = {.piece = &w->pieces[random_below(&w->random, PIECES)]};

    part.bytes = random_size(w);
    if (part.bytes > part.piece->bytes)
        part.bytes = part.piece->bytes;
    part.from = random_below(&w->random, part.piece->bytes - part.bytes + 1);
    return part;
}

static char *start_of(const struct part *part)
{
    return part->piece->ptr + part->from;
}

static unsigned char *model_of(const struct part *part)
{
    return part->piece->model + part->from;
}

static int random_processor(struct world *w)
{
    return (int)random_below(&w->random, w->devices + 1) - 1;
}

/* ---- device work ----------------------------------------------------------------------------- */

static void settle(struct world *w)
{
    if (w->busy)
        must(hum_stream_wait(w->busy));
    w->busy = NULL;
}

/* The stream for the next device operation: mostly the busy one, else any, after settling. */
static struct hum_stream *next_stream(struct world *w, unsigned *device_out)
{
    unsigned device = (unsigned)random_below(&w->random, w->devices);
    struct hum_stream *stream = w->streams[device][random_below(&w->random, 2)];

    if (stream != w->busy)
        settle(w);
    *device_out = device;
    return stream;
}

static void launch(struct world *w, enum kernel_id kernel, size_t n, const void *args, size_t bytes)
{
    unsigned device;
    struct hum_stream *stream = next_stream(w, &device);

    must(hum_launch(stream, w->kernels[device][kernel], n, args, bytes));
    w->busy = stream;
}

/* NULL (now) or the stream of the work in flight. */
static struct hum_stream *maybe_stream(struct world *w)
{
    unsigned device;

    if (random_below(&w->random, 2)) {
        settle(w);
        return NULL;
    }
    w->busy = next_stream(w, &device);
    return w->busy;
}

/* ---- operations ------------------------------------------------------------------------------ */

static void host_write(struct world *w)
{
    struct part part = random_part(w);
    uint64_t value = random_next(&w->random);

    note(w, "host writes", &part);
    settle(w);
    for (size_t i = 0; i < part.bytes; i++) {
        start_of(&part)[i] = (char)step_byte(value, i);
        model_of(&part)[i] = step_byte(value, i);
    }
}

static void compare(struct world *w, const struct part *part)
{
    const unsigned char *got = (const unsigned char *)start_of(part), *want = model_of(part);

    for (size_t i = 0; i < part->bytes; i++)
        if (got[i] != want[i])
            differs(w, part, i, got[i], want[i]);
}

static void host_read(struct world *w)
{
    struct part part = random_part(w);

    note(w, "host reads", &part);
    settle(w);
    compare(w, &part);
}

static void device_write(struct world *w)
{
    struct part part = random_part(w);
    struct step_bytes args = {.bytes = (uint8_t *)start_of(&part), .n = part.bytes,
                              .value = random_next(&w->random)};

    note(w, "device writes", &part);
    launch(w, K_WRITE, args.n, &args, sizeof args);
    for (size_t i = 0; i < part.bytes; i++)
        model_of(&part)[i] = step_byte(args.value, i);
}

static void device_check(struct world *w)
{
    struct part part = random_part(w);
    struct step_bytes args = {.bytes = (uint8_t *)start_of(&part), .n = part.bytes,
                              .result = w->result};
    uint64_t want = 0;

    note(w, "device reads", &part);
    settle(w);
    *w->result = 0;
    launch(w, K_CHECK, args.n, &args, sizeof args);
    settle(w);
    for (size_t i = 0; i < part.bytes; i++)
        want += step_weight(model_of(&part)[i], i);
    if (*w->result == want)
        return;
    compare(w, &part);
    wrong("step %llu: the device saw other bytes than the host in piece %d [%zu, +%zu)",
          (unsigned long long)w->step, (int)(part.piece - w->pieces), part.from, part.bytes);
}

/* Words inside the part; false if there is none. */
static bool align_words(struct part *part)
{
    size_t first = (part->from + 7) / 8 * 8, end = (part->from + part->bytes) / 8 * 8;

    part->from = first;
    part->bytes = end > first ? end - first : 0;
    return part->bytes > 0;
}

static void device_add(struct world *w)
{
    struct part part = random_part(w);
    struct step_words args = {.value = random_next(&w->random)};

    if (!align_words(&part))
        return;
    note(w, "device adds", &part);
    args.words = (uint64_t *)(void *)start_of(&part);
    args.n = part.bytes / 8;
    launch(w, K_ADD, args.n, &args, sizeof args);
    for (size_t i = 0; i < args.n; i++) {
        uint64_t word;
        memcpy(&word, model_of(&part) + i * 8, 8);
        word += args.value + i;
        memcpy(model_of(&part) + i * 8, &word, 8);
    }
}

static void device_count(struct world *w)
{
    struct part part = random_part(w);
    struct step_words args = {.n = 1 + random_below(&w->random, 200),
                              .value = random_next(&w->random)};
    uint64_t word;

    if (!align_words(&part))
        return;
    note(w, "device counts", &part);
    args.words = (uint64_t *)(void *)start_of(&part);
    launch(w, K_COUNT, args.n, &args, sizeof args);
    memcpy(&word, model_of(&part), 8);
    word += args.n * args.value;
    memcpy(model_of(&part), &word, 8);
}

static void copy(struct world *w)
{
    struct part from = random_part(w), to = random_part(w);
    struct step_copy args;

    if (from.piece == to.piece)
        return;
    from.bytes = to.bytes = from.bytes < to.bytes ? from.bytes : to.bytes;
    args = (struct step_copy){(uint8_t *)start_of(&to), (uint8_t *)start_of(&from), to.bytes};
    if (random_below(&w->random, 3)) {
        note(w, "device copies to", &to);
        launch(w, K_COPY, args.n, &args, sizeof args);
    } else {
        note(w, "host copies to", &to);
        settle(w);
        memcpy(args.to, args.from, args.n);
    }
    memcpy(model_of(&to), model_of(&from), to.bytes);
}

static void prefetch(struct world *w)
{
    struct part part = random_part(w), more = random_part(w);
    struct hum_range ranges[] = {{start_of(&part), part.bytes}, {start_of(&more), more.bytes}};
    int processor = random_processor(w);
    struct hum_stream *stream = maybe_stream(w);

    note(w, processor == HUM_HOST ? "prefetch home" : "prefetch to a device", &part);
    if (random_below(&w->random, 3))
        must(hum_prefetch(w->hum, ranges[0].ptr, ranges[0].bytes, processor, stream));
    else
        must(hum_prefetch_batch(w->hum, ranges, 2, processor, stream));
}

static void advise(struct world *w)
{
    static const enum hum_advice kinds[] = {
        HUM_ADVISE_READ_MOSTLY,       HUM_ADVISE_PREFERRED,       HUM_ADVISE_ACCESSED_BY,
        HUM_ADVISE_UNSET_READ_MOSTLY, HUM_ADVISE_UNSET_PREFERRED, HUM_ADVISE_UNSET_ACCESSED_BY,
        HUM_ADVISE_REMOTE,            HUM_ADVISE_UNSET_REMOTE,    HUM_ADVISE_REMOTE};
    struct part part = random_part(w);

    note(w, "advise", &part);
    must(hum_advise(w->hum, start_of(&part), part.bytes, kinds[random_below(&w->random, 9)],
                    random_processor(w)));
}

static void discard(struct world *w)
{
    struct part part = random_part(w);
    size_t first = (part.from + HUM_PAGE_SIZE - 1) / HUM_PAGE_SIZE * HUM_PAGE_SIZE;
    size_t end = (part.from + part.bytes) / HUM_PAGE_SIZE * HUM_PAGE_SIZE;
    bool to_the_end = part.from + part.bytes == part.piece->bytes; /* its last page is whole */
    struct hum_range range = {start_of(&part), part.bytes};
    struct hum_stream *stream = maybe_stream(w);

    note(w, "discard", &part);
    if (random_below(&w->random, 2))
        must(hum_discard(w->hum, range.ptr, range.bytes, stream));
    else
        must(hum_discard_batch(w->hum, &range, 1, stream));
    if (to_the_end)
        end = part.piece->bytes;
    if (first < end)
        memset(part.piece->model + first, 0, end - first);
}

/* The first few pieces are large: together they are more than a small device holds. */
static void allocate(struct world *w, struct piece *piece)
{
    bool large = piece - w->pieces < 4;

    piece->bytes = large ? PIECE_MAX - random_below(&w->random, 1 << 20) : random_size(w);
    piece->model = calloc(1, piece->bytes);
    if (!piece->model)
        wrong("out of memory");
    must(hum_alloc(w->hum, piece->bytes, random_below(&w->random, 8) ? 0 : HUM_ALLOC_OWN_BLOCKS,
                   (void **)&piece->ptr));
}

static void replace(struct world *w)
{
    struct piece *piece = &w->pieces[random_below(&w->random, PIECES)];
    struct part part = {piece, 0, piece->bytes};

    note(w, "free and allocate", &part);
    settle(w);
    must(hum_free(w->hum, piece->ptr));
    free(piece->model);
    allocate(w, piece);
}

static bool is_zero(const void *context, size_t page)
{
    const struct piece *piece = context;
    size_t end = (page + 1) * HUM_PAGE_SIZE;

    for (size_t i = page * HUM_PAGE_SIZE; i < end && i < piece->bytes; i++)
        if (piece->model[i])
            return false;
    return true;
}

static void look(struct world *w)
{
    struct piece *piece = &w->pieces[random_below(&w->random, PIECES)];
    struct part part = {piece, 0, piece->bytes};

    note(w, "look", &part);
    settle(w);
    check_pages(w->hum, piece->ptr, piece->bytes, is_zero, piece);
    check_stats(w->hum);
}

/* The device process dies with no work in flight: nothing may be lost. */
static void kill_device(struct world *w)
{
    unsigned device = (unsigned)random_below(&w->random, w->devices);
    struct step_words args = {0};
    struct hum_device_info info;
    enum hum_status status = HUM_ERR_DEVICE_LOST;

    if (random_below(&w->random, 6))
        return;
    note(w, "device dies", NULL);
    settle(w);
    must(hum_device_info(w->hum, (int)device, &info));
    if (info.pid > 0)
        kill(info.pid, SIGKILL);
    for (double end = now_seconds() + 10;
         status == HUM_ERR_DEVICE_LOST && now_seconds() < end;) {
        status = hum_launch(w->streams[device][0], w->kernels[device][K_NOTHING], 1, &args,
                            sizeof args);
        if (status == HUM_OK)
            status = hum_wait(w->hum, (int)device);
    }
    must(status);
}

static const struct {
    void (*run)(struct world *w);
    unsigned weight;
} operations[] = {
    {host_write, 20}, {host_read, 15},  {device_write, 16}, {device_check, 14}, {device_add, 10},
    {device_count, 5}, {copy, 8},       {prefetch, 12},     {advise, 8},        {discard, 5},
    {replace, 5},     {look, 5},        {kill_device, 1},
};
#define OPERATIONS (sizeof operations / sizeof operations[0])

static void random_step(struct world *w)
{
    unsigned total = 0;
    size_t at;

    for (unsigned i = 0; i < OPERATIONS; i++)
        total += operations[i].weight;
    at = random_below(&w->random, total);
    for (unsigned i = 0; i < OPERATIONS; i++) {
        if (at < operations[i].weight) {
            operations[i].run(w);
            return;
        }
        at -= operations[i].weight;
    }
}

static void world_open(struct world *w, const struct setting *setting)
{
    w->hum = open_setting(setting);
    w->devices = setting->device_count;
    must(hum_alloc(w->hum, sizeof *w->result, 0, (void **)&w->result));
    for (unsigned d = 0; d < w->devices; d++) {
        for (unsigned k = 0; k < KERNELS; k++)
            w->kernels[d][k] = kernel_of(w->hum, (int)d, kernel_names[k]);
        w->streams[d][0] = hum_stream(w->hum, (int)d);
        must(hum_stream_create(w->hum, (int)d, &w->streams[d][1]));
    }
    for (unsigned i = 0; i < PIECES; i++)
        allocate(w, &w->pieces[i]);
}

static void world_close(struct world *w)
{
    settle(w);
    for (unsigned i = 0; i < PIECES; i++) {
        struct part all = {&w->pieces[i], 0, w->pieces[i].bytes};
        note(w, "last look", &all);
        compare(w, &all);
        free(w->pieces[i].model);
    }
    hum_close(w->hum);
}

uint64_t lockstep_run(const struct setting *setting, uint64_t seed, uint64_t steps, double seconds)
{
    static struct world world;
    double end = now_seconds() + seconds;

    memset(&world, 0, sizeof world);
    world.random = random_make(seed, 0);
    world_open(&world, setting);
    for (world.step = 0; world.step < steps && now_seconds() < end; world.step++)
        random_step(&world);
    world_close(&world);
    return world.step;
}
