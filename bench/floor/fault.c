/* SPDX-License-Identifier: MIT */
/*
 * fault.c - a bare userfaultfd loop: the floor of a page fault and of a write upgrade.
 *
 * The frames exist and are warm, as they are for a runtime that recycles them, so a round costs
 * the fault, the hand-over to the handler, 4 KiB of copying and one UFFDIO_CONTINUE.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor/floor.h"
#include "floor/uffd.h"

#define PAGE ((size_t)4096)
#define BATCH_MAX ((size_t)65536)

/* What the parent asks of a child that touches. */
enum order_kind { ORDER_TOUCH, ORDER_UNMAP, ORDER_PIN };
struct order {
    enum order_kind kind;
    bool write;
    size_t count; /* pages of the shared list; ORDER_PIN: the CPU */
};
struct answer {
    int error;
    double seconds;
};

struct floor_fault {
    enum floor_fault_kind kind;
    size_t bytes;
    char *guarded;  /* where pages are touched; in a child its own mapping, same address */
    char *window;   /* the handler's view of the frames */
    char *source;   /* what is copied in */
    uint64_t *list; /* pages to touch, shared with the child */
    int memfd, uffd, stop_fd, socket;
    pthread_t handler;
    bool handling;
    int cpu; /* handler and toucher run there, -1: anywhere */
    pid_t child;
};

/* ---- the handler ---------------------------------------------------------------------------- */

static void serve(struct floor_fault *f, const struct uffd_msg *msg)
{
    char *page = (char *)(uintptr_t)(msg->arg.pagefault.address & ~(uint64_t)(PAGE - 1));
    size_t offset = (size_t)(page - f->guarded);

    if (msg->event != UFFD_EVENT_PAGEFAULT)
        return;
    if (msg->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP) {
        (void)uffd_protect(f->uffd, page, PAGE, false);
        return;
    }
    memcpy(f->window + offset, f->source + offset, PAGE);
    (void)uffd_continue(f->uffd, page, PAGE, 0);
}

static void *handler_main(void *arg)
{
    struct floor_fault *f = arg;
    struct pollfd poll_fds[2] = {{.fd = f->uffd, .events = POLLIN},
                                 {.fd = f->stop_fd, .events = POLLIN}};

    while (!(poll_fds[1].revents & POLLIN)) {
        struct uffd_msg msg;

        if (poll(poll_fds, 2, -1) < 0 && errno != EINTR)
            break;
        if (read(f->uffd, &msg, sizeof(msg)) == (ssize_t)sizeof(msg))
            serve(f, &msg);
    }
    return NULL;
}

/* ---- touching ------------------------------------------------------------------------------- */

static double touch(char *base, const uint64_t *pages, size_t count, bool write)
{
    double start = floor_now();
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        volatile uint64_t *word = (volatile uint64_t *)(void *)(base + pages[i] * PAGE);

        if (write)
            *word = i;
        else
            sum += *word;
    }
    __asm__ volatile("" : : "r"(sum));
    return floor_now() - start;
}

/* The range that faults, registered with a new descriptor.  Made by the process that touches. */
static int guard(struct floor_fault *f)
{
    const uint64_t features = UFFD_FEATURE_MISSING_SHMEM | UFFD_FEATURE_MINOR_SHMEM |
                              UFFD_FEATURE_WP_HUGETLBFS_SHMEM | UFFD_FEATURE_PAGEFAULT_FLAG_WP;
    enum uffd_source source;
    int error;

    f->guarded = mmap(NULL, f->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, f->memfd, 0);
    if (f->guarded == MAP_FAILED) {
        f->guarded = NULL;
        return errno;
    }
    f->uffd = uffd_open_any(&source);
    if (f->uffd < 0)
        return -f->uffd;
    error = uffd_handshake(f->uffd, features, NULL);
    if (!error)
        error = uffd_register(f->uffd, f->guarded, f->bytes,
                              UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_MINOR |
                                  UFFDIO_REGISTER_MODE_WP);
    return error;
}

