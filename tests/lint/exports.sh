#!/bin/sh
# SPDX-License-Identifier: MIT
# exports.sh <source folder> <nm> <libhum.so> [<libhum_icd.so> [<libhum_heap.so>]]: what the
# library exports is what hum.h, declared.h, look.h, program.h and trace.h declare; of the CUDA
# driver, found at run time, it names nothing.
set -eu
cd "$1"
nm=$2
library=$3
failed=0

exported=$($nm -D --defined-only "$library" | awk '{ print $NF }' | grep -v '^__' | sort -u)
declared=$(cat include/hum/hum.h include/hum/declared.h include/hum/look.h include/hum/program.h \
    include/hum/trace.h | tr '\n' ' ' |
    grep -o 'HUM_API [^;{]*(' | grep -o 'hum_[a-z0-9_]*(' | tr -d '(' | sort -u)

for name in $exported; do
    case $name in
    hum_*) echo "$declared" | grep -qx "$name" || {
        echo "$name: exported but not declared in a header"
        failed=1
    } ;;
    *) echo "$name: exported but does not start with hum_"
       failed=1 ;;
    esac
done
for name in $declared; do
    echo "$exported" | grep -qx "$name" || {
        echo "$name: declared in a header but not exported"
        failed=1
    }
done
for name in $($nm -D "$library" | awk '{ print $NF }' | grep '^cu[A-Z]' || true); do
    echo "$name: the CUDA driver is to be found at run time"
    failed=1
done
# The platform of OpenCL: what a loader looks for, and nothing that a program could mistake.
if [ -n "${4:-}" ]; then
    exported=$($nm -D --defined-only "$4" | awk '{ print $NF }' | grep -v '^__' | sort |
        tr '\n' ' ')
    case $exported in
    'clGetExtensionFunctionAddress clGetPlatformInfo clIcdGetPlatformIDsKHR ') ;;
    *) echo "$4 exports: $exported"
       failed=1 ;;
    esac
fi
# The heap: the C library's functions that it stands in for, and what the platform asks it.
if [ -n "${5:-}" ]; then
    exported=$($nm -D --defined-only "$5" | awk '{ print $NF }' | grep -v '^__' | sort |
        tr '\n' ' ')
    wanted='aligned_alloc calloc free hum_heap_find hum_heap_space hum_heap_start madvise malloc'
    wanted="$wanted malloc_usable_size memalign mlock mprotect munlock posix_madvise"
    wanted="$wanted posix_memalign pthread_create pvalloc realloc reallocarray strdup"
    [ "$exported" = "$wanted strndup valloc " ] || {
        echo "$5 exports: $exported"
        failed=1
    }
fi
exit $failed
