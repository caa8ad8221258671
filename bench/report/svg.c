/* SPDX-License-Identifier: MIT */
/*
 * svg.c - the timeline and the heat maps as one static picture; see output.h
 *
 * The picture has a column for a few pixels, not for a bin, and equal neighbours are one rectangle,
 * so it stays below a megabyte.  Colours: Okabe and Ito's, which colour-blind readers tell apart.
 */
#include <inttypes.h>
#include <string.h>

#include "command/text.h"
#include "report/output.h"

enum { LEFT = 130, WIDTH = 960, RIGHT = 40, COLUMNS = 320, ROWS = 128, CELL_HEIGHT = 2 };

static const char *const processor_colour[] = {"#0072b2", "#d55e00", "#009e73",
                                               "#56b4e9", "#e69f00", "#cc79a7"};
static const char several_colour[] = "#7a5195";
/* Kernels have other ones; more than these share the last. */
static const char *const kernel_colour[] = {"#00866a", "#c2689a", "#9a7500",
                                            "#3b93c9", "#4f5a66", "#c3c9d1"};
#define KERNEL_COLOURS (sizeof(kernel_colour) / sizeof(kernel_colour[0]))

static const char *colour_of(int processor)
{
    unsigned colours = sizeof(processor_colour) / sizeof(processor_colour[0]);

    if (processor == HUM_HOST)
        return processor_colour[0];
    return processor_colour[1 + (unsigned)processor % (colours - 1)];
}

static const char *kernel_fill(uint32_t row)
{
    return kernel_colour[row - 1 < KERNEL_COLOURS ? row - 1 : KERNEL_COLOURS - 1];
}

static void write_escaped(const char *text, FILE *out)
{
    for (; *text; text++)
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        default:
            fputc((unsigned char)*text < ' ' ? '?' : *text, out);
        }
}

static void write_label(int x, int y, const char *anchor, const char *text, FILE *out)
{
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">", x, y, anchor);
    write_escaped(text, out);
    fputs("</text>\n", out);
}

static void write_legend(int x, int y, const char *colour, const char *text, FILE *out)
{
    fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"10\" height=\"10\" fill=\"%s\"/>\n", x, y - 9,
            colour);
    write_label(x + 15, y, "start", text, out);
}

/* ---- timeline ------------------------------------------------------------------------------- */

/* Bars of one series above or below a line. */
static void write_bars(const uint64_t *column, uint64_t most, int y, int height, bool down,
                       const char *colour, FILE *out)
{
    fprintf(out, "<path fill=\"%s\" d=\"", colour);
    for (unsigned i = 0; i < COLUMNS; i++) {
        double size = (double)column[i] / (double)most * height;

        if (column[i])
            fprintf(out, "M%d %dh%dv%.1fh-%dz", LEFT + (int)i * WIDTH / COLUMNS, y, WIDTH / COLUMNS,
                    down ? size : -size, WIDTH / COLUMNS);
    }
    fputs("\"/>\n", out);
}

static uint64_t columns_of(const struct timeline *t, enum series series,
                           uint64_t column_out[COLUMNS])
{
    uint64_t most = 0;

    memset(column_out, 0, COLUMNS * sizeof(*column_out));
    for (uint32_t bin = 0; bin < t->bins; bin++)
        column_out[(uint64_t)bin * COLUMNS / t->bins] += t->sum[series][bin];
    for (unsigned i = 0; i < COLUMNS; i++)
        if (column_out[i] > most)
            most = column_out[i];
    return most;
}

struct pair {
    const char *title, *up_text, *down_text;
    enum series up, down;
    bool bytes;
};

