/* SPDX-License-Identifier: MIT */
/*
 * trap.c - leaving kernel code that crashed, touched what it may not, or takes too long.
 *
 * Two kinds of signals reach a worker.  Those the kernel code raises itself (a bad touch, a
 * division by zero) end its piece, except a store to what is only read-only so far (prot.c).
 * HUMI_EMU_SIGNAL is sent by the runtime (a fault that cannot be served) and by the watchdog; it
 * also interrupts a wait for a fault.  The worker then looks which launch is meant, because the
 * signal may come late, when it runs another one.
 *
 * HUMI_EMU_SIGNAL is SIGSYS because a thread sanitizer delivers other signals that are sent only
 * when the thread next calls the C library, which kernel code never does.
 *
 * A launch that a helper runs (opencl/) cannot be left, for the helper is in the middle of code
 * that is not ours: why it should be is written into its slot, and the process ends.
 *
 * sigsetjmp() saves no mask, which keeps it free of system calls: workers run with no signal
 * blocked, and whoever leaves a handler says so again (a sanitizer blocks all of them in handlers).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/status.h"
#include "device/emu/process/process.h"
#include "os/store.h"

static __thread struct humi_worker *self;

static _Noreturn void end_process(struct humi_emu_slot *slot, const struct humi_result *result)
{
    slot->status = result->status;
    slot->signal = result->signal;
    slot->address = result->address;
    __atomic_store_n(&slot->fatal, slot->serial, __ATOMIC_RELEASE);
    _exit(1);
}

static _Noreturn void leave(struct humi_worker *worker, struct humi_result result)
{
    struct humi_emu_slot *helped = __atomic_load_n(&worker->helped, __ATOMIC_SEQ_CST);
    sigset_t none;

    if (helped)
        end_process(helped, &result);
    /* First: a signal that comes now finds no kernel to leave. */
    __atomic_store_n(&worker->serial, 0, __ATOMIC_SEQ_CST);
    worker->trapped = result;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    siglongjmp(worker->escape, 1);
}

/* Not ours: die of it as without a handler. */
static void die_of(int number, const siginfo_t *info)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    (void)humi_signals_set(number, &action);
    if (info->si_code <= 0)
        raise(number); /* was sent; one that was raised comes again by itself */
}

/* A touch that the mapping does not allow.  HUM_OK: try it again. */
static enum hum_status forbidden(uintptr_t address, bool store)
{
    enum hum_status status = store ? humi_prot_store(address) : HUM_ERR_ILLEGAL_ADDRESS;

    return status == HUM_ERR_ILLEGAL_ADDRESS && humi_prot_settle(address) ? HUM_OK : status;
}

static void on_crash(int number, siginfo_t *info, void *context)
{
    struct humi_worker *worker = self;
    struct humi_result result = {.status = HUM_ERR_KERNEL_CRASHED,
                                 .signal = number,
                                 .address = (uintptr_t)info->si_addr};
    enum hum_status touch = HUM_ERR_ILLEGAL_ADDRESS;

    if (number == SIGSEGV && info->si_code == SEGV_ACCERR)
        touch = forbidden((uintptr_t)info->si_addr, humi_store_faulted(context));
    if (touch == HUM_OK)
        return;
    if (!worker || __atomic_load_n(&worker->serial, __ATOMIC_RELAXED) == 0 || info->si_code <= 0) {
        die_of(number, info);
        return;
    }
    if (number == SIGSEGV || number == SIGBUS)
        result.status = touch;
    leave(worker, result);
}

static void on_interrupt(int number, siginfo_t *info, void *context)
{
    struct humi_worker *worker = self;
    const struct humi_emu_worker *record;
    uint64_t serial;

    (void)number;
    (void)info;
    (void)context;
    serial = worker ? __atomic_load_n(&worker->serial, __ATOMIC_RELAXED) : 0;
    if (serial == 0)
        return;
    record = &humi_device.control->workers[worker->index];
    if (__atomic_load_n(&record->fail_serial, __ATOMIC_ACQUIRE) == serial)
        leave(worker, (struct humi_result){.status = (enum hum_status)record->fail_status,
                                           .address = record->fail_address});
    if (__atomic_load_n(&worker->timeout_serial, __ATOMIC_SEQ_CST) == serial)
        leave(worker, (struct humi_result){.status = HUM_ERR_TIMEOUT});
}

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};

bool humi_trap_handles(int number)
{
    bool handled = number == HUMI_EMU_SIGNAL;

    for (size_t i = 0; i < sizeof crash_signals / sizeof crash_signals[0]; i++)
        handled |= number == crash_signals[i];
    return handled;
}

static enum hum_status handle(int number, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action = {.sa_sigaction = handler,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART};

    /* A crash handler may hold the lock of prot.c, so nothing takes a worker out of it. */
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, HUMI_EMU_SIGNAL);
    if (humi_signals_set(number, &action) != 0)
        return humi_fail_errno("sigaction");
    return HUM_OK;
}

enum hum_status humi_trap_init(void)
{
    enum hum_status status = handle(HUMI_EMU_SIGNAL, on_interrupt);

    for (size_t i = 0; status == HUM_OK && i < sizeof crash_signals / sizeof crash_signals[0]; i++)
        status = handle(crash_signals[i], on_crash);
    return status;
}

enum hum_status humi_trap_init_worker(struct humi_worker *worker)
{
    size_t bytes = (size_t)sysconf(_SC_SIGSTKSZ);
    stack_t stack = {.ss_size = bytes > 65536 ? bytes : 65536};

    stack.ss_sp = mmap(NULL, stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0);
    if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL) != 0)
        return humi_fail_errno("no stack for signals");
    self = worker;
    return HUM_OK;
}

void humi_trap_interrupt(const struct humi_worker *worker)
{
    const struct humi_emu_worker *record = &humi_device.control->workers[worker->index];
    bool helped = __atomic_load_n(&worker->helped, __ATOMIC_SEQ_CST) != NULL;

    (void)syscall(SYS_tgkill, getpid(), helped ? record->helper : worker->tid, HUMI_EMU_SIGNAL);
}
