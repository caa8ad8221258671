/* SPDX-License-Identifier: MIT */
/*
 * process.c - starting and ending processes.
 *
 * posix_spawn() would do but for one thing: its child sends SIGCHLD and is found by the program's
 * own waitpid(-1).  So a helper starts the process and ends at once; the process is then init's.
 * (A child without exit signal does not help: exec gives it one.)  Both share our memory until the
 * process has its own, and the helper shares our descriptors too, so that the pidfd it gets is
 * ours.  Under the thread sanitizer they get copies of our memory instead, because its runtime
 * keeps count of what each thread is in, and they never come back; what they tell lies in shared
 * memory.
 */
#include "os/process.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/status.h"
#include "os/channel.h"

/* ---- starting -------------------------------------------------------------------------------- */

#define QUERY_PERSONALITY 0xffffffffUL
#define STACK_BYTES ((size_t)64 << 10)
#define NO_SANITIZER __attribute__((no_sanitize("thread", "address", "undefined")))

#ifdef __SANITIZE_THREAD__
#define CLONE_MEMORY 0
#else
#define CLONE_MEMORY CLONE_VM
#endif

struct start {
    const char *path;
    char *const *argv, *const *environment;
    int channel; /* the process's end */
    int null;    /* /dev/null */
    bool output; /* descriptor 1 is the program's output */
    int pid;     /* of the process; -1: could not be made */
    int pidfd;
    int error; /* errno of what failed, 0: nothing */
};

/* What the three of us see, whether or not memory is copied. */
struct shared {
    _Alignas(64) char helper_stack[STACK_BYTES];
    _Alignas(64) char process_stack[STACK_BYTES];
    struct start start;
};

static struct shared *shared_of(struct start *start)
{
    return (struct shared *)(void *)((char *)start - offsetof(struct shared, start));
}

/* What kernels print comes out where the program's output does, if there is such a place. */
NO_SANITIZER static bool keep_output(const struct start *s)
{
    return (s->output && fcntl(1, F_SETFD, 0) == 0) || dup2(s->null, 1) >= 0;
}

/* The process, until it execs: nothing but system calls, and no return. */
NO_SANITIZER static int run_process(void *arg)
{
    struct start *s = arg;
    sigset_t none;
    int persona;

    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction action = {.sa_handler = SIG_DFL};
        (void)sigaction(signal, &action, NULL);
    }
    sigemptyset(&none);
    setpgid(0, 0);
    /* Debuggers and sanitizers switch random addresses off.  With them on, what is an address of
     * the program's is hardly ever one here, so that a kernel that uses it gets a fault. */
    persona = personality(QUERY_PERSONALITY);
    if (persona != -1)
        (void)personality((unsigned long)persona & ~(unsigned long)ADDR_NO_RANDOMIZE);
    if (dup2(s->null, 0) >= 0 && keep_output(s) &&
        (s->channel == HUMI_PROCESS_CHANNEL ? fcntl(s->channel, F_SETFD, 0)
                                            : dup2(s->channel, HUMI_PROCESS_CHANNEL)) >= 0) {
        sigprocmask(SIG_SETMASK, &none, NULL);
        execve(s->path, s->argv, s->environment);
    }
    s->error = errno;
    _exit(127);
}

NO_SANITIZER static int run_helper(void *arg)
{
    struct start *s = arg;

    s->pid = clone(run_process, shared_of(s)->process_stack + STACK_BYTES,
                   CLONE_MEMORY | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, s, &s->pidfd);
    if (s->pid < 0)
        s->error = errno;
    _exit(0);
}

/* Fill in pid, pidfd and error. */
static void start_process(struct start *start)
{
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct start *s;
    sigset_t all, old;
    int helper;

    if (shared == MAP_FAILED) {
        start->error = errno;
        return;
    }
    s = &shared->start;
    *s = *start;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old); /* no handler of ours may run in them */
    helper = clone(run_helper, shared->helper_stack + STACK_BYTES,
                   CLONE_MEMORY | CLONE_VFORK | CLONE_FILES, s);
    if (helper < 0)
        s->error = errno;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    while (helper >= 0 && waitpid(helper, NULL, __WALL) < 0 && errno == EINTR) {
    }
    *start = *s;
    munmap(shared, sizeof *shared);
}

/* The program's, without LD_PRELOAD where the heap is in it (runtime/heap): our processes allocate
 * for themselves.  To be freed, but for the texts; NULL: no memory. */
static char **environment(void)
{
    static const char preload[] = "LD_PRELOAD=", heap[] = "libhum_heap.so";
    size_t count = 0, kept = 0;
    char **copy;

    while (environ && environ[count])
        count++;
    copy = calloc(count + 1, sizeof *copy);
    for (size_t i = 0; copy && i < count; i++)
        if (strncmp(environ[i], preload, sizeof preload - 1) != 0 || !strstr(environ[i], heap))
            copy[kept++] = environ[i];
    return copy;
}

