#!/bin/sh
# SPDX-License-Identifier: MIT
# assemble.sh <folder of the kernels' PTX> <name ...>: NVIDIA's assembler takes all of them.
#
# Skipped (77) where there is no ptxas: it comes with CUDA's toolkit, which nothing of hum needs.
set -eu
folder=$1
shift
PATH=$PATH:/usr/local/cuda/bin
command -v ptxas >/dev/null || {
    echo "no ptxas (part of CUDA's toolkit)"
    exit 77
}

# The oldest and the newest device that it makes code for; it lists older ones.
oldest=
newest=
for target in $(ptxas --help | grep -o 'sm_[0-9][0-9]*' | sort -u -t_ -k2n); do
    printf '.version 6.0\n.target sm_35\n.address_size 64\n' |
        ptxas -arch="$target" -o /dev/null /dev/stdin 2>/dev/null || continue
    : "${oldest:=$target}"
    newest=$target
done
[ -n "$oldest" ] || {
    echo "ptxas assembles nothing for sm_35"
    exit 1
}

# Registers that do not fit and arrays end up in a thread's own memory.
check()
{
    says=$(ptxas -v -arch="$1" -o /dev/null "$2" 2>&1) || fail "refused for $1" "$2"
    case $says in
    *warning*) fail "a warning for $1" "$2" ;;
    esac
    if echo "$says" | grep 'stack frame' | grep -qv '^ *0 bytes stack frame, 0 bytes spill'; then
        fail "a thread needs memory of its own on $1" "$2"
    fi
}

fail()
{
    echo "$says"
    echo "$2: $1"
    exit 1
}

for target in "$oldest" "$newest"; do
    for name in "$@"; do
        check "$target" "$folder/$name.ptx"
    done
done
echo "$# modules assembled for $oldest and $newest"
