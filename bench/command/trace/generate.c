/* SPDX-License-Identifier: MIT */
/*
 * generate.c - hum trace generate: a trace of a made-up program that touches pages in a pattern.
 *
 * Time counts accesses, as nanoseconds.  Every turn of a pattern is a launch, except the host's.
 * Arrays begin at blocks, as allocations do.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command/trace/patterns.h"
#include "command/trace/tool.h"

#define KERNEL 1u                    /* of device 0; the others' follow */
#define AGENTS_MAX 65536

static const char help_options[] =
    "\n"
    "How much, where 4K is 4096 pages or accesses (also M, G, T):\n"
    "  -p, --pages=N      footprint in pages of 4 KiB (1024)\n"
    "  -n, --accesses=N   stop after this many\n"
    "  -P, --passes=N     or after this many rounds; how many else is up to the pattern\n"
    "\n"
    "How:\n"
    "  -s, --seed=N       of everything random (1); the same seed gives the same trace\n"
    "  -w, --writes=F     part of the accesses that write (0; pingpong 1)\n"
    "  -S, --stride=N     strided: pages (16, or all if they are fewer)\n"
    "  -t, --theta=T      zipf: above 0, below 2 (1)\n"
    "  -H, --hot=F        hotcold: part of the pages that is hot (0.1)\n"
    "  -e, --heat=F       hotcold: part of the accesses that goes there (0.9)\n"
    "  -x, --scatter      zipf, hotcold: popular pages lie anywhere, not side by side\n"
    "  -r, --row=N        stencil: pages of a row (8, or as many as fit)\n"
    "  -T, --tile=N       gemm: pages of a tile (1)\n"
    "  -d, --devices=N    launches go round them (1)\n"
    "  -a, --agents=N     of each device; each has an even share of the pages (1)\n"
    "  -o, --output=OUT   the trace to write\n"
    "  -h, --help         this text\n";

struct generator {
    struct pattern *pattern;
    struct hum_trace_writer *out;
    struct trace_problem *problem;
    uint64_t first_page[PATTERN_ARRAYS_MAX];
    uint64_t time;
    struct hum_trace_record held;    /* an access not written yet; count 0: none */
    uint32_t held_array;
    struct hum_trace_record launch;  /* that goes on; device < 0: none */
    uint64_t launches, turn;         /* made so far; of the touch before */
};

static void print_help(void)
{
    const char *name, *about;

    fputs("Usage: hum trace generate PATTERN [options] -o OUT\n"
          "\n"
          "Makes the trace of a program that touches pages in a pattern; the same one each time,\n"
          "on every machine.\n"
          "\n"
          "Patterns:\n",
          stdout);
    for (size_t i = 0; pattern_name(i, &name, &about); i++)
        printf("  %-12s%s\n", name, about);
    fputs(help_options, stdout);
}

/* ---- what things are ------------------------------------------------------------------------ */

static bool put(struct generator *generator, const struct hum_trace_record *record)
{
    return hum_trace_put(generator->out, record) == HUM_OK ||
           trace_problem_hum(generator->problem);
}

/* "16", "0.99", "yes" */
static void value_text(enum pattern_option option, uint64_t value, char *text, size_t bytes)
{
    bool part = option == PATTERN_WRITES || option == PATTERN_THETA || option == PATTERN_HOT ||
                option == PATTERN_HEAT;
    size_t end;

    if (!part) {
        snprintf(text, bytes, "%llu", (unsigned long long)value);
        return;
    }
    end = (size_t)snprintf(text, bytes, "%llu.%09llu", (unsigned long long)(value / PATTERN_ONE),
                           (unsigned long long)(value % PATTERN_ONE));
    while (text[end - 1] == '0')
        text[--end] = '\0';
    if (text[end - 1] == '.')
        text[--end] = '\0';
}

static bool put_setting(struct generator *generator, const char *key, const char *value)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_SETTING};

    snprintf(record.setting.key, sizeof(record.setting.key), "%s", key);
    snprintf(record.setting.value, sizeof(record.setting.value), "%s", value);
    return put(generator, &record);
}

