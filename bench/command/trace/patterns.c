/* SPDX-License-Identifier: MIT */
/*
 * patterns.c - see patterns.h
 *
 * A pattern is a row of `kinds`: a function from the place in a pass to a touch, and one that
 * checks the spec and says how long a pass is.  To add one: write both, add the row, its line in
 * hum.1 and its name in the completion, and test it against its definition in
 * tests/bench/test_patterns.c.
 */
#include "command/trace/patterns.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "zipf.h"

#define USES(option) (1u << (option))
#define LEVELS_MAX 40
#define GROWTH 4                     /* a frontier's pages by those of the one before */

__extension__ typedef unsigned __int128 wide;

struct kind;

struct pattern {
    struct pattern_spec spec;
    const struct kind *kind;
    struct pattern_array arrays[PATTERN_ARRAYS_MAX];
    size_t array_count;
    uint64_t array_base[PATTERN_ARRAYS_MAX]; /* pages of the arrays before, for agents */
    uint64_t pages;                  /* of all arrays */
    uint64_t pass_accesses, total, done;
    uint64_t pass, at;               /* of the next touch */
    uint64_t random, coins;          /* states: where, and whether it writes */
    uint64_t write_below;            /* of 2^32 */
    uint32_t *order;                 /* chase: the next page; frontier, scatter: a permutation */
    struct zipf *zipf;
    union {
        struct {
            uint64_t cursor;
        } chase;
        struct {
            uint64_t hot, heat_below; /* pages; of 2^32 */
        } hotcold;
        struct {
            uint64_t tiles, tile;    /* a side of a matrix, in tiles; pages of one */
        } gemm;
        struct {
            uint64_t row, rows;      /* pages of one; how many */
        } stencil;
        struct {
            unsigned levels, level;
            uint64_t first[LEVELS_MAX + 1]; /* place in the order */
        } frontier;
    };
};

struct kind {
    const char *name, *about;
    uint32_t uses;                   /* USES() of options */
    uint64_t passes;                 /* if nothing else is said */
    uint64_t writes;                 /* likewise, a part */
    /* false: `why` is filled.  One array of all pages and a pass over it are there already. */
    bool (*set_up)(struct pattern *pattern, char *why, size_t bytes);
    void (*touch)(struct pattern *pattern, struct pattern_touch *touch);
};

/* ---- helpers -------------------------------------------------------------------------------- */

static bool refuse(char *why, size_t bytes, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool refuse(char *why, size_t bytes, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, bytes, format, args);
    va_end(args);
    return false;
}

/* Even but for 2^-32: bounds are below 2^32. */
static uint64_t draw(uint64_t *random, uint64_t bound)
{
    return (uint64_t)(((wide)random_next(random) * bound) >> 64);
}

static uint64_t of_32_bits(uint64_t part)
{
    return (part << 32) / PATTERN_ONE;
}

static uint64_t value_of(const struct pattern *pattern, enum pattern_option option)
{
    return pattern->spec.values[option];
}

/* Use `option`, with this value if none was given. */
static uint64_t open_option(struct pattern *pattern, enum pattern_option option, uint64_t value)
{
    if (!(pattern->spec.given & USES(option)))
        pattern->spec.values[option] = value;
    pattern->spec.given |= USES(option);
    return pattern->spec.values[option];
}

static bool make_order(struct pattern *pattern, char *why, size_t bytes)
{
    pattern->order = malloc(pattern->spec.pages * sizeof(*pattern->order));
    if (!pattern->order)
        return refuse(why, bytes, "no memory for %llu pages in random order",
                      (unsigned long long)pattern->spec.pages);
    for (uint64_t i = 0; i < pattern->spec.pages; i++)
        pattern->order[i] = (uint32_t)i;
    return true;
}

/* Fisher and Yates; with `cycle` Sattolo's, whose permutations are one cycle. */
static void shuffle(struct pattern *pattern, bool cycle)
{
    for (uint64_t i = pattern->spec.pages - 1; i > 0; i--) {
        uint64_t j = draw(&pattern->random, cycle ? i : i + 1);
        uint32_t held = pattern->order[i];

        pattern->order[i] = pattern->order[j];
        pattern->order[j] = held;
    }
}

static bool scatter(struct pattern *pattern, char *why, size_t bytes)
{
    if (!open_option(pattern, PATTERN_SCATTER, 0))
        return true;
    if (!make_order(pattern, why, bytes))
        return false;
    shuffle(pattern, false);
    return true;
}

static uint64_t place(const struct pattern *pattern, uint64_t page)
{
    return pattern->order ? pattern->order[page] : page;
}