static int write_pair(const struct report_model *model, const struct pair *pair, int y, FILE *out)
{
    enum { HALF = 50 };
    uint64_t up[COLUMNS], down[COLUMNS];
    uint64_t most = columns_of(&model->timeline, pair->up, up);
    uint64_t other = columns_of(&model->timeline, pair->down, down);

    if (other > most)
        most = other;
    if (!most)
        most = 1;
    write_label(LEFT - 10, y + HALF - 8, "end", pair->title, out);
    write_label(LEFT - 10, y + 10, "end", pair->bytes ? text_bytes(most).s : text_count(most).s,
                out);
    write_legend(LEFT, y - 6, processor_colour[1], pair->up_text, out);
    write_legend(LEFT + 220, y - 6, processor_colour[0], pair->down_text, out);
    write_bars(up, most, y + HALF, HALF, false, processor_colour[1], out);
    write_bars(down, most, y + HALF, HALF, true, processor_colour[0], out);
    fprintf(out, "<path class=\"axis\" d=\"M%d %dh%d\"/>\n", LEFT, y + HALF, WIDTH);
    return y + 2 * HALF + 36;
}

static void write_lane(const struct report_model *model, int device, int y, FILE *out)
{
    const struct timeline *t = &model->timeline;
    const struct lane *lane = &t->lane[device];
    char name[72];

    write_label(LEFT - 10, y + 14, "end", report_processor_name(model, device, name, sizeof(name)),
                out);
    for (uint32_t bin = 0, end; bin < t->bins; bin = end) {
        uint16_t kernel = lane->kernel[bin];

        for (end = bin + 1; end < t->bins && lane->kernel[end] == kernel; end++)
            ;
        if (!kernel || (uint64_t)(end - bin) * 4 * WIDTH < t->bins)
            continue; /* less than a quarter of a pixel */
        fprintf(out, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"18\" fill=\"%s\"><title>",
                LEFT + (double)bin * WIDTH / t->bins, y, (double)(end - bin) * WIDTH / t->bins,
                kernel_fill(kernel));
        write_escaped(report_kernel_name(model, kernel), out);
        fputs("</title></rect>\n", out);
    }
}

static int write_lanes(const struct report_model *model, int y, FILE *out)
{
    uint32_t kernels = model->ledger.kernels - 1;

    for (uint32_t row = 1; row <= kernels && row <= KERNEL_COLOURS; row++)
        write_legend(LEFT + (int)(row - 1) * 160, y - 6, kernel_fill(row),
                     row == KERNEL_COLOURS && kernels > KERNEL_COLOURS
                         ? "other kernels"
                         : report_kernel_name(model, row),
                     out);
    for (int d = 0; d < HUM_DEVICES_MAX; d++)
        if (model->timeline.lane[d].kernel) {
            write_lane(model, d, y, out);
            y += 24;
        }
    return y + 30;
}

/* ---- heat maps ------------------------------------------------------------------------------ */

/* What a cell of the picture shows: a processor, several, or nothing. */
enum { SHOW_SEVERAL = -2, SHOW_NOTHING = -3 };

static int touched_by(uint16_t by)
{
    if (!by)
        return SHOW_NOTHING;
    return by & (by - 1) ? SHOW_SEVERAL : __builtin_ctz(by) - 1;
}

static int shown(const struct heat *heat, bool holders, unsigned row, unsigned column)
{
    uint32_t first = row * heat->rows / ROWS, last = column * heat->columns / COLUMNS;
    uint32_t row_end = (row + 1) * heat->rows / ROWS;
    uint32_t column_end = (column + 1) * heat->columns / COLUMNS;
    uint16_t by = 0;

    if (holders) {
        uint8_t holder = heat->holder[(size_t)first * heat->columns + last];

        return holder == HOLDER_NOBODY ? SHOW_NOTHING : holder - HOLDER_HOST - 1;
    }
    for (uint32_t r = first; r < row_end || r == first; r++)
        for (uint32_t c = last; c < column_end || c == last; c++)
            by |= heat->by[(size_t)r * heat->columns + c];
    return touched_by(by);
}

static void write_heat_row(const struct heat *heat, bool holders, unsigned row, int y, FILE *out)
{
    for (unsigned column = 0, end; column < COLUMNS; column = end) {
        int show = shown(heat, holders, row, column);

        for (end = column + 1; end < COLUMNS && shown(heat, holders, row, end) == show; end++)
            ;
        if (show == SHOW_NOTHING)
            continue;
        fprintf(out, "<path fill=\"%s\" d=\"M%d %dh%dv%dh-%dz\"/>\n",
                show == SHOW_SEVERAL ? several_colour : colour_of(show),
                LEFT + (int)column * WIDTH / COLUMNS, y + (int)row * CELL_HEIGHT,
                (int)(end - column) * WIDTH / COLUMNS, CELL_HEIGHT,
                (int)(end - column) * WIDTH / COLUMNS);
    }
}

