/* SPDX-License-Identifier: MIT */
/*
 * signals.c - the handlers of trap.c stay ours.
 *
 * The compiler inside of an OpenCL implementation (LLVM) gives signals handlers of its own while it
 * has files open.  Those reset a signal to its default when it comes, in all threads: a kernel's
 * touch of what is read-only for now would then end the process.  hum-emu exports sigaction(), so
 * libraries that are loaded call this one; what they ask for signals that trap.c handles is
 * answered and not done.
 */
#include <dlfcn.h>
#include <string.h>

#include "device/emu/process/process.h"

typedef int set_handler(int number, const struct sigaction *action, struct sigaction *old);

/* The C library's, or what a sanitizer has in its place. */
static set_handler *real(void)
{
    static set_handler *found; /* atomic */
    set_handler *function = __atomic_load_n(&found, __ATOMIC_ACQUIRE);

    if (!function) {
        void *symbol = dlsym(RTLD_NEXT, "sigaction");
        memcpy(&function, &symbol, sizeof function);
        __atomic_store_n(&found, function, __ATOMIC_RELEASE);
    }
    return function;
}

int humi_signals_set(int number, const struct sigaction *action)
{
    return real()(number, action, NULL);
}

__attribute__((visibility("default"))) int sigaction(int number, const struct sigaction *action,
                                                     struct sigaction *old)
{
    if (!humi_trap_handles(number) || !action)
        return real()(number, action, old);
    if (old)
        memset(old, 0, sizeof *old);
    return 0;
}
