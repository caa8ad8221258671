/* SPDX-License-Identifier: MIT */
/* test_graph.c - the graph reader trusts nothing; graphs made of graphs are what they should be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph_make.h"
#include "graph_parts.h"
#include "random.h"
#include "support/test.h"

#define MUTATIONS 5000u
#define SEED 3u

/* 0 -> 1, 2;  1 -> 2;  2 -> (none);  3 -> 0, 3 */
static uint64_t small_offsets[] = {0, 2, 3, 3, 5};
static uint32_t small_targets[] = {1, 2, 2, 0, 3};
static uint8_t small_kinds[] = {GRAPH_PACKAGE, GRAPH_DIRECTORY, GRAPH_FILE, GRAPH_PACKAGE};
static const struct graph small = {.nodes = 4, .edges = 5, .offsets = small_offsets,
                                   .targets = small_targets, .kinds = small_kinds};

static char path[] = "/tmp/hum-test-graph-XXXXXX";

static int make_path(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

static void file_put(const void *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

/* The file of the small graph as bytes. */
static size_t small_bytes(unsigned char *bytes, size_t room)
{
    struct graph_error error;
    size_t count;
    FILE *file;

    assert_true(graph_write(path, &small, &error));
    file = fopen(path, "rb");
    assert_non_null(file);
    count = fread(bytes, 1, room, file);
    assert_true(count < room);
    fclose(file);
    return count;
}

static void assert_graphs_equal(const struct graph *a, const struct graph *b)
{
    assert_int_equal(a->nodes, b->nodes);
    assert_int_equal(a->edges, b->edges);
    assert_memory_equal(a->offsets, b->offsets, (a->nodes + 1) * sizeof *a->offsets);
    assert_memory_equal(a->targets, b->targets, a->edges * sizeof *a->targets);
}

/* What graph_read() promises. */
static bool is_sound(const struct graph *g)
{
    if (g->nodes == 0 || g->offsets[0] != 0 || g->offsets[g->nodes] != g->edges)
        return false;
    for (uint64_t v = 0; v < g->nodes; v++) {
        if (g->offsets[v + 1] < g->offsets[v] || (g->kinds && g->kinds[v] >= GRAPH_KIND_COUNT))
            return false;
    }
    for (uint64_t e = 0; e < g->edges; e++) {
        if (g->targets[e] >= g->nodes)
            return false;
    }
    return true;
}

/* ---- the file -------------------------------------------------------------------------------- */

static void written_graph_is_read_back(void **state)
{
    struct graph_error error;
    struct graph graph;

    (void)state;
    assert_true(graph_write(path, &small, &error));
    assert_true(graph_read(path, &graph, &error));
    assert_graphs_equal(&graph, &small);
    assert_memory_equal(graph.kinds, small.kinds, small.nodes);
    graph_free(&graph);
}

static void graph_without_kinds_is_read_back(void **state)
{
    struct graph bare = small, graph;
    struct graph_error error;

    (void)state;
    bare.kinds = NULL;
    assert_true(graph_write(path, &bare, &error));
    assert_true(graph_read(path, &graph, &error));
    assert_graphs_equal(&graph, &small);
    assert_null(graph.kinds);
    graph_free(&graph);
}

static void every_truncation_is_refused(void **state)
{
    unsigned char bytes[512];
    size_t count = small_bytes(bytes, sizeof bytes);
    struct graph untouched = {.nodes = 77}, graph = untouched;
    struct graph_error error;

    (void)state;
    for (size_t cut = 0; cut < count; cut++) {
        file_put(bytes, cut);
        assert_false(graph_read(path, &graph, &error));
        assert_memory_equal(&graph, &untouched, sizeof graph);
    }
    bytes[count] = 0;
    file_put(bytes, count + 1);
    assert_false(graph_read(path, &graph, &error));
}

/* One number of the file replaced, and a word of the sentence that says so. */
static void wrong_numbers_are_named(void **state)
{
    static const struct {
        size_t at, size;
        uint64_t value;
        const char *says;
    } cases[] = {
        {0, 1, 'h', "not a graph file"},
        {8, 4, 2, "version 2"},
        {12, 4, 0x04030201, "byte order"},
        {16, 8, 0, "claims 0 nodes"},
        {16, 8, UINT64_C(1) << 32, "claims 4294967296 nodes"},
        {16, 8, UINT64_MAX, "claims 18446744073709551615 nodes"},
        {16, 8, GRAPH_NODES_MAX, "truncated"},
        {24, 8, GRAPH_EDGES_MAX, "truncated"},
        {24, 8, UINT64_MAX, "claims 18446744073709551615 edges"},
        {24, 8, UINT64_C(0x4000000000000005), "claims"},
        {32, 4, 2, "has_kinds is 2"},
        {32, 4, 0, "its header calls for"},
        {60, 4, 1, "reserved"},
        {64, 8, 1, "offset 0 is 1"},
        {72, 8, 4, "offsets fall behind node 1"},
        {72, 8, UINT64_MAX, "offsets fall behind node 1"},
        {96, 8, 4, "the last offset is 4"},
        {96, 8, UINT64_MAX, "the last offset is"},
        {104, 4, 4, "edge 0 points at node 4"},
        {120, 4, UINT32_MAX, "edge 4 points at node 4294967295"},
        {124, 1, 3, "node 0 has kind 3"},
    };
    unsigned char good[512], bytes[512];
    size_t count = small_bytes(good, sizeof good);
    struct graph_error error;
    struct graph graph;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        memcpy(bytes, good, count);
        memcpy(bytes + cases[i].at, &cases[i].value, cases[i].size);
        file_put(bytes, count);
        assert_false(graph_read(path, &graph, &error));
        if (!strstr(error.text, cases[i].says))
            fail_msg("case %zu says: %s", i, error.text);
    }
}

static void damaged_files_are_refused_or_sound(void **state)
{
    unsigned char good[512], bytes[512];
    size_t count = small_bytes(good, sizeof good);
    struct graph_error error;
    uint64_t random = SEED;
    struct graph graph;

    (void)state;
    for (unsigned i = 0; i < MUTATIONS; i++) {
        size_t changes = 1 + random_next(&random) % 4;

        memcpy(bytes, good, count);
        while (changes-- > 0)
            bytes[8 + random_next(&random) % (count - 8)] = (unsigned char)random_next(&random);
        file_put(bytes, count);
        if (!graph_read(path, &graph, &error))
            continue;
        assert_true(is_sound(&graph));
        graph_free(&graph);
    }
}

static void what_is_no_file_is_refused(void **state)
{
    struct graph_error error;
    struct graph graph;

    (void)state;
    assert_false(graph_read("/nowhere/at/all.csr", &graph, &error));
    assert_non_null(strstr(error.text, "cannot be opened"));
    assert_false(graph_read("/dev/zero", &graph, &error));
    assert_non_null(strstr(error.text, "not a regular file"));
    assert_false(graph_read("/tmp", &graph, &error));
    assert_false(graph_write("/nowhere/at/all.csr", &small, &error));
    assert_non_null(strstr(error.text, "cannot be written"));
}

/* ---- graphs from graphs ---------------------------------------------------------------------- */

static void transposed_edges_are_turned_round(void **state)
{
    static uint64_t offsets[] = {0, 1, 2, 4, 5};
    static uint32_t targets[] = {3, 0, 0, 1, 3};
    struct graph want = {.nodes = 4, .edges = 5, .offsets = offsets, .targets = targets};
    struct graph transposed, again;

    (void)state;
    assert_true(graph_transpose(&small, &transposed));
    assert_graphs_equal(&transposed, &want);
    assert_true(graph_transpose(&transposed, &again));
    assert_graphs_equal(&again, &small);
    graph_free(&transposed);
    graph_free(&again);
}

static void symmetrised_rows_are_both_rows(void **state)
{
    static uint64_t offsets[] = {0, 3, 5, 7, 10};
    static uint32_t targets[] = {1, 2, 3, 2, 0, 0, 1, 0, 3, 3};
    struct graph want = {.nodes = 4, .edges = 10, .offsets = offsets, .targets = targets};
    struct graph transposed, both;

    (void)state;
    assert_true(graph_transpose(&small, &transposed));
    assert_true(graph_symmetrise(&small, &transposed, &both));
    assert_graphs_equal(&both, &want);
    graph_free(&transposed);
    graph_free(&both);
}

static void generated_graphs_are_sound_and_repeat(void **state)
{
    static const uint64_t sizes[] = {1, 2, 3, 100, 1024, 5000};
    struct graph a, b;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        assert_true(graph_generate(sizes[i], 8, 5, &a));
        assert_true(graph_generate(sizes[i], 8, 5, &b));
        assert_int_equal(a.nodes, sizes[i]);
        assert_int_equal(a.edges, 8 * sizes[i]);
        assert_true(is_sound(&a));
        assert_graphs_equal(&a, &b);
        graph_free(&a);
        graph_free(&b);
    }
}

