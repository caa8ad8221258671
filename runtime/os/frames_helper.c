/* SPDX-License-Identifier: MIT */
/*
 * frames_helper.c - the process that makes a file of huge pages.
 *
 * Mounting needs CAP_SYS_ADMIN.  Without it, a user namespace of our own gives it for a mount that
 * nobody else sees.  The mount is never attached to a folder: it lives as long as the file.
 */
#include "os/frames.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "os/channel.h"
#include "os/frames_message.h"
#include "os/process.h"

static bool write_text(const char *path, const char *text)
{
    size_t length = strlen(text);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, length) == (ssize_t)length;

    if (fd >= 0)
        close(fd);
    return done;
}

/* Become the only user of a namespace of our own; files there need an owner that it knows. */
static bool enter_namespace(void)
{
    char users[32], groups[32];

    snprintf(users, sizeof users, "%u %u 1", geteuid(), geteuid());
    snprintf(groups, sizeof groups, "%u %u 1", getegid(), getegid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
           write_text("/proc/self/uid_map", users) &&
           write_text("/proc/self/setgroups", "deny") &&
           write_text("/proc/self/gid_map", groups);
}

/* The descriptor of a mounted tmpfs, or -1. */
static int mount_tmpfs(void)
{
    int mount = -1, fs = fsopen("tmpfs", FSOPEN_CLOEXEC);

    if (fs < 0)
        return -1;
    if (fsconfig(fs, FSCONFIG_SET_STRING, "huge", "always", 0) == 0 &&
        fsconfig(fs, FSCONFIG_SET_STRING, "size", "0", 0) == 0 &&
        fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
        mount = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    close(fs);
    return mount;
}

/* The kernel says how much of a mapping is mapped with huge pages. */
static bool has_huge_mapping(uintptr_t address)
{
    FILE *file = fopen("/proc/self/smaps", "re");
    char line[512];
    bool inside = false, found = false;

    if (!file)
        return false;
    while (fgets(line, sizeof line, file)) {
        unsigned long start, end, kib;
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
            inside = address >= start && address < end;
        else if (inside && sscanf(line, "ShmemPmdMapped: %lu kB", &kib) == 1)
            found = kib >= HUM_BLOCK_SIZE >> 10;
    }
    fclose(file);
    return found;
}

/* Touch one block of the file and look. */
static bool gives_huge_pages(int fd)
{
    size_t room = 2 * HUM_BLOCK_SIZE;
    char *start = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *block;
    bool huge = false;

    if (start == MAP_FAILED || ftruncate(fd, (off_t)HUM_BLOCK_SIZE) != 0)
        return false;
    block = start + (HUM_BLOCK_SIZE - (uintptr_t)start % HUM_BLOCK_SIZE) % HUM_BLOCK_SIZE;
    if (mmap(block, HUM_BLOCK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
        block) {
        *(volatile char *)block = 1;
        huge = has_huge_mapping((uintptr_t)block);
    }
    munmap(start, room);
    return ftruncate(fd, 0) == 0 && huge;
}

/* The descriptor, or -1 and the reason. */
static int make_file(struct humi_frames_message *answer)
{
    int mount = mount_tmpfs(), fd;

    if (mount < 0 && (errno == EPERM || errno == EACCES) && enter_namespace())
        mount = mount_tmpfs();
    if (mount < 0) {
        snprintf(answer->text, sizeof answer->text,
                 "a private tmpfs with huge=always cannot be mounted (%s); allow user namespaces "
                 "or run as root",
                 strerror(errno));
        return -1;
    }
    fd = openat(mount, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        snprintf(answer->text, sizeof answer->text, "no file on the private tmpfs: %s",
                 strerror(errno));
    } else if (!gives_huge_pages(fd)) {
        snprintf(answer->text, sizeof answer->text,
                 "the system gives no huge pages to shared memory; look at "
                 "/sys/kernel/mm/transparent_hugepage/shmem_enabled (not \"deny\") and at free "
                 "memory");
        close(fd);
        fd = -1;
    }
    close(mount);
    return fd;
}

int humi_frames_helper(void)
{
    struct humi_frames_message answer = {0};
    int fd = make_file(&answer);
    enum hum_status status;

    answer.status = fd >= 0 ? HUM_OK : HUM_ERR_UNSUPPORTED;
    status = humi_channel_send(HUMI_PROCESS_CHANNEL, &answer, sizeof answer, &fd, fd >= 0);
    return status == HUM_OK ? 0 : 1;
}
