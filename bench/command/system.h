/* SPDX-License-Identifier: MIT */
/*
 * system.h - what this machine's kernel offers hum and what this user may do with it.
 *
 * Everything is tried, not looked up: a version number says nothing about backports, containers and
 * seccomp filters.
 */
#ifndef HUM_COMMAND_SYSTEM_H
#define HUM_COMMAND_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What could be had, and why not: reason is "" or a sentence. */
struct system_try {
    bool works;
    char reason[120];
};

struct system_feature {
    const char *name; /* as in <linux/userfaultfd.h>, lower case */
    uint64_t bit;
    bool needed; /* hum does not run without it */
    bool found;
};

#define SYSTEM_FEATURES_MAX 24

struct system_facts {
    char release[136]; /* of the kernel */
    char machine[72];

    struct system_try fault_syscall; /* userfaultfd(2), faults of system calls included */
    struct system_try fault_device;  /* /dev/userfaultfd */
    struct system_try fault_user;    /* userfaultfd(2), faults of user code only */
    struct system_try continue_wp;   /* read-only mappings: UFFDIO_CONTINUE_MODE_WP */
    struct system_feature feature[SYSTEM_FEATURES_MAX];
    unsigned features;

    struct system_try tmpfs;     /* a private tmpfs with huge pages */
    bool tmpfs_user_namespace;   /* it took a user namespace */
    char thp[64], thp_shmem[96]; /* the chosen word of each setting of the system */
    uint64_t huge_page_bytes;

    unsigned uid;
    bool cap_sys_ptrace, cap_sys_admin;
    long unprivileged_userfaultfd; /* the sysctl; -1: there is none */
    long map_count_max;            /* vm.max_map_count */
    long ptrace_scope;             /* yama; -1: there is none */
    uint64_t memory_bytes, available_bytes;
};

void system_facts(struct system_facts *facts_out);

#endif