static int number_compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* How many targets the nodes have, in rising order. */
static uint64_t *degrees_sorted(const struct graph *g)
{
    uint64_t *degrees = malloc(g->nodes * sizeof *degrees);

    assert_non_null(degrees);
    for (uint64_t v = 0; v < g->nodes; v++)
        degrees[v] = g->offsets[v + 1] - g->offsets[v];
    qsort(degrees, g->nodes, sizeof *degrees, number_compare);
    return degrees;
}

static void assert_same_degrees(const struct graph *a, const struct graph *b)
{
    uint64_t *x = degrees_sorted(a), *y = degrees_sorted(b);

    assert_memory_equal(x, y, a->nodes * sizeof *x);
    free(x);
    free(y);
}

/* The same edges between other numbers: each node keeps its degrees, and hubs are not first. */
static void kronecker_graphs_are_rmat_renumbered(void **state)
{
    struct graph plain, kron, plain_in, kron_in;

    (void)state;
    for (unsigned scale = 0; scale <= 12; scale += 4) {
        assert_true(graph_generate(UINT64_C(1) << scale, GRAPH_KRONECKER_DEGREE, 5, &plain));
        assert_true(graph_kronecker(scale, 5, &kron));
        assert_int_equal(kron.nodes, UINT64_C(1) << scale);
        assert_int_equal(kron.edges, UINT64_C(16) << scale);
        assert_true(is_sound(&kron));
        assert_same_degrees(&plain, &kron);
        assert_true(graph_transpose(&plain, &plain_in) && graph_transpose(&kron, &kron_in));
        assert_same_degrees(&plain_in, &kron_in);
        assert_true(scale < 8 || graph_busiest(&kron) != graph_busiest(&plain));
        graph_free(&plain);
        graph_free(&kron);
        graph_free(&plain_in);
        graph_free(&kron_in);
    }
}

