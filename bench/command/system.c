/* SPDX-License-Identifier: MIT */
/* system.c - see system.h */
#include "command/system.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor/uffd.h"

#define HUGE_BYTES ((size_t)2 << 20)
#define CAP_SYS_PTRACE_BIT 19
#define CAP_SYS_ADMIN_BIT 21

/* ---- small files ---------------------------------------------------------------------------- */

static bool read_line(const char *path, char *line, int room)
{
    FILE *in = fopen(path, "re");
    bool done = in && fgets(line, room, in);

    if (in)
        fclose(in);
    if (done)
        line[strcspn(line, "\n")] = '\0';
    return done;
}

static long read_long(const char *path)
{
    char line[64];

    return read_line(path, line, sizeof(line)) ? strtol(line, NULL, 10) : -1;
}

/* "always [madvise] never": the word in brackets. */
static void read_choice(const char *path, char *choice, size_t room)
{
    char line[256], *open, *end;

    snprintf(choice, room, "unknown");
    if (!read_line(path, line, sizeof(line)))
        return;
    open = strchr(line, '[');
    end = open ? strchr(open, ']') : NULL;
    if (end) {
        *end = '\0';
        snprintf(choice, room, "%s", open + 1);
    }
}

/* A line "key value kB" of a file of /proc, in bytes. */
static uint64_t read_kib(const char *path, const char *key)
{
    FILE *in = fopen(path, "re");
    char line[256];
    unsigned long long kib = 0;

    while (in && fgets(line, sizeof(line), in))
        if (strncmp(line, key, strlen(key)) == 0 &&
            sscanf(line + strlen(key), " %llu kB", &kib) == 1)
            break;
    if (in)
        fclose(in);
    return (uint64_t)kib << 10;
}

static uint64_t capabilities(void)
{
    FILE *in = fopen("/proc/self/status", "re");
    char line[256];
    unsigned long long set = 0;

    while (in && fgets(line, sizeof(line), in))
        if (sscanf(line, "CapEff: %llx", &set) == 1)
            break;
    if (in)
        fclose(in);
    return set;
}

static struct system_try outcome(int error)
{
    struct system_try t = {.works = error == 0};

    if (error)
        snprintf(t.reason, sizeof(t.reason), "%s", strerror(error));
    return t;
}

/* ---- userfaultfd ---------------------------------------------------------------------------- */

static struct system_try try_source(enum uffd_source source)
{
    int fd = uffd_open(source);

    if (fd < 0)
        return outcome(-fd);
    close(fd);
    return outcome(0);
}

static void find_features(struct system_facts *facts)
{
    static const struct {
        const char *name;
        unsigned bit;
        bool needed;
    } known[] = {
        {"pagefault_flag_wp", 0, true},
        {"event_fork", 1, false},
        {"event_remap", 2, false},
        {"event_remove", 3, false},
        {"missing_hugetlbfs", 4, false},
        {"missing_shmem", 5, true},
        {"event_unmap", 6, false},
        {"sigbus", 7, false},
        {"thread_id", 8, false},
        {"minor_hugetlbfs", 9, false},
        {"minor_shmem", 10, true},
        {"exact_address", 11, false},
        {"wp_hugetlbfs_shmem", 12, true},
        {"wp_unpopulated", 13, false},
        {"poison", 14, false},
        {"wp_async", 15, false},
        {"move", 16, false},
    };
    enum uffd_source source;
    uint64_t found = 0;
    int fd = uffd_open_any(&source);

    if (fd >= 0) {
        (void)uffd_handshake(fd, 0, &found);
        close(fd);
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        facts->feature[facts->features++] =
            (struct system_feature){known[i].name, (uint64_t)1 << known[i].bit, known[i].needed,
                                    (found >> known[i].bit & 1) != 0};
}

/* Map one page of a memfd read-only through its frame. */
static int continue_wp(int fd, int memfd)
{
    const uint64_t features = UFFD_FEATURE_MINOR_SHMEM | UFFD_FEATURE_WP_HUGETLBFS_SHMEM;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *at;
    int error;

    if (ftruncate(memfd, (off_t)page) != 0 || pwrite(memfd, "x", 1, 0) != 1)
        return errno;
    at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
    if (at == MAP_FAILED)
        return errno;
    error = uffd_handshake(fd, features, NULL);
    if (!error)
        error = uffd_register(fd, at, page, UFFDIO_REGISTER_MODE_MINOR | UFFDIO_REGISTER_MODE_WP);
    if (!error)
        error = uffd_continue(fd, at, page, UFFDIO_CONTINUE_MODE_WP);
    munmap(at, page);
    return error;
}

static struct system_try try_continue_wp(void)
{
    enum uffd_source source;
    int fd = uffd_open_any(&source), memfd, error;

    if (fd < 0)
        return outcome(-fd);
    memfd = memfd_create("hum-info", MFD_CLOEXEC);
    error = memfd < 0 ? errno : continue_wp(fd, memfd);
    if (memfd >= 0)
        close(memfd);
    close(fd);
    return outcome(error);
}

/* ---- the private tmpfs ---------------------------------------------------------------------- */

static bool write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return done;
}

