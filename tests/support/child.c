/* SPDX-License-Identifier: MIT */
/*
 * child.c - fork, a pipe for standard error, and the wait.
 */
#include "support/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

_Noreturn static void run_body(void (*body)(void *context), void *context, int error_fd)
{
    static const int fatal[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV};

    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        signal(fatal[i], SIG_DFL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    dup2(error_fd, STDERR_FILENO);
    body(context);
    _exit(0);
}

/* To the end of the child's output, or as much as there is room for. */
static void read_text(int fd, char *text, size_t room)
{
    size_t used = 0;
    char beyond[256];

    for (;;) {
        bool full = used + 1 >= room;
        ssize_t got = read(fd, full ? beyond : text + used, full ? sizeof beyond : room - used - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        if (!full)
            used += (size_t)got;
    }
    text[used] = '\0';
}

bool child_run(void (*body)(void *context), void *context, struct child *out)
{
    int pipe_fds[2], status;
    pid_t pid;

    memset(out, 0, sizeof *out);
    if (pipe(pipe_fds) < 0)
        return false;
    fflush(NULL); /* or the child prints the parent's lines again */
    pid = fork();
    if (pid == 0)
        run_body(body, context, pipe_fds[1]);
    close(pipe_fds[1]);
    if (pid > 0)
        read_text(pipe_fds[0], out->text, sizeof out->text);
    close(pipe_fds[0]);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return false;
    out->exited = WIFEXITED(status);
    out->code = out->exited ? WEXITSTATUS(status) : WTERMSIG(status);
    return true;
}
