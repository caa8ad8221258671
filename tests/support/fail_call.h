/* SPDX-License-Identifier: MIT */
/*
 * fail_call.h - the n-th call of a kind fails: memory, system calls, threads, processes.
 *
 * The library fail_call defines those functions of the C library and forwards to it.  It is linked
 * to the test program and preloaded into every process that the program starts.  Only calls made by
 * the main program of a process (the test and the runtime in it, or hum-emu) are counted, not those
 * of libraries, and a call fails with an errno that the system gives for it.
 *
 * Cannot be linked together with a sanitizer, which defines the same functions.
 * Threads: any; one order at a time, for this process and all that it starts or forks.
 */
#ifndef SUPPORT_FAIL_CALL_H
#define SUPPORT_FAIL_CALL_H

#include <stdbool.h>

#define FAIL_CALL_LIST(X)                                                                          \
    X(FAIL_ALLOC, "malloc, calloc, realloc, aligned_alloc, strdup, strndup")                       \
    X(FAIL_MMAP, "mmap")                                                                           \
    X(FAIL_MPROTECT, "mprotect")                                                                   \
    X(FAIL_MADVISE, "madvise")                                                                     \
    X(FAIL_MEMFD, "memfd_create")                                                                  \
    X(FAIL_FTRUNCATE, "ftruncate")                                                                 \
    X(FAIL_FALLOCATE, "fallocate")                                                                 \
    X(FAIL_IOCTL, "ioctl")                                                                         \
    X(FAIL_USERFAULTFD, "userfaultfd")                                                             \
    X(FAIL_PIDFD, "pidfd_open")                                                                    \
    X(FAIL_EVENTFD, "eventfd")                                                                     \
    X(FAIL_SOCKETPAIR, "socketpair")                                                               \
    X(FAIL_THREAD, "pthread_create")                                                               \
    X(FAIL_CLONE, "clone")                                                                         \
    X(FAIL_EXEC, "execve")                                                                         \
    X(FAIL_DUP, "dup2, dup3, fcntl")                                                               \
    X(FAIL_SEND, "sendmsg")                                                                        \
    X(FAIL_RECEIVE, "recvmsg")                                                                     \
    X(FAIL_POLL, "poll")                                                                           \
    X(FAIL_OPEN, "open, openat, fopen")                                                            \
    X(FAIL_READ, "read")                                                                           \
    X(FAIL_WRITE, "write, pwrite")                                                                 \
    X(FAIL_MOUNT, "fsopen, fsconfig, fsmount")                                                     \
    X(FAIL_DLOPEN, "dlopen")                                                                       \
    X(FAIL_SIGNAL, "sigaction, sigaltstack")

enum fail_call {
#define FAIL_CALL_ENUM(name, text) name,
    FAIL_CALL_LIST(FAIL_CALL_ENUM)
#undef FAIL_CALL_ENUM
    FAIL_CALL_COUNT
};

enum fail_place {
    FAIL_IN_PROGRAM, /* the test program */
    FAIL_IN_STARTED, /* any process that it started */
};

const char *fail_call_text(enum fail_call call);

/*
 * Before anything is started: what is started from now on knows of later orders.  False: the system
 * does not let us.
 */
bool fail_call_init(void);

/* From now on the n-th call (1 is the next) fails, and no other. */
void fail_call_arm(enum fail_place place, enum fail_call call, int n);

/* No call fails any more.  True: one did. */
bool fail_call_disarm(void);

/* Of the call that failed: the thread, and the offset in its program (for addr2line). */
int fail_call_thread(void);
unsigned long fail_call_where(void);

/* Memory that the main program allocated and has not freed, in pieces. */
long fail_call_pieces(void);

#endif
