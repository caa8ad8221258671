/* SPDX-License-Identifier: MIT */
/*
 * hooks.c - what kernel modules built for exact recording call at each load and store.
 *
 * The compiler inserts the calls (-fsanitize=thread) and leaves every atomic operation to them, so
 * those are done here, always sequentially consistent.  No sanitizer runtime is linked: this file
 * is all there is, and hum-emu exports it (hooks.list).  Memory functions are called under the
 * names that `--wrap` of the linker or the compiler gives them.
 *
 * A hook is called before the access that it tells of.  The access itself happens in the kernel,
 * or for atomics and memory functions here, and may fault or be the last thing the kernel does.
 */
#include <string.h>

#include "device/emu/process/process.h"
#include "device/emu/process/tally.h"
#include "device/emu/process/touch.h"

#define HOOK __attribute__((visibility("default")))
#define LINE UINT64_C(64)

/* bytes 0 while no kernel runs */
static __thread struct humi_touch_table table = {.epoch = HUMI_TOUCH_EPOCH};

__thread struct humi_tally humi_tally;

/* ---- a worker's recording -------------------------------------------------------------------- */

void humi_hooks_start(unsigned worker)
{
    if (humi_device.touches)
        humi_touch_init(&table, humi_device.touches, humi_device.hello.touch_records,
                        humi_device.hello.touch_window, worker);
    humi_tally.start = humi_device.hello.start;
    humi_tally.bytes = humi_device.hello.bytes;
    humi_tally.samples = humi_device.samples;
}

void humi_hooks_begin(const struct humi_emu_slot *slot)
{
    if (!humi_device.touches)
        return;
    table.launch = slot->label;
    table.kernel = slot->kernel;
    table.start = humi_device.hello.start;
    table.bytes = humi_device.hello.bytes;
}

void humi_hooks_end(bool wait)
{
    humi_tally.open = false;
    if (!humi_device.touches)
        return;
    table.bytes = 0;
    humi_touch_flush(&table, wait);
}

/* ---- loads and stores ------------------------------------------------------------------------ */

/* The code that called the hook. */
#define SITE ((uintptr_t)__builtin_return_address(0) >> 2)

static inline void note_at(uintptr_t at, bool write, uintptr_t site)
{
    if (__builtin_expect(humi_tally.open, 0))
        humi_tally_touch(&humi_tally, at, write);
    else
        humi_touch(&table, at, write, site);
}

/* Within one line, as what is aligned is. */
#define note(at, write) note_at((uintptr_t)(at), (write), SITE)

static void note_range(const volatile void *at, size_t bytes, bool write)
{
    uintptr_t first = (uintptr_t)at / LINE, last = ((uintptr_t)at + bytes - 1) / LINE;

    for (uintptr_t line = first; bytes > 0 && line <= last; line++)
        note_at(line * LINE, write, line);
}

#define HOOK_PLAIN(name, bytes, write)                                                             \
    HOOK void __tsan_##name##bytes(void *at)                                                       \
    {                                                                                              \
        note(at, write);                                                                           \
    }
#define HOOK_UNALIGNED(name, bytes, write)                                                         \
    HOOK void __tsan_unaligned_##name##bytes(void *at)                                             \
    {                                                                                              \
        note_range(at, bytes, write);                                                              \
    }
#define HOOK_SIZE(bytes)                                                                           \
    HOOK_PLAIN(read, bytes, false)                                                                 \
    HOOK_PLAIN(write, bytes, true)                                                                 \
    HOOK_PLAIN(volatile_read, bytes, false)                                                        \
    HOOK_PLAIN(volatile_write, bytes, true)                                                        \
    HOOK_UNALIGNED(read, bytes, false)                                                             \
    HOOK_UNALIGNED(write, bytes, true)                                                             \
    HOOK_UNALIGNED(volatile_read, bytes, false)                                                    \
    HOOK_UNALIGNED(volatile_write, bytes, true)                                                    \
    HOOK void __tsan_read_write##bytes(void *at)                                                   \
    {                                                                                              \
        note(at, false);                                                                           \
        note(at, true);                                                                            \
    }                                                                                              \
    HOOK void __tsan_unaligned_read_write##bytes(void *at)                                         \
    {                                                                                              \
        note_range(at, bytes, false);                                                              \
        note_range(at, bytes, true);                                                               \
    }

HOOK_SIZE(1)
HOOK_SIZE(2)
HOOK_SIZE(4)
HOOK_SIZE(8)
HOOK_SIZE(16)

HOOK void __tsan_read_range(void *at, size_t bytes)
{
    note_range(at, bytes, false);
}

HOOK void __tsan_write_range(void *at, size_t bytes)
{
    note_range(at, bytes, true);
}

/* ---- what there is nothing to tell of -------------------------------------------------------- */

HOOK void __tsan_init(void)
{
}

HOOK void __tsan_func_entry(void *caller)
{
    (void)caller;
}

HOOK void __tsan_func_exit(void)
{
}

/* ---- atomics --------------------------------------------------------------------------------- */

/*
 * One that changes memory reads it too; one that fails to counts as if it had, as for the page.  It
 * is one instruction that needs the right to write from the start, so the write comes first.
 */
