/* SPDX-License-Identifier: MIT */
/*
 * screen.c - the full screen of `hum top`, with ncurses.
 *
 *      host [||||||||             1.2G/8.0G]   hotspot (4711), up 0:01:12
 *      emu0 [|||||||||||||||||||  62M/64.0M]   policy ahead, link pcie3x16 (modelled)
 *                                              faults ...
 *      [Regions]  Kernels                      sorted by rate
 *      REGION      ...                         one row each, scrolled
 *      F1Help  TabTable  ...
 */
#include "command/top/screen.h"

#include <curses.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command/command.h"
#include "command/text.h"

#define PATIENCE_MS 700u /* for one look: keys wait meanwhile */
#define DELAY_MS_MIN 100u
#define DELAY_MS_MAX 60000u
#define METERS_MAX 16

enum { PAIR_LOW = 1, PAIR_MID, PAIR_HIGH, PAIR_HEAD, PAIR_NOTE };

struct screen {
    const struct top_places *places;
    unsigned place;              /* which of them */
    unsigned delay_ms;
    enum top_table table;
    enum top_order order;
    bool reverse, paused, helping, quit, colour;
    int scroll;                  /* first row shown */
    int rows_shown;
    enum top_result result;      /* of the last look */
    unsigned long looks;
    struct humi_live_page page;
    struct top_view view;
};

static volatile sig_atomic_t ended_by; /* a signal */

static void on_signal(int signal)
{
    ended_by = signal;
}

bool top_screen_exists(void)
{
    return true;
}

/* ---- drawing -------------------------------------------------------------------------------- */

