/* SPDX-License-Identifier: MIT */
/*
 * make_trace.c - a trace of a program that never ran: make_trace FILE EVENTS.
 *
 * The story: the host fills a graph, a device too small for it walks the edges in order and gathers
 * ranks at random, iteration after iteration, and the host looks at the ranks between iterations.
 * The same arguments give the same trace.  Its totals are sums of what was put, so a report must
 * find that they agree.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hum/trace.h>

enum { EDGES = 1, RANKS = 2, NEXT = 3, DEGREES = 4 };
enum { WALK = 1, GATHER = 2, APPLY = 3 };
enum { EDGE_BLOCKS = 600, RANK_BLOCKS = 60, NEXT_BLOCKS = 60, DEGREE_BLOCKS = 30 };
enum { FIRST_EDGES = 0, FIRST_RANKS = 640, FIRST_NEXT = 704, FIRST_DEGREES = 768 };
enum { CAPACITY_BLOCKS = 400, CHUNK_PAGES = 64, LAUNCHES = 64 };

static struct hum_trace_writer *writer;
static struct hum_counters sums;
static uint64_t now_ns, seed = 1, events, events_max, launch;
static uint32_t resident[CAPACITY_BLOCKS], resident_count, resident_next;
static bool here[1024];

static void put(enum hum_trace_kind kind, struct hum_trace_record *record)
{
    record->kind = kind;
    if (record->time_ns == 0)
        record->time_ns = now_ns;
    if (hum_trace_put(writer, record) != HUM_OK) {
        fprintf(stderr, "make_trace: %s\n", hum_error_text());
        exit(1);
    }
}

static uint32_t random_below(uint32_t limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % limit);
}

static void fill_mask(struct hum_pages *mask, unsigned first, unsigned pages)
{
    for (unsigned page = first; page < first + pages; page++)
        mask->word[page / 64] |= UINT64_C(1) << page % 64;
}

/* ---- what things are ------------------------------------------------------------------------ */

static void describe_setting(const char *key, const char *value)
{
    struct hum_trace_record record = {0};

    snprintf(record.setting.key, sizeof(record.setting.key), "%s", key);
    snprintf(record.setting.value, sizeof(record.setting.value), "%s", value);
    put(HUM_TRACE_SETTING, &record);
}

static void describe_processor(int processor, const char *name, const char *kind, uint64_t bytes)
{
    struct hum_trace_record record = {
        .processor = {.processor = processor, .capacity_bytes = bytes, .workers = bytes ? 2 : 0}};

    snprintf(record.processor.name, sizeof(record.processor.name), "%s", name);
    snprintf(record.processor.kind, sizeof(record.processor.kind), "%s", kind);
    put(HUM_TRACE_PROCESSOR, &record);
}

static void describe_region(uint32_t region, uint64_t block, uint64_t blocks, const char *name)
{
    struct hum_trace_record record = {
        .region = {.region = region, .first_page = 512 * block, .bytes = blocks * HUM_BLOCK_SIZE}};

    snprintf(record.region.name, sizeof(record.region.name), "%s", name);
    put(HUM_TRACE_REGION, &record);
}

static void describe_kernel(uint32_t kernel, const char *name)
{
    struct hum_trace_record record = {.kernel = {.kernel = kernel, .device = 0}};

    snprintf(record.kernel.name, sizeof(record.kernel.name), "%s", name);
    put(HUM_TRACE_KERNEL, &record);
}

