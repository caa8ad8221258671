#!/bin/sh
# SPDX-License-Identifier: MIT
# traced.sh <hum> <checked>: the trace of a program that never closes the space is whole, and one
# with accesses is good for all that hum does with traces.
set -eu
hum=$1 checked=$2
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
cd "$temporary"

# expect <words> <command ...>: it succeeds and prints a line with them
expect()
{
    words=$1
    shift
    if ! "$@" >out 2>&1 || ! grep -Eq "$words" out; then
        echo "$*: failed, or no '$words' in:"
        cat out
        exit 1
    fi
}

# More is used than the device has.
run()
{
    expect '^0 of 1048576' "$hum" run --opencl --only -d emu:mem=6M,workers=2 "$@" -- "$checked"
}

run --trace plain
expect 'evictions dirty +[1-9]' "$hum" report plain
if grep -E 'end is missing|no counters' out; then
    cat out
    exit 1
fi
expect 'region end +2 ' "$hum" trace info plain

run --accesses epoch --trace epoch
expect 'accesses: epoch' "$hum" trace info epoch
expect 'REGIONS' "$hum" report epoch
expect 'best, or within' "$hum" compare -p 'driver;lfu;tree;counter' -r 1.1,2 epoch
expect 'replayed in' "$hum" replay --capacity 6M epoch
expect 'nothing to advise|hum_advise' "$hum" advise epoch