static void put(int y, int x, int width, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Text cut to the width, and to the screen. */
static void put(int y, int x, int width, const char *format, ...)
{
    char text[512];
    va_list args;

    if (y < 0 || y >= LINES || x < 0 || x >= COLS)
        return;
    if (width > COLS - x)
        width = COLS - x;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    mvaddnstr(y, x, text, width);
}

static void paint(const struct screen *screen, int pair, bool on)
{
    if (screen->colour)
        (on ? attr_on : attr_off)((attr_t)COLOR_PAIR(pair), NULL);
}

/* "62.0M" */
static struct text short_bytes(double bytes)
{
    static const char units[] = "BKMGTPE";
    struct text text;
    unsigned unit = 0;

    for (; bytes >= 1024 && units[unit + 1]; unit++)
        bytes /= 1024;
    snprintf(text.s, sizeof(text.s), "%.*f%c", unit && bytes < 100 ? 1 : 0, bytes, units[unit]);
    return text;
}

/* name [|||||||        62.0M/64.0M], as in htop.  Without a capacity the bar stays empty. */
static void draw_meter(const struct screen *screen, int y, int width,
                       const struct humi_live_processor *processor)
{
    char inside[256], note[80];
    int room = width - 10, filled = 0;

    if (room > (int)sizeof(inside) - 1)
        room = (int)sizeof(inside) - 1;
    if (room < 8)
        return;
    if (processor->capacity_bytes) {
        double share = (double)processor->resident_bytes / (double)processor->capacity_bytes;
        filled = share >= 1 ? room : (int)(share * room + 0.5);
    }
    int length = snprintf(note, sizeof(note), "%s%s/%s", processor->lost ? "lost " : "",
                          short_bytes((double)processor->resident_bytes).s,
                          processor->capacity_bytes
                              ? short_bytes((double)processor->capacity_bytes).s
                              : "-");
    memset(inside, ' ', (size_t)room);
    memset(inside, '|', (size_t)filled);
    inside[room] = '\0';
    if (length <= room)
        memcpy(inside + room - length, note, (size_t)length);
    put(y, 0, 7, "%6.6s ", processor->name);
    put(y, 7, 1, "[");
    int pair = filled * 10 >= room * 9 ? PAIR_HIGH : filled * 10 >= room * 6 ? PAIR_MID : PAIR_LOW;
    paint(screen, pair, true);
    put(y, 8, filled, "%s", inside);
    paint(screen, pair, false);
    put(y, 8 + filled, room - filled, "%s", inside + filled);
    put(y, 8 + room, 1, "]");
}

static unsigned running(const struct humi_live_page *page)
{
    unsigned sum = 0;

    for (unsigned p = 0; p < page->processors; p++)
        sum += page->processor[p].running;
    return sum;
}

static void draw_note(const struct screen *screen, int y, int x)
{
    const char *trouble = top_result_text(screen->result);

    paint(screen, PAIR_NOTE, true);
    if (trouble)
        put(y, x, COLS, "%s", trouble);
    else if (screen->paused)
        put(y, x, COLS, "paused: space goes on");
    else
        put(y, x, COLS, "every %.1f s", screen->delay_ms / 1000.0);
    if (screen->places->count > 1)
        printw("   space %u of %u (s: next)", screen->place + 1, screen->places->count);
    paint(screen, PAIR_NOTE, false);
}

static int draw_facts(const struct screen *screen, int x)
{
    const struct humi_live_page *page = &screen->view.now;
    struct top_rates rates = top_view_rates(&screen->view);
    uint64_t up = (page->time_ns - page->open_ns) / 1000000000u;
    int y = 5;

    put(0, x, COLS, "%s (%ld), up %lu:%02lu:%02lu", page->program,
        (long)screen->places->place[screen->place].pid, (unsigned long)(up / 3600),
        (unsigned long)(up / 60 % 60), (unsigned long)(up % 60));
    put(1, x, COLS, "policy %s%s%s%s", page->policy, *page->link ? ", link " : "", page->link,
        *page->link ? " (modelled)" : "");
    put(2, x, COLS, "faults %s/s host, %s/s devices", text_number(rates.faults_host).s,
        text_number(rates.faults_device).s);
    put(3, x, COLS, "moved  %s/s to devices, %s/s back, %s/s between",
        short_bytes(rates.bytes[HUM_H2D]).s, short_bytes(rates.bytes[HUM_D2H]).s,
        short_bytes(rates.bytes[HUM_D2D]).s);
    put(4, x, COLS, "%s launches, %u running, %s regions", text_count(page->launches).s,
        running(page), text_count(page->regions).s);
    if (page->sample_ppm)
        put(y++, x, COLS, "sampling %.2g %% of the time, at most %.2g %%, %s samples/s",
            rates.sample_ns / 1e7, page->sample_ppm / 1e4, text_number(rates.samples).s);
    draw_note(screen, y, x);
    return y + 1;
}

/* Meters to the left, facts to the right; on a narrow screen below.  The next free line. */
static int draw_head(const struct screen *screen)
{
    const struct humi_live_page *page = &screen->view.now;
    int meters = (int)page->processors, room = LINES / 2 > 6 ? LINES / 2 : 6, facts;

    meters = meters < room ? meters : room;
    for (int p = 0; p < meters; p++)
        draw_meter(screen, p, COLS / 2, &page->processor[p]);
    facts = draw_facts(screen, COLS / 2 + 2);
    return (meters > facts ? meters : facts) + 1;
}

static void draw_region(const struct screen *screen, int y, const struct top_row *row)
{
    const struct humi_live_page *page = &screen->view.now;
    char shares[METERS_MAX * 6 + 1] = "";

    for (unsigned p = 0; p < page->processors && p < 4; p++) {
        double share = row->bytes ? 100.0 * (double)row->resident_bytes[p] / (double)row->bytes : 0;
        snprintf(shares + p * 6, 7, " %4.0f%%", share > 100 ? 100 : share);
    }
    put(y, 0, COLS, "%6u %-20.20s %7s %8s %9s %9s %8s %9s%s", row->id,
        *row->name ? row->name : "-", short_bytes((double)row->bytes).s,
        text_number(row->fault_rate).s, short_bytes(row->moved_rate).s,
        text_count(row->faults).s, short_bytes((double)row->moved_bytes).s,
        text_time((double)row->cost_ns * 1e-9).s, shares);
}

static void draw_kernel(const struct screen *screen, int y, const struct top_row *row)
{
    const struct humi_live_page *page = &screen->view.now;

    put(y, 0, COLS, "%6.6s %-20.20s %9s %9s %5.0f%% %8s %9s %9s %8s %9s",
        row->device == HUM_HOST ? "-" : page->processor[row->device + 1].name, row->name,
        text_count(row->launches).s, text_number(row->launch_rate).s, row->busy * 1e-7,
        text_number(row->fault_rate).s, short_bytes(row->moved_rate).s, text_count(row->faults).s,
        short_bytes((double)row->moved_bytes).s, text_time((double)row->cost_ns * 1e-9).s);
}

static void draw_titles(const struct screen *screen, int y)
{
    const struct humi_live_page *page = &screen->view.now;
    bool regions = screen->table == TOP_REGIONS;

    put(y, 0, COLS, " %s %s   sorted by %s%s", regions ? "[Regions]" : " Regions ",
        regions ? " Kernels " : "[Kernels]", top_order_text(screen->order),
        screen->reverse ? ", other way round" : "");
    attr_on(A_REVERSE, NULL);
    paint(screen, PAIR_HEAD, true);
    put(y + 1, 0, COLS, "%*s", COLS, "");
    if (regions) {
        put(y + 1, 0, COLS, "%6s %-20s %7s %8s %9s %9s %8s %9s", "NUMBER", "REGION", "SIZE",
            "FAULTS/s", "MOVED/s", "FAULTS", "MOVED", "SERVING");
        for (unsigned p = 0; p < page->processors && p < 4; p++)
            put(y + 1, 83 + (int)p * 6, 6, " %5.5s", page->processor[p].name);
    } else {
        put(y + 1, 0, COLS, "%6s %-20s %9s %9s %6s %8s %9s %9s %8s %9s", "DEVICE", "KERNEL",
            "LAUNCHES", "LAUNCH/s", "BUSY", "FAULTS/s", "MOVED/s", "FAULTS", "MOVED", "TIME");
    }
    paint(screen, PAIR_HEAD, false);
    attr_off(A_REVERSE, NULL);
}

static void draw_rows(struct screen *screen, int y)
{
    int last, rows = (int)screen->view.rows;

    screen->rows_shown = LINES - 1 - y > 0 ? LINES - 1 - y : 0;
    last = rows - screen->rows_shown;
    if (screen->scroll > last)
        screen->scroll = last;
    if (screen->scroll < 0)
        screen->scroll = 0;
    for (int i = 0; i < screen->rows_shown && screen->scroll + i < rows; i++) {
        const struct top_row *row = &screen->view.row[screen->scroll + i];

        if (screen->table == TOP_REGIONS)
            draw_region(screen, y + i, row);
        else
            draw_kernel(screen, y + i, row);
    }
}

static void draw_foot(const struct screen *screen)
{
    static const char *const keys[][2] = {
        {"F1", "Help"}, {"Tab", "Table"},    {"P", "Rate"}, {"F", "Faults"}, {"M", "Bytes"},
        {"T", "Cost"},  {"Space", "Pause"}, {"+-", "Delay"}, {"F10", "Quit"},
    };

    if (LINES < 2)
        return;
    move(LINES - 1, 0);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (getcurx(stdscr) + 14 > COLS)
            return;
        printw("%s", keys[i][0]);
        attr_on(A_REVERSE, NULL);
        paint(screen, PAIR_HEAD, true);
        printw("%-6s", keys[i][1]);
        paint(screen, PAIR_HEAD, false);
        attr_off(A_REVERSE, NULL);
    }
}

