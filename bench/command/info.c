/* SPDX-License-Identifier: MIT */
/*
 * info.c - `hum info`: what this machine gives hum, what is reduced and how to lift it.
 *
 * What the kernel offers is tried before a space is opened; what hum made of it is asked from a
 * space that is opened for the purpose.  The two are shown side by side, because a difference
 * between them is what a user wants to see.
 */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hum/hum.h>

#include "command/command.h"
#include "command/json.h"
#include "command/loader.h"
#include "command/policies.h"
#include "command/system.h"
#include "command/text.h"
#include "command/topology.h"

static const char help[] =
    "Usage: hum info [options]\n"
    "       hum info --policies [--json] [POLICY]\n"
    "\n"
    "Show the devices hum has here, the machine's topology, which kernel features were found,\n"
    "what this user may do, how huge pages are had, what programs of OpenCL find here, what is\n"
    "reduced and how to lift it.\n"
    "\n"
    "Options:\n"
    "  -d, --devices SPEC  open these devices instead of those of HUM_DEVICES\n"
    "  -p, --policies      the policies, parts and numbers there are; with POLICY what it is\n"
    "                      made of: a name, parts, or the path of a plug-in, as in HUM_POLICY\n"
    "  -j, --json          a JSON object\n"
    "  -h, --help          this text\n"
    "\n"
    "Exit status: 0 if hum works here, 1 if it does not (the reason is printed), 2 for a wrong\n"
    "command line.\n";

/* Everything there is to tell. */
struct info {
    struct system_facts facts;
    struct topology topology;
    bool has_topology;
    struct loader_facts loader;
    struct hum *hum; /* NULL: error says why */
    struct hum_system_info system;
    char error[640];
};

static void open_space(struct info *info, const char *devices)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    enum hum_status status;

    options.devices = devices;
    status = hum_open(&options, &info->hum);
    if (status == HUM_OK)
        status = hum_system_info(info->hum, &info->system);
    if (status != HUM_OK) {
        snprintf(info->error, sizeof(info->error), "%s: %s", hum_status_text(status),
                 hum_error_text());
        hum_close(info->hum);
        info->hum = NULL;
    }
}

static const char *yes(bool is)
{
    return is ? "yes" : "no";
}

/* ---- text ----------------------------------------------------------------------------------- */

static void print_machine(const struct info *info)
{
    const struct topology *t = &info->topology;
    static const char *const names[] = {"L1d", "L2", "L3"};
    const char *before = "";

    printf("Machine\n  %s on %s, %s of memory, %s available\n", info->facts.release,
           info->facts.machine, text_bytes(info->facts.memory_bytes).s,
           text_bytes(info->facts.available_bytes).s);
    if (!info->has_topology) {
        printf("  the topology could not be read\n\n");
        return;
    }
    printf("  %s%spackages: %u, cores: %u, threads: %u\n", t->cpu, t->cpu[0] ? "; " : "",
           t->packages, t->cores, t->threads);
    printf("  caches:");
    for (unsigned i = 0; i < 3; i++) {
        if (t->caches[i])
            printf("%s %u x %s of %s", before, t->caches[i], names[i],
                   text_bytes(t->cache_bytes[i]).s);
        before = t->caches[i] ? "," : before;
    }
    printf("\n");
    for (unsigned i = 0; i < t->nodes && i < TOPOLOGY_NODES_MAX; i++)
        printf("  memory node %u: %s, %u threads\n", i, text_bytes(t->node_bytes[i]).s,
               t->node_threads[i]);
    printf("\n");
}

static void print_devices(const struct info *info)
{
    struct table *table;

    printf("Devices\n");
    if (!info->hum) {
        printf("  none: hum does not work here\n  %s\n\n", info->error);
        return;
    }
    table = table_create(TABLE_NOTE_LAST);
    table_row(table, "name", "kind", "memory", "workers", "process", "huge pages", "model", NULL);
    for (int d = 0; d < (int)hum_device_count(info->hum); d++) {
        struct hum_device_info device;
        char workers[16], pid[16];

        if (hum_device_info(info->hum, d, &device) != HUM_OK)
            continue;
        snprintf(workers, sizeof(workers), "%u", device.workers);
        snprintf(pid, sizeof(pid), "%d", device.pid);
        table_row(table, device.name, device.kind, text_bytes(device.memory_bytes).s, workers, pid,
                  yes(device.huge_pages), device.model, NULL);
    }
    table_print(table, stdout, 2);
    printf("  space: %s at 0x%zx, policy %s\n\n", text_bytes(info->system.space_bytes).s,
           (size_t)info->system.space_start, info->system.policy);
}