static void describe(void)
{
    struct hum_trace_record space = {
        .space = {.start = UINT64_C(0x3c0000000000),
                  .bytes = (uint64_t)1 << 40,
                  .unix_ns = UINT64_C(1764043200000000000),
                  .pid = 4711,
                  .program = "pagerank --graph bookworm.csr --iterations 10"}};

    put(HUM_TRACE_SPACE, &space);
    describe_setting("policy", "ahead");
    describe_setting("link", "pcie4x16");
    describe_setting("cpu", "a processor that does not exist");
    describe_processor(HUM_HOST, "host", "host", 0);
    describe_processor(0, "emu0", "emu", (uint64_t)CAPACITY_BLOCKS * HUM_BLOCK_SIZE);
    describe_region(EDGES, FIRST_EDGES, EDGE_BLOCKS, "edges");
    describe_region(RANKS, FIRST_RANKS, RANK_BLOCKS, "ranks");
    describe_region(NEXT, FIRST_NEXT, NEXT_BLOCKS, "next ranks <b>&amp;</script>");
    describe_region(DEGREES, FIRST_DEGREES, DEGREE_BLOCKS, "");
    describe_kernel(WALK, "walk_edges");
    describe_kernel(GATHER, "gather_ranks");
    describe_kernel(APPLY, "apply");
}

/* ---- what happens --------------------------------------------------------------------------- */

struct change {
    enum hum_cause cause;
    int processor;
    uint32_t region, kernel, block;
    unsigned first, pages;
    bool moves, evicts;
};

static void put_event(const struct change *change)
{
    bool to_host = change->processor == HUM_HOST || change->evicts;
    uint64_t bytes = change->moves ? change->pages * (uint64_t)HUM_PAGE_SIZE : 0;
    enum hum_direction direction = to_host ? HUM_D2H : HUM_H2D;
    struct hum_trace_record record = {
        .event = {.cause = change->cause,
                  .processor = change->processor,
                  .region = change->region,
                  .kernel = change->kernel,
                  .block = change->block,
                  .move_ns = (uint32_t)(bytes / 9),
                  .evicted = change->evicts,
                  .modelled_ns = bytes ? (uint32_t)(1500 + bytes / 24) : 0}};

    fill_mask(&record.event.pages, change->first, change->pages);
    if (change->moves)
        record.event.moved = record.event.pages;
    record.event.bytes[direction] = bytes;
    put(HUM_TRACE_EVENT, &record);
    sums.events[change->cause]++;
    sums.pages[change->cause] += change->pages;
    sums.bytes_by_cause[change->cause] += bytes;
    sums.bytes[direction] += bytes;
    sums.move_ns[direction] += record.event.move_ns;
    sums.evictions_clean += change->evicts && !bytes;
    sums.evictions_dirty += change->evicts && bytes;
    now_ns += 400 + bytes / 9;
    events++;
}

static void put_faults(int processor, uint32_t region, uint32_t kernel, uint32_t faults)
{
    struct hum_trace_record record = {.faults = {.processor = processor,
                                                 .region = region,
                                                 .kernel = kernel,
                                                 .faults = faults,
                                                 .duplicates = faults > 3}};
    struct hum_trace_record batch = {
        .batch = {.processor = processor, .faults = faults, .service_ns = 2000}};

    put(HUM_TRACE_FAULTS, &record);
    put(HUM_TRACE_BATCH, &batch);
    *(processor == HUM_HOST ? &sums.faults_host : &sums.faults_device) += faults;
    sums.faults_duplicate += faults > 3;
    sums.batches++;
    sums.service_ns += 2000;
}

/* The device takes a block; the one that came first leaves if there is no room. */
static void take_block(uint32_t block, uint32_t region, uint32_t kernel)
{
    uint32_t *place = &resident[resident_next];

    if (here[block])
        return;
    if (resident_count == CAPACITY_BLOCKS) {
        bool dirty = *place >= FIRST_RANKS;

        put_event(&(struct change){HUM_CAUSE_EVICTION, 0, 0, kernel, *place, 0, 512, dirty, true});
        here[*place] = false;
    } else {
        resident_count++;
    }
    *place = block;
    here[block] = true;
    resident_next = (resident_next + 1) % CAPACITY_BLOCKS;
    put_faults(0, region, kernel, 1 + random_below(6));
    for (unsigned page = 0; page < 512; page += CHUNK_PAGES)
        put_event(&(struct change){page < 2 * CHUNK_PAGES ? HUM_CAUSE_DEVICE_FAULT
                                                          : HUM_CAUSE_PREFETCH_POLICY,
                                   0, region, kernel, block, page, CHUNK_PAGES, true, false});
}