/* The command line that makes this trace again, nothing left open. */
static void command_line(const struct pattern_spec *spec, char *text, size_t bytes)
{
    size_t used = (size_t)snprintf(
        text, bytes, "hum trace generate %s --pages %llu --%s %llu --seed %llu --devices %u"
        " --agents %u", spec->name, (unsigned long long)spec->pages,
        spec->accesses ? "accesses" : "passes",
        (unsigned long long)(spec->accesses ? spec->accesses : spec->passes),
        (unsigned long long)spec->seed, spec->devices, spec->agents);

    for (unsigned option = 0; option < PATTERN_OPTION_COUNT; option++) {
        const char *name = pattern_option_text((enum pattern_option)option);
        char value[32];

        if (!(spec->given >> option & 1) || used >= bytes)
            continue;
        value_text((enum pattern_option)option, spec->values[option], value, sizeof(value));
        if (option != PATTERN_SCATTER)
            used += (size_t)snprintf(text + used, bytes - used, " --%s %s", name, value);
        else if (spec->values[option])
            used += (size_t)snprintf(text + used, bytes - used, " --%s", name);
    }
}

static bool put_settings(struct generator *generator)
{
    const struct pattern_spec *spec = pattern_spec_of(generator->pattern);
    char line[256], number[32];

    command_line(spec, line, sizeof(line));
    if (!put_setting(generator, "generator", line) ||
        !put_setting(generator, "accesses", "exact") ||
        !put_setting(generator, "pattern", spec->name))
        return false;
    snprintf(number, sizeof(number), "%llu", (unsigned long long)spec->seed);
    if (!put_setting(generator, "seed", number))
        return false;
    for (unsigned option = 0; option < PATTERN_OPTION_COUNT; option++) {
        if (!(spec->given >> option & 1))
            continue;
        value_text((enum pattern_option)option, spec->values[option], number, sizeof(number));
        if (!put_setting(generator, pattern_option_text((enum pattern_option)option), number))
            return false;
    }
    return true;
}

static bool put_processors(struct generator *generator)
{
    const struct pattern_spec *spec = pattern_spec_of(generator->pattern);

    for (int32_t processor = HUM_HOST; processor < (int32_t)spec->devices; processor++) {
        bool host = processor == HUM_HOST;
        struct hum_trace_record record = {
            .kind = HUM_TRACE_PROCESSOR,
            .processor = {.processor = processor, .workers = host ? 0 : spec->agents}};

        snprintf(record.processor.kind, sizeof(record.processor.kind), host ? "host" : "emu");
        if (host)
            snprintf(record.processor.name, sizeof(record.processor.name), "host");
        else
            snprintf(record.processor.name, sizeof(record.processor.name), "emu%d",
                     (int)processor);
        if (!put(generator, &record))
            return false;
    }
    return true;
}

static bool put_kernels(struct generator *generator)
{
    const struct pattern_spec *spec = pattern_spec_of(generator->pattern);

    for (uint32_t device = 0; device < spec->devices; device++) {
        struct hum_trace_record record = {
            .kind = HUM_TRACE_KERNEL,
            .kernel = {.kernel = KERNEL + device, .device = (int32_t)device}};

        snprintf(record.kernel.name, sizeof(record.kernel.name), "%s", spec->name);
        if (!put(generator, &record))
            return false;
    }
    return true;
}

static uint64_t in_blocks(uint64_t pages)
{
    uint64_t blocks = (pages + HUM_PAGES_PER_BLOCK - 1) / HUM_PAGES_PER_BLOCK;

    return blocks * HUM_PAGES_PER_BLOCK;
}

static bool put_space(struct generator *generator, uint64_t pages)
{
    struct hum_trace_record record = {
        .kind = HUM_TRACE_SPACE, .space = {.start = 0, .bytes = pages * HUM_PAGE_SIZE}};

    command_line(pattern_spec_of(generator->pattern), record.space.program,
                 sizeof(record.space.program));
    return put(generator, &record);
}

static bool put_head(struct generator *generator)
{
    struct pattern_array arrays[PATTERN_ARRAYS_MAX];
    size_t count = pattern_arrays(generator->pattern, arrays);
    uint64_t end = 0;

    for (size_t i = 0; i < count; i++) {
        generator->first_page[i] = end;
        end += in_blocks(arrays[i].pages);
    }
    if (!put_space(generator, end) || !put_settings(generator) || !put_processors(generator))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct hum_trace_record record = {
            .kind = HUM_TRACE_REGION,
            .region = {.region = (uint32_t)i + 1,
                       .first_page = generator->first_page[i],
                       .bytes = arrays[i].pages * HUM_PAGE_SIZE}};

        snprintf(record.region.name, sizeof(record.region.name), "%s", arrays[i].name);
        if (!put(generator, &record))
            return false;
    }
    return put_kernels(generator);
}

/* ---- what happens --------------------------------------------------------------------------- */

static bool put_held(struct generator *generator)
{
    if (generator->held.access.count == 0)
        return true;
    if (!put(generator, &generator->held))
        return false;
    generator->held.access.count = 0;
    return true;
}