/* Of every bit of source and target together: .57 .19 .19 .05, within 5 standard deviations. */
static void edges_fall_into_quarters_as_graph500_says(void **state)
{
    static const double want[4] = {.57, .19, .19, .05};
    const unsigned levels = 14;
    double count[4] = {0}, all;
    struct graph g;

    (void)state;
    assert_true(graph_generate(UINT64_C(1) << levels, 16, 11, &g));
    for (uint64_t v = 0; v < g.nodes; v++) {
        for (uint64_t e = g.offsets[v]; e < g.offsets[v + 1]; e++) {
            for (unsigned bit = 0; bit < levels; bit++)
                count[(v >> bit & 1) << 1 | (g.targets[e] >> bit & 1)]++;
        }
    }
    all = (double)g.edges * levels;
    for (unsigned quarter = 0; quarter < 4; quarter++) {
        double off = count[quarter] - all * want[quarter];
        assert_true(off * off <= 25 * all * want[quarter] * (1 - want[quarter]));
    }
    graph_free(&g);
}

/* ---- parts ----------------------------------------------------------------------------------- */

/* Parts cover all rows in order, fit, and hold the rows. */
static void assert_parts_hold(const struct graph *g, const struct graph_parts *parts, size_t max)
{
    char *image = calloc(1, parts->image_bytes);
    uint32_t *degrees = calloc(g->nodes, sizeof *degrees);
    uint64_t row = 0;

    assert_non_null(image);
    assert_non_null(degrees);
    for (uint64_t v = 0; v < g->nodes; v++)
        degrees[v] = (uint32_t)v;
    graph_parts_fill(parts, g, degrees, image);
    for (size_t i = 0; i < parts->count; i++) {
        const struct graph_part *part = &parts->parts[i];
        const char *at = image + part->start;

        assert_int_equal(part->first, row);
        assert_true(part->bytes <= max && part->start + part->bytes <= parts->image_bytes);
        assert_memory_equal(at, g->offsets + row, (part->count + 1) * sizeof *g->offsets);
        assert_memory_equal(at + part->degrees_at, degrees + row, part->count * sizeof *degrees);
        assert_memory_equal(at + part->targets_at, g->targets + part->edge_base,
                            part->edges * sizeof *g->targets);
        row += part->count;
        assert_int_equal(part->edge_base + part->edges, g->offsets[row]);
    }
    assert_int_equal(row, g->nodes);
    free(image);
    free(degrees);
}

static void parts_cover_the_graph(void **state)
{
    static const size_t room[] = {4096, 5000, 10000, 100000, (size_t)1 << 30};
    struct graph_parts parts;
    struct graph graph;

    (void)state;
    assert_true(graph_generate(1000, 8, 9, &graph));
    for (size_t i = 0; i < COUNT_OF(room); i++) {
        assert_true(graph_parts_cut(&graph, true, room[i], &parts));
        assert_parts_hold(&graph, &parts, room[i]);
        assert_true((parts.count == 1) == (room[i] >= 100000));
        graph_parts_free(&parts);
    }
    assert_false(graph_parts_cut(&graph, true, 64, &parts));
    graph_free(&graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_graph_is_read_back),
        cmocka_unit_test(graph_without_kinds_is_read_back),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(wrong_numbers_are_named),
        cmocka_unit_test(damaged_files_are_refused_or_sound),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(transposed_edges_are_turned_round),
        cmocka_unit_test(symmetrised_rows_are_both_rows),
        cmocka_unit_test(generated_graphs_are_sound_and_repeat),
        cmocka_unit_test(kronecker_graphs_are_rmat_renumbered),
        cmocka_unit_test(edges_fall_into_quarters_as_graph500_says),
        cmocka_unit_test(parts_cover_the_graph),
    };

    return cmocka_run_group_tests(tests, make_path, remove_path);
}