static void write_heat_legend(const struct report_model *model, bool holders, int y, FILE *out)
{
    int x = LEFT + 380;
    char name[72];

    for (int p = HUM_HOST; p < HUM_DEVICES_MAX && x < LEFT + WIDTH - 120; p++)
        if (model->has_processor[p + 1]) {
            write_legend(x, y, colour_of(p), report_processor_name(model, p, name, sizeof(name)),
                         out);
            x += 90;
        }
    if (!holders)
        write_legend(x, y, several_colour, "several", out);
}

static int write_heat(const struct report_model *model, bool holders, int y, FILE *out)
{
    const char *title = holders                     ? "address against time: who held the pages"
                        : model->heat.from_accesses ? "address against time: who touched (accesses)"
                                                    : "address against time: who faulted";
    uint64_t end = model->pages.axis_pages;

    write_label(LEFT, y - 6, "start", title, out);
    write_heat_legend(model, holders, y - 6, out);
    if (!model->heat.rows)
        return y + 30;
    fprintf(out, "<g shape-rendering=\"crispEdges\">\n");
    for (unsigned row = 0; row < ROWS; row++)
        write_heat_row(&model->heat, holders, row, y, out);
    fputs("</g>\n", out);
    fprintf(out, "<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", LEFT, y,
            WIDTH, ROWS * CELL_HEIGHT);
    write_label(LEFT - 10, y + 10, "end",
                text_hex(report_address(model, pages_at(&model->pages, 0))).s, out);
    write_label(LEFT - 10, y + ROWS * CELL_HEIGHT, "end",
                text_hex(report_address(model, pages_at(&model->pages, end - 1))).s, out);
    return y + ROWS * CELL_HEIGHT + 40;
}

static void write_times(const struct report_model *model, int y, FILE *out)
{
    for (int i = 0; i <= 4; i++)
        write_label(LEFT + i * WIDTH / 4, y,
                    i == 4 ? "end"
                    : i    ? "middle"
                           : "start",
                    text_time((double)(model->end_ns - model->start_ns) * 1e-9 * i / 4).s, out);
}

static int picture_height(const struct report_model *model)
{
    int height = 70 + 2 * 136 + 30 + 2 * (ROWS * CELL_HEIGHT + 40);

    for (int d = 0; d < HUM_DEVICES_MAX; d++)
        height += model->timeline.lane[d].kernel ? 24 : 0;
    return height;
}

bool report_print_svg(const struct report_model *model, FILE *out)
{
    static const struct pair faults = {
        "faults", "device faults", "host faults", SERIES_FAULTS_DEVICE, SERIES_FAULTS_HOST, false};
    static const struct pair bytes = {"bytes",          "bytes to the device", "bytes to the host",
                                      SERIES_BYTES_H2D, SERIES_BYTES_D2H,      true};
    int height = picture_height(model), y = 70;

    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
            "height=\"%d\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n"
            "<title>hum report</title>\n"
            "<style>text{fill:#333}.axis{stroke:#999}.frame{fill:none;stroke:#999}</style>\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
            LEFT + WIDTH + RIGHT, height, LEFT + WIDTH + RIGHT, height);
    fputs("<g font-size=\"15\" font-weight=\"bold\">", out);
    write_label(LEFT, 26, "start", model->space.program, out);
    fputs("</g>\n", out);
    y = write_lanes(model, y, out);
    y = write_pair(model, &faults, y, out);
    y = write_pair(model, &bytes, y, out);
    y = write_heat(model, false, y, out);
    y = write_heat(model, true, y, out);
    write_times(model, y - 22, out);
    fputs("</svg>\n", out);
    return !ferror(out);
}
