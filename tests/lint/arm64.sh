#!/bin/sh
# SPDX-License-Identifier: MIT
# arm64.sh <source folder> <include folder of the libraries> ...
# Every source of the product compiles for arm64, but those that are for another machine or need a
# library that may be missing.  Only syntax is checked, so this machine's headers will do.
set -eu
cd "$1"
shift
cc=aarch64-linux-gnu-gcc
failed=0
flags="-std=gnu11 -D_GNU_SOURCE -fsyntax-only -Wall -Wextra -Werror"
flags="$flags -Iinclude -Iruntime -Itests -Ikernels -Ikernels/common -Isamples -Isamples/common"
flags="$flags -Ibench -Ibench/graph"
flags="$flags -DHUM_LIB_FROM_BIN=\"..\" -DHUM_MODULES_FROM_BIN=\"..\"" # CMake's

command -v $cc >/dev/null || {
    echo "no $cc (Debian: gcc-aarch64-linux-gnu libc6-dev-arm64-cross), skipped"
    exit 77
}
for folder in "$@"; do
    flags="$flags -idirafter $folder" # behind those of the other machine's C library
done
for file in $(find runtime kernels samples bench -name '*.c' ! -name 'ranks_mpi.c' | sort); do
    $cc $flags "$file" || {
        echo "$file: does not compile for arm64"
        failed=1
    }
done
exit $failed
