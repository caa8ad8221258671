/* SPDX-License-Identifier: MIT */
/* frames_message.h - what `hum-emu --frames` answers; with one descriptor if status is HUM_OK. */
#ifndef HUMI_OS_FRAMES_MESSAGE_H
#define HUMI_OS_FRAMES_MESSAGE_H

#include <stdint.h>

struct humi_frames_message {
    int32_t status;
    char text[252]; /* why there are no huge pages */
};

#endif
