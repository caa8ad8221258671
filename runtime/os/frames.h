/* SPDX-License-Identifier: MIT */
/*
 * frames.h - a sparse file whose pages are the frames of one processor.
 *
 * The frame of space offset X is at file offset X.  Absent frames cost nothing.
 *
 *     huge     an unlinked file on a private tmpfs mounted with huge=always: frames come as 2 MiB
 *              pages without any system configuration.  Only a process of its own may make the
 *              namespaces that the mount needs, so `hum-emu --frames` does it and sends the
 *              descriptor.
 *     small    a memfd: 4 KiB frames.  Taken when not asked for huge, or where namespaces, the
 *              mount, or huge pages of shared memory are forbidden.
 *
 * Threads: back and drop from any thread; open and close by the owner.
 */
#ifndef HUMI_OS_FRAMES_H
#define HUMI_OS_FRAMES_H

#include <hum/hum.h>

struct humi_frames {
    int fd;
    bool huge; /* frames are 2 MiB pages; seen, not hoped */
};

/*
 * A file of `bytes`.  With huge, tries for huge pages first and logs why there are none.
 * `emu` is the path of hum-emu; NULL: small frames.
 */
HUM_MUST_USE enum hum_status humi_frames_open(size_t bytes, bool huge, const char *emu,
                                              struct humi_frames *frames_out);
void humi_frames_close(struct humi_frames *frames);

/* Make the frames of [offset, +bytes) present, new ones zero.  HUM_ERR_NO_MEMORY: none was made. */
HUM_MUST_USE enum hum_status humi_frames_back(const struct humi_frames *frames, size_t offset,
                                              size_t bytes);

/* Free the frames of [offset, +bytes); every mapping of them in every process ends. */
void humi_frames_drop(const struct humi_frames *frames, size_t offset, size_t bytes);

/* The whole work of `hum-emu --frames`: answer on descriptor 3.  Returns the exit status. */
int humi_frames_helper(void);

#endif