/* End the turn: its accesses, then its launch, which has the time when it began. */
static bool end_turn(struct generator *generator)
{
    struct hum_trace_launch *launch = &generator->launch.launch;

    if (!put_held(generator))
        return false;
    if (launch->device < 0)
        return true;
    launch->end_ns = generator->time;
    launch->count = generator->time - launch->submit_ns;
    return put(generator, &generator->launch);
}

static void begin_turn(struct generator *generator, const struct pattern_touch *touch)
{
    struct hum_trace_record *launch = &generator->launch;

    generator->turn = touch->turn;
    memset(launch, 0, sizeof(*launch));
    launch->kind = HUM_TRACE_LAUNCH;
    launch->time_ns = launch->launch.submit_ns = generator->time;
    launch->launch.device = touch->processor;
    if (touch->processor < 0)
        return;
    launch->launch.launch = ++generator->launches;
    launch->launch.kernel = KERNEL + (uint32_t)touch->processor;
}

/* The held access becomes one that has this touch too; false: it cannot. */
static bool join(struct generator *generator, const struct pattern_touch *touch, uint64_t page)
{
    struct hum_trace_access *held = &generator->held.access;

    if (held->count == 0 || held->agent != touch->agent || held->write != touch->write ||
        generator->held_array != touch->array)
        return false;
    if (held->count == 1 && held->first_page + held->pages == page && held->pages < UINT32_MAX) {
        held->pages++;
        return true;
    }
    if (held->pages == 1 && held->first_page == page && held->count < UINT32_MAX) {
        held->count++;
        return true;
    }
    return false;
}

static bool take(struct generator *generator, const struct pattern_touch *touch)
{
    uint64_t page = generator->first_page[touch->array] + touch->page;
    bool launched = touch->processor >= 0;

    if (generator->time == 0 || touch->turn != generator->turn) {
        if (generator->time > 0 && !end_turn(generator))
            return false;
        begin_turn(generator, touch);
    }
    if (!join(generator, touch, page)) {
        if (!put_held(generator))
            return false;
        generator->held.time_ns = generator->time;
        generator->held_array = touch->array;
        generator->held.access = (struct hum_trace_access){
            .agent = touch->agent,
            .processor = touch->processor,
            .kernel = launched ? KERNEL + (uint32_t)touch->processor : 0,
            .launch = launched ? generator->launches : 0,
            .first_page = page,
            .pages = 1,
            .count = 1,
            .write = touch->write};
    }
    generator->time++;
    return true;
}

static bool generate(struct pattern *pattern, struct hum_trace_writer *out,
                     struct trace_problem *problem)
{
    struct generator generator = {.pattern = pattern,
                                  .out = out,
                                  .problem = problem,
                                  .held = {.kind = HUM_TRACE_ACCESS}};
    struct pattern_touch touch;

    if (!put_head(&generator))
        return false;
    while (pattern_next(pattern, &touch))
        if (!take(&generator, &touch))
            return false;
    return end_turn(&generator);
}

/* ---- the command line ----------------------------------------------------------------------- */

/* "0.99" as billionths; digits beyond the ninth are refused. */
static bool parse_part(const char *text, uint64_t *part_out)
{
    uint64_t part = 0, digits = strspn(text, "0123456789"), unit = PATTERN_ONE;
    const char *at = text + digits;

    if (digits == 0 || digits > 3)
        return false;
    for (const char *digit = text; digit < at; digit++)
        part = part * 10 + (uint64_t)(*digit - '0');
    part *= PATTERN_ONE;
    if (*at == '.' && at[1])
        for (at++; *at >= '0' && *at <= '9' && unit > 1; at++) {
            unit /= 10;
            part += unit * (uint64_t)(*at - '0');
        }
    *part_out = part;
    return *at == '\0';
}

static bool set_value(struct pattern_spec *spec, enum pattern_option option, uint64_t value)
{
    spec->values[option] = value;
    spec->given |= 1u << option;
    return true;
}