/* ---- walks ---------------------------------------------------------------------------------- */

static void touch_in_order(struct pattern *pattern, struct pattern_touch *touch)
{
    touch->page = pattern->at;
}

static bool set_up_strided(struct pattern *pattern, char *why, size_t bytes)
{
    uint64_t pages = pattern->spec.pages;
    uint64_t stride = open_option(pattern, PATTERN_STRIDE, pages < 16 ? pages : 16);

    if (stride == 0 || stride > pages)
        return refuse(why, bytes, "the stride must be 1 .. %llu, the pages",
                      (unsigned long long)pages);
    return true;
}

/* Pages 0, s, 2 s .., then 1, 1 + s ..; the first pages % s of these walks are one longer. */
static void touch_strided(struct pattern *pattern, struct pattern_touch *touch)
{
    uint64_t stride = value_of(pattern, PATTERN_STRIDE), at = pattern->at;
    uint64_t walk = pattern->spec.pages / stride, longer = pattern->spec.pages % stride;
    uint64_t in_longer = longer * (walk + 1);

    if (at < in_longer)
        touch->page = at / (walk + 1) + at % (walk + 1) * stride;
    else
        touch->page = longer + (at - in_longer) / walk + (at - in_longer) % walk * stride;
}

static bool set_up_chase(struct pattern *pattern, char *why, size_t bytes)
{
    pattern->arrays[0].name = "list";
    if (!make_order(pattern, why, bytes))
        return false;
    shuffle(pattern, true);
    return true;
}

static void touch_chase(struct pattern *pattern, struct pattern_touch *touch)
{
    touch->page = pattern->chase.cursor;
    pattern->chase.cursor = pattern->order[touch->page];
}

static bool set_up_pingpong(struct pattern *pattern, char *why, size_t bytes)
{
    (void)why;
    (void)bytes;
    pattern->pass_accesses = 2 * pattern->spec.pages;
    return true;
}

static void touch_pingpong(struct pattern *pattern, struct pattern_touch *touch)
{
    bool device = pattern->at >= pattern->spec.pages;

    touch->page = pattern->at - (device ? pattern->spec.pages : 0);
    touch->turn = 2 * pattern->pass + device;
    touch->processor = device ? (int32_t)(pattern->pass % pattern->spec.devices) : -1;
}

/* ---- chance --------------------------------------------------------------------------------- */

static void touch_random(struct pattern *pattern, struct pattern_touch *touch)
{
    touch->page = draw(&pattern->random, pattern->spec.pages);
}

static bool set_up_zipf(struct pattern *pattern, char *why, size_t bytes)
{
    uint64_t theta = open_option(pattern, PATTERN_THETA, PATTERN_ONE);

    if (theta == 0 || theta >= 2 * (uint64_t)PATTERN_ONE)
        return refuse(why, bytes, "theta must be above 0 and below 2");
    pattern->zipf = malloc(sizeof(*pattern->zipf));
    if (!pattern->zipf)
        return refuse(why, bytes, "out of memory");
    zipf_init(pattern->zipf, pattern->spec.pages, theta);
    return scatter(pattern, why, bytes);
}

static void touch_zipf(struct pattern *pattern, struct pattern_touch *touch)
{
    touch->page = place(pattern, zipf_next(pattern->zipf, &pattern->random) - 1);
}

static bool set_up_hotcold(struct pattern *pattern, char *why, size_t bytes)
{
    uint64_t part = open_option(pattern, PATTERN_HOT, PATTERN_ONE / 10);
    uint64_t heat = open_option(pattern, PATTERN_HEAT, PATTERN_ONE / 10 * 9);

    if (part == 0 || part > PATTERN_ONE / 2)
        return refuse(why, bytes, "the hot part of the pages must be above 0 and at most 0.5");
    if (heat > PATTERN_ONE)
        return refuse(why, bytes, "the accesses of hot pages must be a part, 0 .. 1");
    if (pattern->spec.pages < 2)
        return refuse(why, bytes, "hot and cold need two pages at least");
    pattern->hotcold.hot = pattern->spec.pages * part / PATTERN_ONE;
    pattern->hotcold.hot += pattern->hotcold.hot == 0;
    pattern->hotcold.heat_below = of_32_bits(heat);
    return scatter(pattern, why, bytes);
}

/* Hot are the first pages of the first half, later those of the second half. */
static void touch_hotcold(struct pattern *pattern, struct pattern_touch *touch)
{
    uint64_t hot = pattern->hotcold.hot, pages = pattern->spec.pages;
    uint64_t first = pattern->done < pattern->total / 2 ? 0 : pages / 2, page;

    if (random_next(&pattern->random) >> 32 < pattern->hotcold.heat_below) {
        page = first + draw(&pattern->random, hot);
    } else {
        page = draw(&pattern->random, pages - hot);
        page += page >= first ? hot : 0;
    }
    touch->page = place(pattern, page);
}