#define note_change(at) (note((at), true), note((at), false))

#define HOOK_CHANGE(bits, type, name, operation)                                                   \
    HOOK type __tsan_atomic##bits##_##name(volatile type *at, type value, int order)               \
    {                                                                                              \
        (void)order;                                                                               \
        note_change(at);                                                                           \
        return operation(at, value, __ATOMIC_SEQ_CST);                                             \
    }
/*
 * The old value of a logical operation: x86 has no such instruction, and the compiler makes it a
 * load and a loop.  A compare-and-swap needs the right to write even if it fails, so one goes first
 * and the load never faults for reading.  It changes nothing.
 */
#define HOOK_LOGICAL(bits, type, name, operation)                                                  \
    HOOK type __tsan_atomic##bits##_##name(volatile type *at, type value, int order)               \
    {                                                                                              \
        type zero = 0;                                                                             \
        (void)order;                                                                               \
        note_change(at);                                                                           \
        (void)__atomic_compare_exchange_n(at, &zero, 0, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);    \
        return operation(at, value, __ATOMIC_SEQ_CST);                                             \
    }
#define HOOK_COMPARE(bits, type, name)                                                             \
    HOOK int __tsan_atomic##bits##_##name(volatile type *at, type *expected, type value,           \
                                          int order, int order_failed)                             \
    {                                                                                              \
        (void)order;                                                                               \
        (void)order_failed;                                                                        \
        note_change(at);                                                                           \
        return __atomic_compare_exchange_n(at, expected, value, 0, __ATOMIC_SEQ_CST,               \
                                           __ATOMIC_SEQ_CST);                                      \
    }
#define HOOK_ATOMIC(bits, type)                                                                    \
    HOOK type __tsan_atomic##bits##_load(const volatile type *at, int order)                       \
    {                                                                                              \
        (void)order;                                                                               \
        note(at, false);                                                                           \
        return __atomic_load_n(at, __ATOMIC_SEQ_CST);                                              \
    }                                                                                              \
    HOOK void __tsan_atomic##bits##_store(volatile type *at, type value, int order)                \
    {                                                                                              \
        (void)order;                                                                               \
        note(at, true);                                                                            \
        __atomic_store_n(at, value, __ATOMIC_SEQ_CST);                                             \
    }                                                                                              \
    HOOK_CHANGE(bits, type, exchange, __atomic_exchange_n)                                         \
    HOOK_CHANGE(bits, type, fetch_add, __atomic_fetch_add)                                         \
    HOOK_CHANGE(bits, type, fetch_sub, __atomic_fetch_sub)                                         \
    HOOK_LOGICAL(bits, type, fetch_and, __atomic_fetch_and)                                        \
    HOOK_LOGICAL(bits, type, fetch_or, __atomic_fetch_or)                                          \
    HOOK_LOGICAL(bits, type, fetch_xor, __atomic_fetch_xor)                                        \
    HOOK_LOGICAL(bits, type, fetch_nand, __atomic_fetch_nand)                                      \
    HOOK_COMPARE(bits, type, compare_exchange_strong)                                              \
    HOOK_COMPARE(bits, type, compare_exchange_weak)                                                \
    HOOK type __tsan_atomic##bits##_compare_exchange_val(volatile type *at, type expected,         \
                                                         type value, int order,                    \
                                                         int order_failed)                         \
    {                                                                                              \
        (void)order;                                                                               \
        (void)order_failed;                                                                        \
        note_change(at);                                                                           \
        (void)__atomic_compare_exchange_n(at, &expected, value, 0, __ATOMIC_SEQ_CST,               \
                                          __ATOMIC_SEQ_CST);                                       \
        return expected;                                                                           \
    }

HOOK_ATOMIC(8, uint8_t)
HOOK_ATOMIC(16, uint16_t)
HOOK_ATOMIC(32, uint32_t)
HOOK_ATOMIC(64, uint64_t)

HOOK void __tsan_atomic_thread_fence(int order)
{
    (void)order;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

HOOK void __tsan_atomic_signal_fence(int order)
{
    (void)order;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* ---- memory functions ------------------------------------------------------------------------ */

#define HOOK_MEMORY(prefix)                                                                        \
    HOOK void *prefix##memcpy(void *to, const void *from, size_t bytes)                            \
    {                                                                                              \
        note_range(from, bytes, false);                                                            \
        note_range(to, bytes, true);                                                               \
        return memcpy(to, from, bytes);                                                            \
    }                                                                                              \
    HOOK void *prefix##memmove(void *to, const void *from, size_t bytes)                           \
    {                                                                                              \
        note_range(from, bytes, false);                                                            \
        note_range(to, bytes, true);                                                               \
        return memmove(to, from, bytes);                                                           \
    }                                                                                              \
    HOOK void *prefix##memset(void *to, int value, size_t bytes)                                   \
    {                                                                                              \
        note_range(to, bytes, true);                                                               \
        return memset(to, value, bytes);                                                           \
    }

HOOK_MEMORY(__wrap_)
HOOK_MEMORY(__tsan_)
