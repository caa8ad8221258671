/* SPDX-License-Identifier: MIT */
/*
 * child.c - see child.h
 *
 * All signals of interest are blocked and taken with sigwaitinfo(), so there are no handlers and
 * no races between a signal and the end of the program.
 */
#include "command/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int forwarded[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                                SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH};

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double timeval_s(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec * 1e-6;
}

/* In the child: become the program, or tell the parent through the pipe why not. */
static void become(char *const *argv, const sigset_t *mask, int error_fd)
{
    int error;
    ssize_t n;

    sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(argv[0], argv);
    error = errno;
    do
        n = write(error_fd, &error, sizeof(error));
    while (n < 0 && errno == EINTR);
    _exit(error == ENOENT ? CHILD_STATUS_NOT_FOUND : CHILD_STATUS_NO_EXEC);
}

/* The errno that exec failed with, 0 when the pipe closed because exec succeeded. */
static int read_start_error(int fd)
{
    int error = 0;
    ssize_t n;

    do
        n = read(fd, &error, sizeof(error));
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof(error) ? error : 0;
}

/* Pass signals on until the program has ended. */
static int wait_for(pid_t pid, const sigset_t *signals, int *status_out, struct rusage *usage_out)
{
    for (;;) {
        siginfo_t info;
        pid_t ended = wait4(pid, status_out, WNOHANG, usage_out);

        if (ended == pid)
            return 0;
        if (ended < 0)
            return errno;
        if (sigwaitinfo(signals, &info) < 0 || info.si_signo == SIGCHLD)
            continue;
        if (info.si_code <= 0) /* from a process, not from the terminal's driver */
            kill(pid, info.si_signo);
    }
}

static int run_blocked(char *const *argv, const sigset_t *old, const sigset_t *signals,
                       struct child_result *result_out)
{
    struct rusage usage;
    int error_pipe[2], status, error;
    double start = now_s();
    pid_t pid;

    if (pipe2(error_pipe, O_CLOEXEC) != 0)
        return errno;
    pid = fork();
    if (pid < 0) {
        error = errno;
        close(error_pipe[0]);
        close(error_pipe[1]);
        return error;
    }
    if (pid == 0)
        become(argv, old, error_pipe[1]);
    close(error_pipe[1]);
    result_out->start_errno = read_start_error(error_pipe[0]);
    close(error_pipe[0]);
    error = wait_for(pid, signals, &status, &usage);
    if (error)
        return error;
    result_out->wall_s = now_s() - start;
    result_out->user_s = timeval_s(&usage.ru_utime);
    result_out->system_s = timeval_s(&usage.ru_stime);
    result_out->rss_max_bytes = (uint64_t)usage.ru_maxrss * 1024;
    result_out->signaled = WIFSIGNALED(status);
    result_out->code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    return 0;
}

int child_run(char *const *argv, struct child_result *result_out)
{
    sigset_t signals, old;
    int error;

    *result_out = (struct child_result){0};
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
        sigaddset(&signals, forwarded[i]);
    /* A SIGCHLD that our parent chose to ignore would lose us the program's exit status. */
    signal(SIGCHLD, SIG_DFL);
    if (sigprocmask(SIG_BLOCK, &signals, &old) != 0)
        return errno;
    error = run_blocked(argv, &old, &signals, result_out);
    sigprocmask(SIG_SETMASK, &old, NULL);
    return error;
}

int child_status(const struct child_result *result)
{
    return result->signaled ? 128 + result->code : result->code;
}
