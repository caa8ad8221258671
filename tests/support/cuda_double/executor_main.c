/* SPDX-License-Identifier: MIT */
/*
 * executor_main.c - the process that stands for one device of the double: its page tables, and
 * kernels in their native form or in PTX.
 *
 * A launch of G blocks of T threads is G calls of the kernel's body, one block after the other,
 * each with T work-items: `part` and `group` are the block, hum_for_item runs over its threads,
 * local memory is the dynamic shared memory.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hum/kernel.h>

#include "support/cuda_double/uvm_open.h"
#include "support/cuda_double/wire.h"
#include "support/ptx/ptx.h"

#define MODULES_MAX 64

/* One of the two; so are kernels. */
struct module {
    void *native;
    struct ptx_module *ptx;
};

struct kernel {
    const struct hum_kernel_entry *native;
    struct ptx_kernel *ptx;
    size_t args_bytes;
};

static struct module modules[MODULES_MAX];
static uint32_t module_count;
static sigjmp_buf out_of_kernel;
static volatile sig_atomic_t in_kernel;
static volatile uint64_t bad_address;

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (!in_kernel)
        _exit(2);
    bad_address = (uint64_t)(uintptr_t)info->si_addr;
    siglongjmp(out_of_kernel, number);
}

static void catch_signals(void)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT};
    static char stack[64 << 10];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    sigaltstack(&alternate, NULL);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        sigaction(numbers[i], &action, NULL);
}

static int protection(enum wire_access access)
{
    if (access == WIRE_NONE)
        return PROT_NONE;
    return access == WIRE_READ ? PROT_READ : PROT_READ | PROT_WRITE;
}

static enum wire_result map(const struct wire_request *r, int file)
{
    void *at = (void *)(uintptr_t)r->start;
    void *got = mmap(at, r->bytes, protection(r->access), MAP_SHARED | MAP_FIXED_NOREPLACE, file,
                     (off_t)r->offset);

    if (got != MAP_FAILED && got != at)
        munmap(got, r->bytes);
    return got == at ? WIRE_OK : WIRE_FAILED;
}

/* Maps it so that each touch faults at the double; the descriptor goes along the first time. */
static enum wire_result follow(const struct wire_request *r, int file, int *faults_out)
{
    static int faults = -1;
    bool first = faults < 0;

    if (first)
        faults = uvm_open();
    if (faults < 0 || map(r, file) != WIRE_OK || !uvm_register(faults, r->start, r->bytes))
        return WIRE_FAILED;
    *faults_out = first ? faults : -1;
    return WIRE_OK;
}

/* Takes mappings away while kernels run. */
static void *run_agent(void *argument)
{
    uint64_t range[2], done = 1;

    while (recv(WIRE_AGENT, range, sizeof(range), 0) == (ssize_t)sizeof(range)) {
        madvise((void *)(uintptr_t)range[0], range[1], MADV_DONTNEED);
        if (send(WIRE_AGENT, &done, sizeof(done), MSG_NOSIGNAL) != (ssize_t)sizeof(done))
            break;
    }
    return argument;
}

static bool find(const struct wire_request *r, struct kernel *out)
{
    const struct module *m = &modules[r->module];
    char symbol[600];

    *out = (struct kernel){0};
    if (r->module >= module_count)
        return false;
    if (m->ptx) {
        out->ptx = ptx_find(m->ptx, r->text);
        out->args_bytes = out->ptx ? ptx_args_bytes(out->ptx) : 0;
        return out->ptx != NULL;
    }
    snprintf(symbol, sizeof(symbol), "hum_kernel_%s", r->text);
    out->native = dlsym(m->native, symbol);
    out->args_bytes = out->native ? out->native->args_bytes : 0;
    return out->native && out->native->abi == HUM_KERNEL_ABI;
}

static void run_blocks(const struct hum_kernel_entry *entry, const struct wire_request *r,
                       void *shared)
{
    struct hum_place place = {
        .parts = (size_t)r->grid[0] * r->grid[1] * r->grid[2],
        .groups = {r->grid[0], r->grid[1], r->grid[2]},
        .items = {r->block[0], r->block[1], r->block[2]},
        .items_total = (size_t)r->block[0] * r->block[1] * r->block[2],
        .local = shared,
    };

    for (place.part = 0; place.part < place.parts; place.part++) {
        place.group[0] = place.part % r->grid[0];
        place.group[1] = place.part / r->grid[0] % r->grid[1];
        place.group[2] = place.part / ((size_t)r->grid[0] * r->grid[1]);
        /* On a device it is what the block before left there. */
        memset(shared, 0xa5, r->shared_bytes);
        entry->run(r->args, &place);
    }
}