static void try_row(struct table *table, const char *what, const struct system_try *t)
{
    table_row(table, what, yes(t->works), t->reason, NULL);
}

static void print_features(const struct info *info)
{
    const struct system_facts *f = &info->facts;
    struct table *table = table_create(TABLE_NOTE_LAST);

    printf("Kernel features\n");
    try_row(table, "userfaultfd, system calls too", &f->fault_syscall);
    try_row(table, "/dev/userfaultfd", &f->fault_device);
    try_row(table, "userfaultfd, user code only", &f->fault_user);
    try_row(table, "read-only mappings (CONTINUE_MODE_WP)", &f->continue_wp);
    try_row(table, "private tmpfs with huge pages", &f->tmpfs);
    table_print(table, stdout, 2);
    for (int found = 1; found >= 0; found--) {
        unsigned column = 0;

        for (unsigned i = 0; i < f->features; i++) {
            if (f->feature[i].found != (found != 0))
                continue;
            if (column == 0)
                column = (unsigned)printf("  userfaultfd features %s:", found ? "found" : "absent");
            else if (column > 76)
                column = (unsigned)printf("\n   ") - 1;
            column += (unsigned)printf(" %s%s", f->feature[i].name,
                                       !found && f->feature[i].needed ? " (needed)" : "");
        }
        if (column)
            printf("\n");
    }
    printf("\n");
}

static void print_privileges(const struct info *info)
{
    const struct system_facts *f = &info->facts;

    printf("Privileges\n  user %u, CAP_SYS_PTRACE %s, CAP_SYS_ADMIN %s\n", f->uid,
           yes(f->cap_sys_ptrace), yes(f->cap_sys_admin));
    printf("  vm.unprivileged_userfaultfd %ld, vm.max_map_count %ld", f->unprivileged_userfaultfd,
           f->map_count_max);
    if (f->ptrace_scope >= 0)
        printf(", kernel.yama.ptrace_scope %ld", f->ptrace_scope);
    printf("\n");
    printf("\nHuge pages\n  transparent: %s, shared memory: %s, size %s\n", f->thp, f->thp_shmem,
           text_bytes(f->huge_page_bytes).s);
    if (f->tmpfs.works)
        printf("  private tmpfs: works%s\n",
               f->tmpfs_user_namespace ? ", in a user namespace" : ", with root's rights");
    else
        printf("  private tmpfs: %s\n", f->tmpfs.reason);
    printf("\n");
}

/* Its length: behind two spaces PoCL says how it was built. */
static int short_version(const struct loader_platform *platform)
{
    const char *end = strstr(platform->version, "  ");

    return (int)(end ? (size_t)(end - platform->version) : strlen(platform->version));
}

static void print_opencl(const struct info *info)
{
    const struct loader_facts *l = &info->loader;
    const struct loader_platform *hum = loader_hum(l), *pocl = loader_pocl(l);

    printf("OpenCL\n  platform hum: %s, ", l->library[0] ? l->library : "this hum has none");
    if (l->icd[0])
        printf("installed by %s\n", l->icd);
    else
        printf("not installed (hum run --opencl needs no installation)\n");
    if (!l->is_there)
        printf("  loader: no libOpenCL.so.1 that answers (Debian: ocl-icd-libopencl1)\n");
    else
        printf("  loader: finds %u platform%s, %s%s\n", l->platforms,
               l->platforms == 1 ? "" : "s", hum ? "hum's too: " : "not hum's",
               hum ? hum->version : "");
    printf("  kernels of emulated devices are compiled by %.*s\n\n",
           pocl ? short_version(pocl) : INT_MAX,
           pocl ? pocl->version : "nothing: PoCL is not found (Debian: pocl-opencl-icd)");
}

