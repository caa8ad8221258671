/* SPDX-License-Identifier: MIT */
/* board.c - memory for others to read. */
#include "os/board.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/range.h"
#include "base/status.h"

static enum hum_status make_memory(const char *name, struct humi_board *board)
{
    board->fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (board->fd < 0)
        return humi_fail_errno("memfd_create");
    if (ftruncate(board->fd, (off_t)board->bytes) != 0)
        return humi_fail_errno("ftruncate");
    void *memory =
        mmap(NULL, board->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, board->fd, 0);
    if (memory == MAP_FAILED)
        return humi_fail_errno("mmap");
    board->memory = memory;
    if (madvise(memory, board->bytes, MADV_DONTFORK) != 0)
        return humi_fail_errno("madvise");
    if (fcntl(board->fd, F_ADD_SEALS,
              F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) != 0)
        return humi_fail_errno("fcntl(F_ADD_SEALS)");
    return HUM_OK;
}

static enum hum_status make_watch(struct humi_board *board)
{
    char path[32];
    board->watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (board->watch_fd < 0)
        return humi_fail_errno("inotify_init1");
    snprintf(path, sizeof path, "/proc/self/fd/%d", board->fd);
    if (inotify_add_watch(board->watch_fd, path, IN_OPEN | IN_ACCESS) < 0)
        return humi_fail_errno("inotify_add_watch");
    return HUM_OK;
}

enum hum_status humi_board_open(const char *name, size_t bytes, struct humi_board *board_out)
{
    struct humi_board board = {
        .fd = -1, .watch_fd = -1, .bytes = humi_round_up(bytes, HUM_PAGE_SIZE)};
    enum hum_status status = make_memory(name, &board);
    if (status == HUM_OK)
        status = make_watch(&board);
    if (status != HUM_OK) {
        humi_board_close(&board);
        return status;
    }
    *board_out = board;
    return HUM_OK;
}

bool humi_board_was_read(const struct humi_board *board)
{
    _Alignas(struct inotify_event) char events[1024];
    bool any = false;
    while (read(board->watch_fd, events, sizeof events) > 0)
        any = true;
    return any;
}

void humi_board_close(struct humi_board *board)
{
    if (board->watch_fd >= 0)
        close(board->watch_fd);
    if (board->memory)
        munmap(board->memory, board->bytes);
    if (board->fd >= 0)
        close(board->fd);
    *board = (struct humi_board){.fd = -1, .watch_fd = -1};
}