static void run_ptx(struct ptx_kernel *kernel, const struct wire_request *r,
                    struct wire_reply *reply)
{
    struct ptx_launch launch = {
        .grid = {r->grid[0], r->grid[1], r->grid[2]},
        .block = {r->block[0], r->block[1], r->block[2]},
        .shared_bytes = r->shared_bytes,
        .args = r->args,
        .seed = r->turns,
    };

    if (!ptx_run(kernel, &launch, reply->why, sizeof(reply->why)))
        reply->result = WIRE_FAILED;
}

static void run(const struct wire_request *r, struct wire_reply *reply)
{
    void *shared = aligned_alloc(64, (r->shared_bytes + 127u) & ~63u);
    struct kernel kernel;

    if (!find(r, &kernel) || !shared || kernel.args_bytes > r->args_bytes) {
        free(shared);
        reply->result = WIRE_NOT_FOUND;
        return;
    }
    int number = sigsetjmp(out_of_kernel, 1);
    if (number == 0) {
        in_kernel = 1;
        if (kernel.ptx)
            run_ptx(kernel.ptx, r, reply);
        else
            run_blocks(kernel.native, r, shared);
    } else {
        reply->result = WIRE_SIGNAL;
        reply->signal = number;
        reply->address = bad_address;
    }
    in_kernel = 0;
    free(shared);
}

static struct ptx_module *load_ptx(int file, struct wire_reply *reply)
{
    off_t bytes = lseek(file, 0, SEEK_END);
    char *text = bytes > 0 ? calloc(1, (size_t)bytes + 1) : NULL;
    struct ptx_module *module = NULL;

    if (text && pread(file, text, (size_t)bytes, 0) == bytes)
        module = ptx_parse(text, reply->why, sizeof(reply->why));
    free(text);
    return module;
}

static void load(const struct wire_request *r, int file, struct wire_reply *reply)
{
    struct module module = {0};

    if (module_count < MODULES_MAX && file >= 0)
        module.ptx = load_ptx(file, reply);
    else if (module_count < MODULES_MAX)
        module.native = dlopen(r->text, RTLD_NOW | RTLD_LOCAL);
    if (!module.native && !module.ptx) {
        reply->result = file < 0 && access(r->text, R_OK) ? WIRE_NOT_FOUND : WIRE_FAILED;
        return;
    }
    reply->value = module_count;
    modules[module_count++] = module;
}

static void serve(const struct wire_request *r, int file, struct wire_reply *reply,
                  int *faults_out)
{
    void *start = (void *)(uintptr_t)r->start;
    struct kernel kernel;

    switch (r->op) {
    case WIRE_MAP:
        reply->result = map(r, file);
        break;
    case WIRE_FOLLOW:
        reply->result = follow(r, file, faults_out);
        break;
    case WIRE_PROTECT:
        reply->result = mprotect(start, r->bytes, protection(r->access)) ? WIRE_FAILED : WIRE_OK;
        break;
    case WIRE_UNMAP:
        reply->result = munmap(start, r->bytes) ? WIRE_FAILED : WIRE_OK;
        break;
    case WIRE_LOAD:
        load(r, file, reply);
        break;
    case WIRE_FIND:
        reply->result = find(r, &kernel) ? WIRE_OK : WIRE_NOT_FOUND;
        reply->value = kernel.args_bytes;
        break;
    case WIRE_RUN:
        run(r, reply);
        break;
    }
}

/* False: the double is gone. */
static bool receive(struct wire_request *request_out, int *file_out)
{
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {request_out, sizeof(*request_out)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof(control)};
    ssize_t got;

    do
        got = recvmsg(WIRE_SOCKET, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof(*request_out))
        return false;
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    *file_out = -1;
    if (head && head->cmsg_type == SCM_RIGHTS)
        memcpy(file_out, CMSG_DATA(head), sizeof(int));
    return true;
}

static bool send_reply(const struct wire_reply *reply, int faults)
{
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {(void *)(uintptr_t)reply, sizeof(*reply)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (faults >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(head), &faults, sizeof(faults));
    }
    return sendmsg(WIRE_SOCKET, &message, MSG_NOSIGNAL) == (ssize_t)sizeof(*reply);
}

int main(void)
{
    static struct wire_request request;
    pthread_t agent;
    int file;

    catch_signals();
    if (pthread_create(&agent, NULL, run_agent, NULL))
        return 3;
    while (receive(&request, &file)) {
        struct wire_reply reply = {.result = WIRE_OK};
        int faults = -1;
        serve(&request, file, &reply, &faults);
        if (file >= 0)
            close(file);
        if (!send_reply(&reply, faults))
            break;
    }
    return 0;
}