/* The runtime's own lines, indented. */
static void print_reduced(const struct info *info)
{
    const char *line = info->hum ? info->system.reduced : NULL;

    if (!line)
        return;
    printf("In use\n  system calls on managed pointers: %s, read-only copies: %s, huge pages: %s\n",
           yes(info->system.kernel_faults), yes(info->system.shared_read),
           yes(info->system.huge_pages));
    printf("\nReduced\n");
    if (!*line)
        printf("  nothing\n");
    while (*line) {
        int length = (int)strcspn(line, "\n");

        printf("  %.*s\n", length, line);
        line += length;
        line += *line == '\n';
    }
}

static void print_text(const struct info *info)
{
    printf("hum %d.%d.%d\n\n", HUM_VERSION_MAJOR, HUM_VERSION_MINOR, HUM_VERSION_PATCH);
    print_devices(info);
    print_machine(info);
    print_features(info);
    print_privileges(info);
    print_opencl(info);
    print_reduced(info);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static json_t *try_json(const struct system_try *t)
{
    return json_pack("{s:b, s:o}", "works", t->works, "reason", json_text(t->reason));
}

static json_t *devices_json(const struct info *info)
{
    json_t *list = json_array();

    for (int d = 0; info->hum && d < (int)hum_device_count(info->hum); d++) {
        struct hum_device_info device;

        if (hum_device_info(info->hum, d, &device) != HUM_OK)
            continue;
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o, s:i, s:i, s:b, s:b, s:o}", "name",
                            json_text(device.name), "kind", json_text(device.kind), "model",
                            json_text(device.model), "memory_bytes",
                            json_count(device.memory_bytes), "workers", (int)device.workers, "pid",
                            device.pid, "huge_pages", device.huge_pages, "lost", device.lost,
                            "restarts", json_count(device.restarts)));
    }
    return list;
}

static json_t *topology_json(const struct info *info)
{
    const struct topology *t = &info->topology;
    static const char *const names[] = {"l1d", "l2", "l3"};
    json_t *nodes = json_array(), *caches = json_array();

    for (unsigned i = 0; i < t->nodes && i < TOPOLOGY_NODES_MAX; i++)
        json_array_append_new(nodes,
                              json_pack("{s:o, s:i}", "memory_bytes", json_count(t->node_bytes[i]),
                                        "threads", (int)t->node_threads[i]));
    for (unsigned i = 0; i < 3; i++)
        if (t->caches[i])
            json_array_append_new(caches, json_pack("{s:s, s:i, s:o}", "level", names[i], "count",
                                                    (int)t->caches[i], "bytes",
                                                    json_count(t->cache_bytes[i])));
    return json_pack("{s:o, s:i, s:i, s:i, s:o, s:o}", "cpu", json_text(t->cpu), "packages",
                     (int)t->packages, "cores", (int)t->cores, "threads", (int)t->threads, "caches",
                     caches, "nodes", nodes);
}

static json_t *features_json(const struct system_facts *f)
{
    json_t *list = json_object();

    for (unsigned i = 0; i < f->features; i++)
        json_object_set_new(list, f->feature[i].name, json_boolean(f->feature[i].found));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "userfaultfd_system_calls",
                     try_json(&f->fault_syscall), "dev_userfaultfd", try_json(&f->fault_device),
                     "userfaultfd_user_only", try_json(&f->fault_user), "continue_wp",
                     try_json(&f->continue_wp), "private_tmpfs", try_json(&f->tmpfs), "userfaultfd",
                     list);
}

static json_t *privileges_json(const struct system_facts *f)
{
    return json_pack("{s:i, s:b, s:b, s:I, s:I, s:I}", "uid", (int)f->uid, "cap_sys_ptrace",
                     f->cap_sys_ptrace, "cap_sys_admin", f->cap_sys_admin,
                     "unprivileged_userfaultfd", (json_int_t)f->unprivileged_userfaultfd,
                     "max_map_count", (json_int_t)f->map_count_max, "ptrace_scope",
                     (json_int_t)f->ptrace_scope);
}

static json_t *huge_json(const struct system_facts *f)
{
    return json_pack("{s:o, s:o, s:o, s:b, s:b}", "transparent", json_text(f->thp),
                     "transparent_shmem", json_text(f->thp_shmem), "bytes",
                     json_count(f->huge_page_bytes), "private_tmpfs", f->tmpfs.works,
                     "in_user_namespace", f->tmpfs_user_namespace);
}

static json_t *path_json(const char *path)
{
    return path[0] ? json_text(path) : json_null();
}

