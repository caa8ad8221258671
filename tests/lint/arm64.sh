#!/bin/sh
# SPDX-License-Identifier: MIT
# arm64.sh <source folder> <include folder of the libraries> ...: every source compiles for arm64.
# Only their syntax is checked, so the headers of this machine's libraries will do.
set -eu
cd "$1"
shift
cc=aarch64-linux-gnu-gcc
failed=0
flags="-std=gnu11 -D_GNU_SOURCE -fsyntax-only -Wall -Wextra -Werror"
flags="$flags -Iinclude -Iruntime -Itests -Ikernels -Ikernels/common -Isamples -Isamples/common"
flags="$flags -Ibench -Ibench/graph"

command -v $cc >/dev/null || {
    echo "no $cc (Debian: gcc-aarch64-linux-gnu libc6-dev-arm64-cross), skipped"
    exit 77
}
for folder in "$@"; do
    flags="$flags -idirafter $folder" # behind those of the other machine's C library
done
for file in $(find runtime kernels samples bench tests -name '*.c' | sort); do
    $cc $flags "$file" || {
        echo "$file: does not compile for arm64"
        failed=1
    }
done
exit $failed