/* A new mount namespace; in a new user namespace this user is its root, who may mount. */
static int leave_namespaces(bool user_namespace)
{
    char map[32];

    snprintf(map, sizeof(map), "0 %u 1", (unsigned)geteuid());
    if (!user_namespace)
        return unshare(CLONE_NEWNS) == 0 ? 0 : errno;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 || !write_text("/proc/self/uid_map", map))
        return errno;
    snprintf(map, sizeof(map), "0 %u 1", (unsigned)getegid());
    if (!write_text("/proc/self/setgroups", "deny") || !write_text("/proc/self/gid_map", map))
        return errno;
    return 0;
}

/* In a child: exit status 0, or an errno. */
static int tmpfs_mount(bool user_namespace)
{
    int fd, error = leave_namespaces(user_namespace);
    char *at;

    if (error)
        return error;
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("hum", "/tmp", "tmpfs", 0, "huge=always,size=0,mode=0700") != 0)
        return errno;
    fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)(2 * HUGE_BYTES)) != 0)
        return errno;
    at = mmap(NULL, 2 * HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        return errno;
    at[0] = 1;
    at[HUGE_BYTES] = 1;
    /* Writing one byte of a huge page fills the file by 2 MiB, of a small one by 4 KiB. */
    return lseek(fd, (off_t)(HUGE_BYTES / 2), SEEK_HOLE) < (off_t)HUGE_BYTES ? ENOTSUP : 0;
}

static int tmpfs_try(bool user_namespace)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        return errno;
    if (pid == 0)
        _exit(tmpfs_mount(user_namespace) & 0xff);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD;
}

static void find_tmpfs(struct system_facts *facts)
{
    int error = tmpfs_try(false);

    if (error) {
        int second = tmpfs_try(true);

        facts->tmpfs_user_namespace = second == 0;
        error = second;
    }
    facts->tmpfs = outcome(error);
}

/* ---- all of it ------------------------------------------------------------------------------ */

static void find_privileges(struct system_facts *facts)
{
    uint64_t set = capabilities();

    facts->uid = (unsigned)geteuid();
    facts->cap_sys_ptrace = (set >> CAP_SYS_PTRACE_BIT & 1) != 0;
    facts->cap_sys_admin = (set >> CAP_SYS_ADMIN_BIT & 1) != 0;
    facts->unprivileged_userfaultfd = read_long("/proc/sys/vm/unprivileged_userfaultfd");
    facts->map_count_max = read_long("/proc/sys/vm/max_map_count");
    facts->ptrace_scope = read_long("/proc/sys/kernel/yama/ptrace_scope");
}

void system_facts(struct system_facts *facts_out)
{
    static const char thp[] = "/sys/kernel/mm/transparent_hugepage/";
    struct utsname name;
    char path[128];
    long huge;

    memset(facts_out, 0, sizeof(*facts_out));
    if (uname(&name) == 0) {
        snprintf(facts_out->release, sizeof(facts_out->release), "%s %s", name.sysname,
                 name.release);
        snprintf(facts_out->machine, sizeof(facts_out->machine), "%s", name.machine);
    }
    facts_out->fault_syscall = try_source(UFFD_SYSCALL);
    facts_out->fault_device = try_source(UFFD_DEVICE);
    facts_out->fault_user = try_source(UFFD_USER_ONLY);
    facts_out->continue_wp = try_continue_wp();
    find_features(facts_out);
    find_tmpfs(facts_out);
    find_privileges(facts_out);
    snprintf(path, sizeof(path), "%senabled", thp);
    read_choice(path, facts_out->thp, sizeof(facts_out->thp));
    snprintf(path, sizeof(path), "%sshmem_enabled", thp);
    read_choice(path, facts_out->thp_shmem, sizeof(facts_out->thp_shmem));
    snprintf(path, sizeof(path), "%shpage_pmd_size", thp);
    huge = read_long(path);
    facts_out->huge_page_bytes = huge > 0 ? (uint64_t)huge : 0;
    facts_out->memory_bytes = read_kib("/proc/meminfo", "MemTotal:");
    facts_out->available_bytes = read_kib("/proc/meminfo", "MemAvailable:");
}