static json_t *opencl_json(const struct info *info)
{
    const struct loader_facts *l = &info->loader;
    const struct loader_platform *hum = loader_hum(l), *pocl = loader_pocl(l);
    json_t *platforms = json_array();

    for (unsigned i = 0; i < l->platforms; i++)
        json_array_append_new(platforms, json_pack("{s:o, s:o}", "name",
                                                   json_text(l->platform[i].name), "version",
                                                   json_text(l->platform[i].version)));
    return json_pack("{s:o, s:o, s:b, s:o, s:o, s:o}", "library", path_json(l->library), "icd",
                     path_json(l->icd), "loader", l->is_there, "hum",
                     hum ? json_text(hum->version) : json_null(), "pocl",
                     pocl ? json_text(pocl->version) : json_null(), "platforms", platforms);
}

static json_t *space_json(const struct info *info)
{
    const struct hum_system_info *s = &info->system;

    if (!info->hum)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:b, s:b, s:b}", "start",
                     json_text(text_hex(s->space_start).s), "bytes", json_count(s->space_bytes),
                     "policy", json_text(s->policy), "kernel_faults", s->kernel_faults,
                     "shared_read", s->shared_read, "huge_pages", s->huge_pages);
}

/* One element a line of the runtime's text. */
static json_t *reduced_json(const struct info *info)
{
    json_t *list = json_array();
    char *copy = info->hum ? strdup(info->system.reduced) : NULL, *rest = NULL;

    for (char *line = copy ? strtok_r(copy, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest))
        json_array_append_new(list, json_text(line));
    free(copy);
    return list;
}

static json_t *info_json(const struct info *info)
{
    char version[32];

    snprintf(version, sizeof(version), "%d.%d.%d", HUM_VERSION_MAJOR, HUM_VERSION_MINOR,
             HUM_VERSION_PATCH);
    return json_pack("{s:s, s:b, s:o, s:o, s:o, s:{s:o, s:o, s:o, s:o}, s:o, s:o, s:o, s:o, s:o,"
                     " s:o}",
                     "version", version, "works", info->hum != NULL, "error",
                     info->hum ? json_null() : json_text(info->error), "devices",
                     devices_json(info), "space", space_json(info), "machine", "kernel",
                     json_text(info->facts.release), "architecture", json_text(info->facts.machine),
                     "memory_bytes", json_count(info->facts.memory_bytes), "available_bytes",
                     json_count(info->facts.available_bytes), "topology",
                     info->has_topology ? topology_json(info) : json_null(), "kernel_features",
                     features_json(&info->facts), "privileges", privileges_json(&info->facts),
                     "huge_pages", huge_json(&info->facts), "opencl", opencl_json(info), "reduced",
                     reduced_json(info));
}

/* ---- the command ---------------------------------------------------------------------------- */

static int show(const char *devices, bool json)
{
    struct info *info = calloc(1, sizeof(*info));
    int status = EXIT_SUCCESS;

    if (!info) {
        command_say("info", "out of memory");
        return EXIT_FAILURE;
    }
    system_facts(&info->facts);
    info->has_topology = topology_find(&info->topology);
    loader_find(&info->loader); /* before a space has threads */
    open_space(info, devices);
    if (!json)
        print_text(info);
    else if (!json_print(info_json(info), stdout, true))
        status = EXIT_FAILURE;
    if (!info->hum)
        status = EXIT_FAILURE;
    hum_close(info->hum);
    free(info);
    return status;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"devices", required_argument, NULL, 'd'},
        {"policies", no_argument, NULL, 'p'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *devices = NULL;
    bool json = false, policies = false;
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "d:pjh", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS;
        }
        if (option == 'd')
            devices = optarg;
        else if (option == 'p')
            policies = true;
        else if (option == 'j')
            json = true;
        else
            return command_usage("info");
    }
    if (policies && !devices && argc - optind <= 1)
        return policies_show(argv[optind], json);
    if (policies && devices) {
        command_say("info", "--policies opens no devices");
        return command_usage("info");
    }
    if (policies)
        optind++;
    if (optind < argc) {
        command_say("info", "unexpected argument '%s'", argv[optind]);
        return command_usage("info");
    }
    return show(devices, json);
}

const struct command command_info = {"info", "devices, kernel features and what is reduced", run};