static int unmap(struct floor_fault *f)
{
    return madvise(f->guarded, f->bytes, MADV_DONTNEED) == 0 ? 0 : errno;
}

static int pin_self(size_t cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof(set), &set) == 0 ? 0 : errno;
}

/* ---- the child ------------------------------------------------------------------------------ */

/* First message of the child: its error or its descriptor, and where the range is. */
struct hello {
    int error;
    char *guarded;
};

static void send_hello(int socket, const struct hello *hello, int fd)
{
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec part = {(void *)(uintptr_t)hello, sizeof(*hello)};
    struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};

    if (fd >= 0) {
        struct cmsghdr *header;

        msg.msg_control = control.space;
        msg.msg_controllen = sizeof(control.space);
        header = CMSG_FIRSTHDR(&msg);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &fd, sizeof(int));
    }
    (void)!sendmsg(socket, &msg, MSG_NOSIGNAL);
}

static int receive_hello(int socket, struct hello *hello_out, int *fd_out)
{
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {hello_out, sizeof(*hello_out)};
    struct msghdr msg = {.msg_iov = &part,
                         .msg_iovlen = 1,
                         .msg_control = control.space,
                         .msg_controllen = sizeof(control.space)};
    struct cmsghdr *header;

    *fd_out = -1;
    if (recvmsg(socket, &msg, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(*hello_out))
        return ECHILD;
    header = CMSG_FIRSTHDR(&msg);
    if (header && header->cmsg_type == SCM_RIGHTS)
        memcpy(fd_out, CMSG_DATA(header), sizeof(int));
    return hello_out->error;
}

static void child_main(struct floor_fault *f, int socket)
{
    struct hello hello;
    struct order order;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    hello.error = guard(f);
    hello.guarded = f->guarded;
    send_hello(socket, &hello, hello.error ? -1 : f->uffd);
    while (read(socket, &order, sizeof(order)) == (ssize_t)sizeof(order)) {
        struct answer answer = {0, 0};

        if (order.kind == ORDER_TOUCH)
            answer.seconds = touch(f->guarded, f->list, order.count, order.write);
        else if (order.kind == ORDER_UNMAP)
            answer.error = unmap(f);
        else
            answer.error = pin_self(order.count);
        if (write(socket, &answer, sizeof(answer)) < 0)
            break;
    }
    _exit(0);
}

static int child_start(struct floor_fault *f)
{
    int ends[2];
    struct hello hello;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return errno;
    f->child = fork();
    if (f->child == 0) {
        close(ends[0]);
        child_main(f, ends[1]);
    }
    close(ends[1]);
    f->socket = ends[0];
    if (f->child < 0)
        return errno;
    if (receive_hello(f->socket, &hello, &f->uffd) != 0)
        return hello.error ? hello.error : ECHILD;
    f->guarded = hello.guarded;
    return 0;
}

static int ask(struct floor_fault *f, enum order_kind kind, size_t count, bool write_pages,
               double *seconds_out)
{
    struct order order = {kind, write_pages, count};
    struct answer answer;

    if (write(f->socket, &order, sizeof(order)) < 0)
        return errno;
    if (read(f->socket, &answer, sizeof(answer)) != (ssize_t)sizeof(answer))
        return ECHILD;
    *seconds_out = answer.seconds;
    return answer.error;
}

/* ---- in the order of life ------------------------------------------------------------------- */

static int make_frames(struct floor_fault *f)
{
    bool huge;
    void *source, *list;
    int error;

    f->memfd = memfd_create("hum-floor", MFD_CLOEXEC);
    if (f->memfd < 0 || ftruncate(f->memfd, (off_t)f->bytes) != 0)
        return errno;
    f->window =
        mmap(NULL, f->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, f->memfd, 0);
    if (f->window == MAP_FAILED) {
        f->window = NULL;
        return errno;
    }
    list = mmap(NULL, BATCH_MAX * sizeof(*f->list), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (list == MAP_FAILED)
        return errno;
    f->list = list;
    error = floor_memory(f->bytes, &source, &huge);
    if (!error)
        f->source = source;
    return error;
}

int floor_fault_open(enum floor_fault_kind kind, size_t pages, struct floor_fault **out)
{
    struct floor_fault *f = calloc(1, sizeof(*f));
    int error;

    if (!f)
        return ENOMEM;
    *f = (struct floor_fault){.kind = kind,
                              .bytes = pages * PAGE,
                              .memfd = -1,
                              .uffd = -1,
                              .stop_fd = -1,
                              .socket = -1,
                              .child = -1,
                              .cpu = -1};
    error = make_frames(f);
    if (!error)
        error = kind == FLOOR_FAULT_PROCESS ? child_start(f) : guard(f);
    if (!error) {
        f->stop_fd = eventfd(0, EFD_CLOEXEC);
        error = f->stop_fd < 0 ? errno : pthread_create(&f->handler, NULL, handler_main, f);
        f->handling = !error;
    }
    if (error) {
        floor_fault_close(f);
        return error;
    }
    *out = f;
    return 0;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

void floor_fault_close(struct floor_fault *f)
{
    const uint64_t one = 1;

    if (!f)
        return;
    if (f->child > 0) {
        kill(f->child, SIGKILL);
        waitpid(f->child, NULL, 0);
    }
    if (f->handling) {
        (void)!write(f->stop_fd, &one, sizeof(one));
        pthread_join(f->handler, NULL);
    }
    close_fd(f->uffd);
    close_fd(f->stop_fd);
    close_fd(f->socket);
    close_fd(f->memfd);
    if (f->guarded && f->kind == FLOOR_FAULT_THREAD)
        munmap(f->guarded, f->bytes);
    if (f->window)
        munmap(f->window, f->bytes);
    if (f->list)
        munmap(f->list, BATCH_MAX * sizeof(*f->list));
    floor_memory_free(f->source, f->bytes);
    free(f);
}

int floor_fault_pin(struct floor_fault *f)
{
    cpu_set_t set;
    size_t cpu = 0;
    double unused;
    int error;

    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return errno;
    while (cpu + 1 < CPU_SETSIZE && !CPU_ISSET(cpu, &set))
        cpu++;
    f->cpu = (int)cpu;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    error = pthread_setaffinity_np(f->handler, sizeof(set), &set);
    if (!error && f->kind == FLOOR_FAULT_PROCESS)
        error = ask(f, ORDER_PIN, cpu, false, &unused);
    return error;
}

int floor_fault_unmap(struct floor_fault *f)
{
    double unused;

    return f->kind == FLOOR_FAULT_PROCESS ? ask(f, ORDER_UNMAP, 0, false, &unused) : unmap(f);
}

int floor_fault_protect(struct floor_fault *f)
{
    int error = unmap(f);

    if (!error)
        error = uffd_continue(f->uffd, f->guarded, f->bytes, 0);
    return error ? error : uffd_protect(f->uffd, f->guarded, f->bytes, true);
}

int floor_fault_touch(struct floor_fault *f, const uint64_t *pages, size_t count, bool write_pages,
                      double *seconds_out)
{
    if (count > BATCH_MAX)
        return EINVAL;
    if (f->kind == FLOOR_FAULT_THREAD) {
        cpu_set_t set;
        bool pin = f->cpu >= 0 && sched_getaffinity(0, sizeof(set), &set) == 0 &&
                   pin_self((size_t)f->cpu) == 0;

        *seconds_out = touch(f->guarded, pages, count, write_pages);
        return pin && sched_setaffinity(0, sizeof(set), &set) != 0 ? errno : 0;
    }
    memcpy(f->list, pages, count * sizeof(*pages));
    return ask(f, ORDER_TOUCH, count, write_pages, seconds_out);
}