static void draw_help(void)
{
    static const char *const lines[] = {
        "hum top: what a running program does with its space",
        "",
        "  Tab              regions or kernels",
        "  P F M T N        sort by rate, faults, bytes moved, cost, name",
        "  I                the other way round",
        "  arrows, pages    scroll; Home and End",
        "  space            pause",
        "  + -              look less often, more often",
        "  s                next space of the program",
        "  F1 h ?           this text",
        "  F10 q            quit",
        "",
        "Bars: memory with a current copy / capacity.  Rates: since the look before.",
        "Cost of a region: serving its faults; of a kernel: running.",
        "Shares of a region: how much of it each processor has; copies count for each.",
        "",
        "Any key goes back.",
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        put((int)i, 0, COLS, "%s", lines[i]);
}

static void draw(struct screen *screen)
{
    erase();
    if (screen->helping) {
        draw_help();
    } else {
        int y = draw_head(screen);

        top_view_sort(&screen->view, screen->table, screen->order, screen->reverse);
        draw_titles(screen, y);
        draw_rows(screen, y + 2);
        draw_foot(screen);
    }
    refresh();
}

/* ---- looking -------------------------------------------------------------------------------- */

static void look(struct screen *screen)
{
    screen->result = top_read(&screen->places->place[screen->place], PATIENCE_MS, &screen->page);
    screen->looks++;
    if (screen->result == TOP_READ)
        top_view_add(&screen->view, &screen->page);
}

static void next_space(struct screen *screen)
{
    screen->place = (screen->place + 1) % screen->places->count;
    screen->view.looks = 0;
    look(screen);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void change_delay(struct screen *screen, bool longer)
{
    unsigned ms = longer ? screen->delay_ms * 2 : screen->delay_ms / 2;

    screen->delay_ms = ms < DELAY_MS_MIN ? DELAY_MS_MIN : ms > DELAY_MS_MAX ? DELAY_MS_MAX : ms;
}

static void scroll_by_key(struct screen *screen, int key)
{
    switch (key) {
    case KEY_UP:
        screen->scroll--;
        break;
    case KEY_DOWN:
        screen->scroll++;
        break;
    case KEY_PPAGE:
        screen->scroll -= screen->rows_shown;
        break;
    case KEY_NPAGE:
        screen->scroll += screen->rows_shown;
        break;
    case KEY_HOME:
        screen->scroll = 0;
        break;
    case KEY_END:
        screen->scroll = (int)screen->view.rows;
        break;
    default:
        break;
    }
}

static void handle(struct screen *screen, int key)
{
    if (key == 'q' || key == 'Q' || key == KEY_F(10)) {
        screen->quit = true;
    } else if (key == KEY_RESIZE) {
        return; /* drawn again in any case */
    } else if (screen->helping) {
        screen->helping = false;
    } else if (key == KEY_F(1) || key == 'h' || key == '?') {
        screen->helping = true;
    } else if (key == '\t') {
        screen->table = screen->table == TOP_REGIONS ? TOP_KERNELS : TOP_REGIONS;
        screen->scroll = 0;
    } else if (key == ' ' || key == 'Z') {
        screen->paused = !screen->paused;
    } else if (key == '+' || key == '-') {
        change_delay(screen, key == '+');
    } else if (key == 'i' || key == 'I') {
        screen->reverse = !screen->reverse;
    } else if (key == 's' || key == 'S') {
        next_space(screen);
    } else if (!top_order_of_key(key, &screen->order)) {
        scroll_by_key(screen, key);
    }
}

/* ---- the loop ------------------------------------------------------------------------------- */

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Keys until it is time to look again. */
static void serve_keys(struct screen *screen)
{
    uint64_t start = now_ms(), now = start;

    while (!screen->quit && !ended_by && now - start < screen->delay_ms) {
        uint64_t left = screen->delay_ms - (now - start);
        int key;

        timeout((int)left);
        key = getch();
        if (key != ERR) {
            handle(screen, key);
            draw(screen);
        }
        now = now_ms();
        if (key == ERR && now - start < left && ended_by == 0) {
            /* woken early without a key: the terminal has gone */
            struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
            if (poll(&in, 1, 0) > 0 && (in.revents & (POLLHUP | POLLERR | POLLNVAL)))
                screen->quit = true;
        }
    }
}

static bool lives(const struct screen *screen)
{
    return screen->result == TOP_READ || screen->result == TOP_SILENT;
}

static void show(struct screen *screen, unsigned long looks_max)
{
    while (!screen->quit && !ended_by && lives(screen)) {
        draw(screen);
        if (looks_max && screen->looks >= looks_max)
            return;
        serve_keys(screen);
        if (!screen->paused && !screen->quit && !ended_by)
            look(screen);
    }
}

static void start_colours(struct screen *screen)
{
    const char *none = getenv("NO_COLOR");

    screen->colour = has_colors() && !(none && *none);
    if (!screen->colour)
        return;
    start_color();
    use_default_colors();
    init_pair(PAIR_LOW, COLOR_GREEN, -1);
    init_pair(PAIR_MID, COLOR_YELLOW, -1);
    init_pair(PAIR_HIGH, COLOR_RED, -1);
    init_pair(PAIR_HEAD, COLOR_CYAN, -1);
    init_pair(PAIR_NOTE, COLOR_CYAN, -1);
}

/* False: the terminal cannot show one. */
static bool start(struct screen *screen)
{
    struct sigaction action = {.sa_handler = on_signal};
    SCREEN *terminal = newterm(NULL, stdout, stdin);

    if (!terminal) {
        const char *name = getenv("TERM");
        command_say("top", "the terminal '%s' cannot show a screen: use --batch or set TERM",
                    name ? name : "");
        return false;
    }
    sigaction(SIGINT, &action, NULL); /* after newterm(), which has handlers of its own */
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    start_colours(screen);
    cbreak();
    noecho();
    set_escdelay(50);
    keypad(stdscr, TRUE);
    curs_set(0);
    return true;
}

static int finish(const struct screen *screen)
{
    const struct top_place *place = &screen->places->place[screen->place];

    if (!lives(screen))
        command_say("top", "program %ld %s", (long)place->pid, top_result_text(screen->result));
    return screen->result == TOP_FOREIGN || !screen->view.looks ? EXIT_FAILURE : EXIT_SUCCESS;
}

int top_screen(const struct top_places *places, const struct top_screen_options *options)
{
    struct screen *screen = calloc(1, sizeof(*screen));
    int status;

    if (!screen) {
        command_say("top", "no memory");
        return EXIT_FAILURE;
    }
    screen->places = places;
    screen->delay_ms = options->delay_ms;
    screen->order = options->order;
    for (unsigned tries = 0; tries < 8 && !screen->view.looks; tries++)
        look(screen);
    if (screen->view.looks) {
        if (!start(screen)) {
            free(screen);
            return EXIT_FAILURE;
        }
        show(screen, options->looks_max);
        endwin();
    }
    status = finish(screen);
    if (!screen->view.looks && screen->result == TOP_SILENT)
        command_say("top", "program %ld %s", (long)places->place[0].pid,
                    top_result_text(TOP_SILENT));
    free(screen);
    return status;
}
