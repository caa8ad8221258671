/* SPDX-License-Identifier: MIT */
/* executor.c - the process of a device, seen from the double. */
#include <dlfcn.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/cuda_double/double.h"
#include "support/cuda_double/uvm.h"

/* The program lies beside the library. */
static bool program_path(char out[4096])
{
    Dl_info info;

    if (!dladdr((void *)(uintptr_t)&executor_start, &info) || !info.dli_fname)
        return false;
    const char *slash = strrchr(info.dli_fname, '/');
    int length = slash ? (int)(slash - info.dli_fname) : 1;
    return snprintf(out, 4096, "%.*s/cuda_double_executor", length,
                    slash ? info.dli_fname : ".") < 4096;
}

bool executor_start(struct device *device)
{
    char path[4096], *arguments[] = {path, NULL};
    char *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    int ends[2], agent[2];

    if (device->socket >= 0)
        return true;
    if (!program_path(path) || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        return false;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, agent)) {
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], WIRE_SOCKET);
    posix_spawn_file_actions_adddup2(&actions, agent[1], WIRE_AGENT);
    int error = posix_spawn(&device->pid, path, &actions, NULL, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    close(agent[1]);
    if (error) {
        close(ends[0]);
        close(agent[0]);
        fprintf(stderr, "cuda double: %s: %s\n", path, strerror(error));
        return false;
    }
    device->socket = ends[0];
    device->agent = agent[0];
    return true;
}

void executor_stop(struct device *device)
{
    if (device->socket < 0)
        return;
    kill(device->pid, SIGKILL);
    waitpid(device->pid, NULL, 0);
    close(device->socket);
    uvm_device(device->index, -1, -1);
    if (device->agent >= 0)
        close(device->agent);
    device->socket = device->agent = -1;
}

static bool send_request(int socket, const struct wire_request *request, int file)
{
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {(void *)(uintptr_t)request, sizeof(*request)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (file >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(head), &file, sizeof(file));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)sizeof(*request);
}

/* A descriptor may come along: the device's faults, and from then on its agent is uvm's. */
static bool receive_reply(struct device *device, struct wire_reply *reply)
{
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {reply, sizeof(*reply)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof(control)};
    int faults;

    if (recvmsg(device->socket, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(*reply))
        return false;
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head && head->cmsg_type == SCM_RIGHTS) {
        memcpy(&faults, CMSG_DATA(head), sizeof(int));
        uvm_device(device->index, faults, device->agent);
        device->agent = -1;
    }
    return true;
}

struct wire_reply executor_ask(struct device *device, const struct wire_request *request, int file)
{
    struct wire_reply reply = {.result = WIRE_FAILED};
    bool runs = request->op == WIRE_RUN;

    if (runs)
        pthread_mutex_unlock(&world.lock);
    pthread_mutex_lock(&device->lock);
    if (!send_request(device->socket, request, file) ||
        !receive_reply(device, &reply))
        reply.result = WIRE_FAILED;
    pthread_mutex_unlock(&device->lock);
    if (runs)
        pthread_mutex_lock(&world.lock);
    return reply;
}

static bool ask_range(struct device *device, enum wire_op op, const struct mapping *m, int file)
{
    struct wire_request request = {.op = op, .start = m->start, .bytes = m->bytes,
                                   .offset = m->offset, .access = m->access[device->index]};

    return executor_ask(device, &request, file).result == WIRE_OK;
}

/* Memory of cuMemAlloc() is not there at all for devices that may not touch it. */
static bool is_seen(const struct device *device, const struct mapping *m)
{
    return device->socket >= 0 && (m->kind != KIND_ALLOC || m->access[device->index] != WIRE_NONE);
}

bool executor_map(struct device *device, const struct mapping *m)
{
    enum wire_op op = m->kind == KIND_MANAGED && uvm_follows(m) ? WIRE_FOLLOW : WIRE_MAP;

    return !is_seen(device, m) || ask_range(device, op, m, m->memory->file);
}

bool executor_protect(struct device *device, const struct mapping *m)
{
    return !is_seen(device, m) || ask_range(device, WIRE_PROTECT, m, -1);
}

void executor_unmap(struct device *device, const struct mapping *m)
{
    if (is_seen(device, m))
        (void)ask_range(device, WIRE_UNMAP, m, -1);
}