/* ---- programs ------------------------------------------------------------------------------- */

/* Levels of 1, 4, 16 .. pages, what is left in the middle, and down again. */
static bool set_up_frontier(struct pattern *pattern, char *why, size_t bytes)
{
    uint64_t sizes[LEVELS_MAX], size = 1, left = pattern->spec.pages;
    unsigned ups = 0, level = 0;

    pattern->arrays[0].name = "graph";
    if (!make_order(pattern, why, bytes))
        return false;
    shuffle(pattern, false);
    for (; left >= 2 * size; size *= GROWTH) {
        sizes[ups++] = size;
        left -= 2 * size;
    }
    for (unsigned up = 0; up < ups; up++, level++)
        pattern->frontier.first[level + 1] = pattern->frontier.first[level] + sizes[up];
    if (left > 0) {
        pattern->frontier.first[level + 1] = pattern->frontier.first[level] + left;
        level++;
    }
    for (unsigned up = ups; up-- > 0; level++)
        pattern->frontier.first[level + 1] = pattern->frontier.first[level] + sizes[up];
    pattern->frontier.levels = level;
    pattern->pass_accesses = 2 * pattern->spec.pages - pattern->frontier.first[1];
    return true;
}

/* A level reads its pages, then writes those of the next. */
static void touch_frontier(struct pattern *pattern, struct pattern_touch *touch)
{
    const uint64_t *first = pattern->frontier.first;
    unsigned *level = &pattern->frontier.level, levels = pattern->frontier.levels;
    uint64_t start, at;

    if (pattern->at == 0)
        *level = 0;
    /* A level's touches start behind its predecessors' reads, and their writes from level 1 on. */
    while (*level + 1 < levels && pattern->at >= first[*level + 1] + first[*level + 2] - first[1])
        ++*level;
    start = first[*level] + (*level ? first[*level + 1] - first[1] : 0);
    at = pattern->at - start;
    touch->write = at >= first[*level + 1] - first[*level];
    touch->page = pattern->order[first[*level] + at];
    touch->turn = pattern->pass * levels + *level;
}

static bool set_up_stencil(struct pattern *pattern, char *why, size_t bytes)
{
    uint64_t fitting = pattern->spec.pages / 2 / 3, rows;
    uint64_t row = open_option(pattern, PATTERN_ROW, fitting > 8 ? 8 : fitting ? fitting : 1);

    if (row == 0 || pattern->spec.pages / 2 / row < 3)
        return refuse(why, bytes, "two grids of three rows of %llu pages do not fit in %llu pages",
                      (unsigned long long)row, (unsigned long long)pattern->spec.pages);
    rows = pattern->spec.pages / 2 / row;
    pattern->array_count = 2;
    pattern->arrays[1].name = "b";
    pattern->arrays[0].pages = pattern->arrays[1].pages = rows * row;
    pattern->stencil.row = row;
    pattern->stencil.rows = rows;
    pattern->pass_accesses = 4 * row * (rows - 2);
    return true;
}

/* Each inner row: reads the rows above, here and below of one grid, writes it in the other. */
static void touch_stencil(struct pattern *pattern, struct pattern_touch *touch)
{
    uint64_t row = pattern->stencil.row, inner = pattern->stencil.rows - 2;
    uint64_t y = pattern->at / (4 * row), at = pattern->at % (4 * row), part = at / row;

    touch->write = part == 3;
    touch->array = (uint32_t)(pattern->pass & 1) ^ (uint32_t)touch->write;
    touch->page = (y + (touch->write ? 1 : part)) * row + at % row;
    touch->turn = pattern->pass * pattern->spec.devices + y * pattern->spec.devices / inner;
    touch->processor = (int32_t)(touch->turn % pattern->spec.devices);
}

static bool set_up_gemm(struct pattern *pattern, char *why, size_t bytes)
{
    static const char *const names[] = {"a", "b", "c"};
    uint64_t tile = open_option(pattern, PATTERN_TILE, 1), side = 0, accesses;

    if (tile == 0 || pattern->spec.pages / 3 < tile)
        return refuse(why, bytes, "three tiles of %llu pages do not fit in %llu pages",
                      (unsigned long long)tile, (unsigned long long)pattern->spec.pages);
    while ((side + 1) * (side + 1) * tile <= pattern->spec.pages / 3)
        side++;
    pattern->array_count = 3;
    for (unsigned i = 0; i < 3; i++)
        pattern->arrays[i] = (struct pattern_array){names[i], side * side * tile};
    pattern->gemm.tiles = side;
    pattern->gemm.tile = tile;
    accesses = side * side * (2 * side + 1) * tile; /* below 2^32 (2^16 + 1) */
    pattern->pass_accesses = accesses;
    return true;
}