static void end_launch(uint32_t kernel, uint64_t start_ns)
{
    struct hum_trace_record record = {.time_ns = start_ns,
                                      .launch = {.launch = ++launch,
                                                 .kernel = kernel,
                                                 .count = 1 << 20,
                                                 .submit_ns = start_ns - 1000,
                                                 .end_ns = now_ns}};

    put(HUM_TRACE_LAUNCH, &record);
}

static void walk_edges(void)
{
    uint64_t start_ns = now_ns += 5000;

    for (uint32_t block = 0; block < EDGE_BLOCKS && events < events_max; block++) {
        take_block(FIRST_EDGES + block, EDGES, WALK);
        now_ns += 60000;
    }
    end_launch(WALK, start_ns);
}

/* Single pages go to and fro: the host looks at some of what the device works on. */
static void gather_ranks(uint64_t gathered)
{
    uint64_t start_ns = now_ns += 5000;

    for (uint64_t i = 0; i < gathered && events < events_max; i++) {
        bool host = i % 7 == 3, next = i % 3 == 0;
        uint32_t hot = random_below(4) ? 8 : RANK_BLOCKS;
        uint32_t region = next ? NEXT : RANKS;
        struct change change = {host ? HUM_CAUSE_HOST_FAULT : HUM_CAUSE_DEVICE_FAULT,
                                host ? HUM_HOST : 0,
                                region,
                                host ? 0 : GATHER,
                                (next ? FIRST_NEXT : FIRST_RANKS) + random_below(hot),
                                random_below(512),
                                1,
                                true,
                                false};

        put_faults(change.processor, region, change.kernel, 1);
        put_event(&change);
        now_ns += 900;
    }
    end_launch(GATHER, start_ns);
}

static void apply(void)
{
    uint64_t start_ns = now_ns += 5000;

    for (unsigned i = 0; i < LAUNCHES && events < events_max; i++) {
        uint64_t one_ns = now_ns;

        put_event(&(struct change){HUM_CAUSE_UPGRADE, 0, NEXT, APPLY, FIRST_NEXT + i % NEXT_BLOCKS,
                                   0, 512, false, false});
        now_ns += 40000;
        end_launch(APPLY, one_ns);
    }
    now_ns = now_ns > start_ns ? now_ns : start_ns;
}

static void fill_by_host(void)
{
    static const struct {
        uint32_t region, first, blocks;
    } parts[] = {{EDGES, FIRST_EDGES, EDGE_BLOCKS},
                 {RANKS, FIRST_RANKS, RANK_BLOCKS},
                 {NEXT, FIRST_NEXT, NEXT_BLOCKS},
                 {DEGREES, FIRST_DEGREES, DEGREE_BLOCKS}};

    for (unsigned p = 0; p < sizeof(parts) / sizeof(parts[0]); p++)
        for (uint32_t b = 0; b < parts[p].blocks; b++) {
            put_faults(HUM_HOST, parts[p].region, 0, 1);
            put_event(&(struct change){HUM_CAUSE_FIRST_TOUCH, HUM_HOST, parts[p].region, 0,
                                       parts[p].first + b, 0, 512, false, false});
            now_ns += 120000;
        }
}

int main(int argc, char **argv)
{
    struct hum_trace_record totals = {0};

    if (argc != 3 || (events_max = strtoull(argv[2], NULL, 10)) == 0) {
        fputs("usage: make_trace FILE EVENTS\n", stderr);
        return 2;
    }
    if (hum_trace_create(argv[1], &writer) != HUM_OK) {
        fprintf(stderr, "make_trace: %s\n", hum_error_text());
        return 1;
    }
    describe();
    fill_by_host();
    while (events < events_max) {
        walk_edges();
        gather_ranks(events_max / 8);
        apply();
    }
    totals.totals.counters = sums;
    put(HUM_TRACE_TOTALS, &totals);
    if (hum_trace_writer_close(writer) != HUM_OK) {
        fprintf(stderr, "make_trace: %s\n", hum_error_text());
        return 1;
    }
    return 0;
}