static enum hum_status start_on(struct start s, int ends[2], struct humi_process *process_out)
{
    s.channel = ends[1];
    s.null = open("/dev/null", O_RDWR | O_CLOEXEC);
    s.pid = s.pidfd = -1;
    if (s.null < 0)
        return humi_fail_errno("/dev/null");
    start_process(&s);
    close(s.null);
    if (s.error == 0) {
        *process_out = (struct humi_process){s.pid, s.pidfd, ends[0]};
        return HUM_OK;
    }
    if (s.pidfd >= 0)
        close(s.pidfd);
    errno = s.error;
    return humi_fail_errno("cannot start %s", s.path);
}

enum hum_status humi_process_start(const char *path, const char *const argv[],
                                   struct humi_process *process_out)
{
    bool output = fcntl(1, F_GETFD) >= 0; /* before one of ours may get that number */
    char **variables = environment();
    int ends[2];
    enum hum_status status = variables
                                 ? humi_channel_open(ends)
                                 : humi_fail(HUM_ERR_NO_MEMORY, "no memory to start %s", path);

    if (status == HUM_OK) {
        status = start_on((struct start){.path = path,
                                         .argv = (char *const *)(uintptr_t)argv,
                                         .environment = variables,
                                         .output = output},
                          ends, process_out);
        close(ends[1]);
        if (status != HUM_OK)
            close(ends[0]);
    }
    free(variables);
    return status;
}

/* ---- ending ---------------------------------------------------------------------------------- */

bool humi_process_has_died(const struct humi_process *process)
{
    struct pollfd p = {process->pidfd, POLLIN, 0};

    return poll(&p, 1, 0) > 0;
}

void humi_process_kill(const struct humi_process *process)
{
    struct pollfd p = {process->pidfd, POLLIN, 0};

    (void)syscall(SYS_pidfd_send_signal, process->pidfd, SIGKILL, NULL, 0);
    while (poll(&p, 1, 10000) < 0 && errno == EINTR) {
    }
}

void humi_process_end(struct humi_process *process)
{
    if (process->pid == 0)
        return;
    if (!humi_process_has_died(process))
        humi_process_kill(process);
    close(process->pidfd);
    close(process->channel);
    *process = (struct humi_process){0};
}

/* ---- finding --------------------------------------------------------------------------------- */

/* Folders relative to the one of the file that holds this code, in the order of the search. */
static const char *const folders[] = {
    "",
#ifdef HUMI_LIBEXEC_FROM_LIB
    HUMI_LIBEXEC_FROM_LIB "/",
#endif
#ifdef HUMI_LIBEXEC_FROM_BIN
    HUMI_LIBEXEC_FROM_BIN "/",
#endif
    "../libexec/hum/",
    "../../libexec/hum/",
};

/*
 * "/usr/lib/" of "/usr/lib/libhum.so.0", "/usr/bin/" of a program that holds the runtime itself:
 * that one has no name for the loader but what it was called by.  "" if the loader does not know.
 */
static void own_folder(char *folder_out, size_t bytes)
{
    struct link_map *map = NULL;
    char path[4096], *slash;
    Dl_info info;

    folder_out[0] = '\0';
    if (!dladdr1((void *)(uintptr_t)own_folder, &info, (void **)&map, RTLD_DL_LINKMAP) || !map ||
        !realpath(*map->l_name ? map->l_name : "/proc/self/exe", path))
        return;
    slash = strrchr(path, '/');
    slash[1] = '\0';
    snprintf(folder_out, bytes, "%s", path);
}

enum hum_status humi_process_find_emu(char *path_out, size_t bytes)
{
    const char *given = secure_getenv("HUM_EMU");
    char folder[4096];

    if (given && *given) {
        snprintf(path_out, bytes, "%s", given);
        if (access(given, X_OK) == 0)
            return HUM_OK;
        return humi_fail(HUM_ERR_NOT_FOUND, "HUM_EMU=%s is not a program that can be run", given);
    }
    own_folder(folder, sizeof folder);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        int length = snprintf(path_out, bytes, "%s%shum-emu", folder, folders[i]);
        if (length > 0 && (size_t)length < bytes && access(path_out, X_OK) == 0)
            return HUM_OK;
    }
    return humi_fail(HUM_ERR_NOT_FOUND,
                     "hum-emu, the program of device processes, is neither in %s nor in "
                     "../libexec/hum from there; set HUM_EMU to its path",
                     folder[0] ? folder : "the library's folder");
}