/* The number of an option; what is no option is 'false' as well. */
static bool parse_option(struct pattern_spec *spec, int option, const char *text)
{
    size_t size = 0;
    unsigned long number = 0;
    uint64_t part = 0;

    switch (option) {
    case 'p': return command_parse_size(text, &size) && (spec->pages = size) > 0;
    case 'n': return command_parse_size(text, &size) && (spec->accesses = size) > 0;
    case 'P': return command_parse_size(text, &size) && (spec->passes = size) > 0;
    case 'S': return command_parse_size(text, &size) && set_value(spec, PATTERN_STRIDE, size);
    case 'r': return command_parse_size(text, &size) && set_value(spec, PATTERN_ROW, size);
    case 'T': return command_parse_size(text, &size) && set_value(spec, PATTERN_TILE, size);
    case 'w': return parse_part(text, &part) && set_value(spec, PATTERN_WRITES, part);
    case 't': return parse_part(text, &part) && set_value(spec, PATTERN_THETA, part);
    case 'H': return parse_part(text, &part) && set_value(spec, PATTERN_HOT, part);
    case 'e': return parse_part(text, &part) && set_value(spec, PATTERN_HEAT, part);
    case 'x': return set_value(spec, PATTERN_SCATTER, 1);
    default: break;
    }
    if (!command_parse_number(text, option == 's' ? 0 : 1,
                              option == 's'   ? UINT64_MAX
                              : option == 'd' ? HUM_DEVICES_MAX
                                              : AGENTS_MAX,
                              &number))
        return false;
    if (option == 's')
        spec->seed = number;
    else if (option == 'd')
        spec->devices = (uint32_t)number;
    else
        spec->agents = (uint32_t)number;
    return true;
}

static const struct option long_options[] = {
    {"pages", required_argument, NULL, 'p'},
    {"accesses", required_argument, NULL, 'n'},
    {"passes", required_argument, NULL, 'P'},
    {"seed", required_argument, NULL, 's'},
    {"writes", required_argument, NULL, 'w'},
    {"stride", required_argument, NULL, 'S'},
    {"theta", required_argument, NULL, 't'},
    {"hot", required_argument, NULL, 'H'},
    {"heat", required_argument, NULL, 'e'},
    {"scatter", no_argument, NULL, 'x'},
    {"row", required_argument, NULL, 'r'},
    {"tile", required_argument, NULL, 'T'},
    {"devices", required_argument, NULL, 'd'},
    {"agents", required_argument, NULL, 'a'},
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char *long_name(int option)
{
    for (const struct option *at = long_options; at->name; at++)
        if (at->val == option)
            return at->name;
    return "";
}

static void say_wrong(int option, const char *text)
{
    static const char fractions[] = "wtHe", sizes[] = "pnPSrT";
    char takes[64];

    if (strchr(fractions, option))
        snprintf(takes, sizeof(takes), "a fraction such as 0.25");
    else if (strchr(sizes, option))
        snprintf(takes, sizeof(takes), "a number above 0, such as 4096 or 64K");
    else if (option == 's')
        snprintf(takes, sizeof(takes), "a number");
    else
        snprintf(takes, sizeof(takes), "1 to %d", option == 'd' ? HUM_DEVICES_MAX : AGENTS_MAX);
    command_say("trace generate", "--%s takes %s, not '%.40s'", long_name(option), takes, text);
}

/* -1: go on, else the exit status. */
static int parse(int argc, char **argv, struct pattern_spec *spec, const char **out)
{
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "p:n:P:s:w:S:t:H:e:xr:T:d:a:o:h", long_options,
                                 NULL)) != -1) {
        if (option == 'h') {
            print_help();
            return EXIT_SUCCESS;
        }
        if (option == '?')
            return command_usage("trace generate");
        if (option == 'o') {
            *out = optarg;
        } else if (!parse_option(spec, option, optarg)) {
            say_wrong(option, optarg);
            return command_usage("trace generate");
        }
    }
    return -1;
}

static int generate_file(struct pattern *pattern, const char *out)
{
    struct trace_problem problem;
    struct trace_output output;
    bool good = trace_output_trace(&output, out, &problem);

    if (good)
        good = trace_output_close(&output, generate(pattern, output.writer, &problem), &problem);
    if (!good)
        command_say("trace generate", "%s", problem.text);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(int argc, char **argv)
{
    struct pattern_spec spec = {.pages = 1024, .seed = 1, .devices = 1, .agents = 1};
    const char *out = NULL;
    struct pattern *pattern;
    char why[256];
    int status = parse(argc, argv, &spec, &out);

    if (status >= 0)
        return status;
    if (optind + 1 != argc || !out) {
        command_say("trace generate",
                    out ? "one pattern is named; --help lists them" : "-o OUT is missing");
        return command_usage("trace generate");
    }
    spec.name = argv[optind];
    pattern = pattern_create(&spec, why, sizeof(why));
    if (!pattern) {
        command_say("trace generate", "%s", why);
        return command_usage("trace generate");
    }
    status = generate_file(pattern, out);
    pattern_destroy(pattern);
    return status;
}

const struct command trace_generate = {"generate", "accesses in a pattern: cyclic, zipf, gemm",
                                       run};