/*
 * For each tile (i, j) of c, row by row: for each k reads tile (i, k) of a, then tile (k, j) of b;
 * then writes the tile of c.  A row of tiles is a launch.
 */
static void touch_gemm(struct pattern *pattern, struct pattern_touch *touch)
{
    uint64_t tiles = pattern->gemm.tiles, tile = pattern->gemm.tile;
    uint64_t one = (2 * tiles + 1) * tile, at = pattern->at % one, step = at / tile;
    uint64_t i = pattern->at / one / tiles, j = pattern->at / one % tiles, k = step / 2;
    uint64_t row = step % 2 ? k : i, column = step % 2 ? j : k;

    touch->array = (uint32_t)(step % 2);
    if (step == 2 * tiles) {
        touch->array = 2;
        touch->write = true;
        row = i;
        column = j;
    }
    touch->page = (row * tiles + column) * tile + at % tile;
    touch->turn = pattern->pass * tiles + i;
}

/* ---- the patterns --------------------------------------------------------------------------- */

static const struct kind kinds[] = {
    {"sequential", "every page once, in order", USES(PATTERN_WRITES), 1, 0, NULL, touch_in_order},
    {"strided", "every --stride-th page, then those one further, until all were touched",
     USES(PATTERN_WRITES) | USES(PATTERN_STRIDE), 1, 0, set_up_strided, touch_strided},
    {"cyclic", "all pages in order, again and again", USES(PATTERN_WRITES), 10, 0, NULL,
     touch_in_order},
    {"random", "any page, all equally likely", USES(PATTERN_WRITES), 10, 0, NULL, touch_random},
    {"zipf", "page k with probability in proportion to k^-theta",
     USES(PATTERN_WRITES) | USES(PATTERN_THETA) | USES(PATTERN_SCATTER), 10, 0, set_up_zipf,
     touch_zipf},
    {"hotcold", "most accesses go to few pages; to others from the middle on",
     USES(PATTERN_WRITES) | USES(PATTERN_HOT) | USES(PATTERN_HEAT) | USES(PATTERN_SCATTER), 10, 0,
     set_up_hotcold, touch_hotcold},
    {"chase", "follows pointers along one random cycle through all pages", USES(PATTERN_WRITES),
     10, 0, set_up_chase, touch_chase},
    {"stencil", "five points of a grid, row by row, from one grid to another and back",
     USES(PATTERN_ROW), 10, 0, set_up_stencil, touch_stencil},
    {"frontier", "levels of scattered pages that grow and shrink, as in breadth-first search", 0,
     1, 0, set_up_frontier, touch_frontier},
    {"gemm", "c = a * b by tiles", USES(PATTERN_TILE), 1, 0, set_up_gemm, touch_gemm},
    {"pingpong", "the host writes every page, then a device does", USES(PATTERN_WRITES), 10,
     PATTERN_ONE, set_up_pingpong, touch_pingpong},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

bool pattern_name(size_t index, const char **name_out, const char **about_out)
{
    if (index >= KINDS)
        return false;
    *name_out = kinds[index].name;
    *about_out = kinds[index].about;
    return true;
}

const char *pattern_option_text(enum pattern_option option)
{
    static const char *const texts[] = {
#define PATTERN_OPTION_TEXT(name, text) [name] = text,
        PATTERN_OPTION_LIST(PATTERN_OPTION_TEXT)
#undef PATTERN_OPTION_TEXT
    };

    return texts[option];
}

static const struct kind *find(const char *name)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static bool refuse_name(const char *name, char *why, size_t bytes)
{
    size_t used = (size_t)snprintf(why, bytes, "there is no pattern '%.40s'; known are", name);

    for (size_t i = 0; i < KINDS && used < bytes; i++)
        used += (size_t)snprintf(why + used, bytes - used, "%s %s", i ? "," : "", kinds[i].name);
    return false;
}

static bool check(const struct pattern_spec *spec, const struct kind *kind, char *why,
                  size_t bytes)
{
    if (spec->pages == 0 || spec->pages > PATTERN_PAGES_MAX)
        return refuse(why, bytes, "pages must be 1 .. %u", PATTERN_PAGES_MAX);
    if (spec->accesses && spec->passes)
        return refuse(why, bytes, "accesses and passes both say how long; give one");
    if (spec->devices == 0 || spec->agents == 0)
        return refuse(why, bytes, "there must be a device, and an agent");
    for (unsigned option = 0; option < PATTERN_OPTION_COUNT; option++)
        if (spec->given & USES(option) & ~kind->uses)
            return refuse(why, bytes, "--%s means nothing to %s",
                          pattern_option_text((enum pattern_option)option), kind->name);
    return true;
}

static bool set_up(struct pattern *pattern, char *why, size_t bytes)
{
    struct pattern_spec *spec = &pattern->spec;

    pattern->arrays[0] = (struct pattern_array){"a", spec->pages};
    pattern->array_count = 1;
    pattern->pass_accesses = spec->pages;
    pattern->random = spec->seed;
    pattern->coins = ~spec->seed;
    if (!spec->accesses && !spec->passes)
        spec->passes = pattern->kind->passes;
    if (pattern->kind->uses & USES(PATTERN_WRITES)) {
        if (open_option(pattern, PATTERN_WRITES, pattern->kind->writes) > PATTERN_ONE)
            return refuse(why, bytes, "the part that writes must be 0 .. 1");
        pattern->write_below = of_32_bits(value_of(pattern, PATTERN_WRITES));
    }
    if (pattern->kind->set_up && !pattern->kind->set_up(pattern, why, bytes))
        return false;
    pattern->total = spec->accesses;
    if (!pattern->total &&
        __builtin_mul_overflow(pattern->pass_accesses, spec->passes, &pattern->total))
        return refuse(why, bytes, "these are more than 2^64 accesses; ask for fewer passes");
    return true;
}

static void sum_arrays(struct pattern *pattern)
{
    for (size_t i = 0; i < pattern->array_count; i++) {
        pattern->array_base[i] = pattern->pages;
        pattern->pages += pattern->arrays[i].pages;
    }
}

struct pattern *pattern_create(const struct pattern_spec *spec, char *why, size_t bytes)
{
    const struct kind *kind = find(spec->name);
    struct pattern *pattern;

    if (!kind) {
        refuse_name(spec->name, why, bytes);
        return NULL;
    }
    if (!check(spec, kind, why, bytes))
        return NULL;
    pattern = calloc(1, sizeof(*pattern));
    if (!pattern) {
        refuse(why, bytes, "out of memory");
        return NULL;
    }
    pattern->spec = *spec;
    pattern->spec.name = kind->name;
    pattern->kind = kind;
    if (!set_up(pattern, why, bytes)) {
        pattern_destroy(pattern);
        return NULL;
    }
    sum_arrays(pattern);
    return pattern;
}

void pattern_destroy(struct pattern *pattern)
{
    if (!pattern)
        return;
    free(pattern->order);
    free(pattern->zipf);
    free(pattern);
}

/* Each agent of a device has an even share of the pages. */
static uint32_t agent_of(const struct pattern *pattern, const struct pattern_touch *touch)
{
    uint64_t page = pattern->array_base[touch->array] + touch->page;
    uint32_t agents = pattern->spec.agents;

    if (touch->processor < 0)
        return 0;
    return 1 + (uint32_t)touch->processor * agents +
           (agents > 1 ? (uint32_t)(page * agents / pattern->pages) : 0);
}

static bool writes(struct pattern *pattern)
{
    if (pattern->write_below == 0 || pattern->write_below > UINT32_MAX)
        return pattern->write_below != 0;
    return random_next(&pattern->coins) >> 32 < pattern->write_below;
}

bool pattern_next(struct pattern *pattern, struct pattern_touch *touch_out)
{
    if (pattern->done == pattern->total)
        return false;
    *touch_out = (struct pattern_touch){.turn = pattern->pass, .processor = -2};
    pattern->kind->touch(pattern, touch_out);
    if (touch_out->processor == -2)
        touch_out->processor = (int32_t)(touch_out->turn % pattern->spec.devices);
    if (pattern->kind->uses & USES(PATTERN_WRITES))
        touch_out->write = writes(pattern);
    touch_out->agent = agent_of(pattern, touch_out);
    pattern->done++;
    if (++pattern->at == pattern->pass_accesses) {
        pattern->at = 0;
        pattern->pass++;
    }
    return true;
}

const struct pattern_spec *pattern_spec_of(const struct pattern *pattern)
{
    return &pattern->spec;
}

uint64_t pattern_accesses(const struct pattern *pattern)
{
    return pattern->total;
}

size_t pattern_arrays(const struct pattern *pattern, struct pattern_array out[PATTERN_ARRAYS_MAX])
{
    memcpy(out, pattern->arrays, sizeof(pattern->arrays));
    return pattern->array_count;
}
