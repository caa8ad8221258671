/* SPDX-License-Identifier: MIT */
/*
 * lock.h - locks of a program that has one thread: there are none.
 *
 * Found before base/lock.h by the sources that are compiled for replays alone (README.md beside),
 * after which nobody else ever takes the locks that they make.
 */
#ifndef HUMI_MODEL_ALONE_LOCK_H
#define HUMI_MODEL_ALONE_LOCK_H

#include_next "base/lock.h"

#define humi_lock(lock) ((void)(lock))
#define humi_lock_try(lock) ((void)(lock), true)
#define humi_unlock(lock) ((void)(lock))
#define humi_rwlock_read(lock) ((void)(lock))
#define humi_rwlock_write(lock) ((void)(lock))
#define humi_rwlock_unlock(lock) ((void)(lock))

#endif
