/* SPDX-License-Identifier: MIT */
/*
 * hum-graph-debian - the Debian archive as a graph, from the text of apt's indices.
 * README.md describes the graph and its file; the script `debian` gets the indices.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "contents.h"
#include "packages.h"

struct options {
    const char *packages, *output;
    const char *contents[CONTENTS_MAX];
    unsigned contents_count;
    double scale;
};

static const char usage[] =
    "hum-graph-debian --packages FILE [--contents FILE]... --output FILE\n\n"
    "  --packages FILE   what `apt-cache dumpavail` prints\n"
    "  --contents FILE   a Contents index as text; may be given several times, may be a pipe\n"
    "  --scale F         keep this part of the files, 0 < F <= 1 (1); packages are all kept\n"
    "  --output FILE     the graph\n"
    "  --help            this text\n";

static void options_parse(int argc, char **argv, struct options *o)
{
    static const struct option known[] = {
        {"packages", required_argument, NULL, 'p'}, {"contents", required_argument, NULL, 'c'},
        {"scale", required_argument, NULL, 's'},    {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0},
    };
    int option;
    char *end;

    *o = (struct options){.scale = 1.0};
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'h') {
            fputs(usage, stdout);
            exit(0);
        } else if (option == 'p') {
            o->packages = optarg;
        } else if (option == 'o') {
            o->output = optarg;
        } else if (option == 's') {
            o->scale = strtod(optarg, &end);
            if (end == optarg || *end || !(o->scale > 0.0 && o->scale <= 1.0))
                builder_die("--scale must be above 0 and at most 1, not '%s'", optarg);
        } else if (option == 'c') {
            if (o->contents_count == CONTENTS_MAX)
                builder_die("more than %u Contents indices", CONTENTS_MAX);
            o->contents[o->contents_count++] = optarg;
        } else {
            exit(2);
        }
    }
    if (optind < argc || !o->packages || !o->output) {
        fputs(usage, stderr);
        exit(2);
    }
}

static FILE *input_open(const char *path)
{
    FILE *file = fopen(path, "re");

    if (!file)
        builder_die("%s cannot be opened: %s", path, strerror(errno));
    return file;
}

static void contents_convert(const struct options *o, struct packages *packages,
                             struct contents_totals *totals_out)
{
    FILE *streams[CONTENTS_MAX];

    for (unsigned i = 0; i < o->contents_count; i++)
        streams[i] = input_open(o->contents[i]);
    contents_read(streams, o->contents_count, o->scale, packages, totals_out);
    for (unsigned i = 0; i < o->contents_count; i++)
        fclose(streams[i]);
}

int main(int argc, char **argv)
{
    struct contents_totals totals;
    struct packages packages;
    struct builder builder;
    struct options options;
    FILE *stream;

    options_parse(argc, argv, &options);
    builder_open(&builder, options.output);
    packages_init(&packages, &builder);
    stream = input_open(options.packages);
    packages_read(&packages, stream);
    fclose(stream);
    contents_convert(&options, &packages, &totals);
    if (builder.nodes == 0)
        builder_die("the input names no package and no file");
    builder_finish(&builder);
    printf("nodes  %" PRIu64 " packages, %" PRIu64 " directories, %" PRIu64 " files\n",
           builder.nodes_of[GRAPH_PACKAGE], builder.nodes_of[GRAPH_DIRECTORY],
           builder.nodes_of[GRAPH_FILE]);
    printf("edges  %" PRIu64 " depends-on, %" PRIu64 " contains, %" PRIu64 " ships\n",
           packages.dependencies, totals.contains, totals.ships);
    if (totals.odd_lines)
        printf("left out  %" PRIu64 " lines without a path or a package\n", totals.odd_lines);
    packages_fini(&packages);
    return 0;
}
