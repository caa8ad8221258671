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

# run <numbers> <option ...>
run()
{
    numbers=$1
    shift
    expect "^0 of $numbers" "$hum" run --opencl --only -p ahead -d emu:mem=6M,workers=2 "$@" \
        -- "$checked" "$numbers"
}

# More is used than the device has.
run 1048576 --trace plain
expect 'evictions dirty +[1-9]' "$hum" report plain
if grep -E 'end is missing|no counters' out; then
    cat out
    exit 1
fi
expect 'region end +2 ' "$hum" trace info plain

run 1048576 --accesses epoch --trace epoch
expect 'accesses: epoch' "$hum" trace info epoch
expect 'REGIONS' "$hum" report epoch
expect 'best, or within' "$hum" compare -p 'driver;lfu;tree;counter' -r 1.1,2 epoch
expect 'replayed in' "$hum" replay --capacity 6M epoch
expect 'nothing to advise|hum_advise' "$hum" advise epoch

# Whatever was recorded, and however little: what can be compared is, and nothing fails.
compared()
{
    expect "$1" "$hum" compare -q "$2"
    expect "$1" "$hum" compare -q --page-only "$2"
}
compared 'left out, 24 of 84: .* blocks' epoch
expect '"left_out": ?"the policy' "$hum" compare -q --json -p auto,driver -r 1,2 epoch
expect ',"the policy decides on blocks' "$hum" compare -q --csv -p auto,driver -r 1,2 epoch
run 500 --accesses epoch --trace tiny
compared 'left out, 24 of 84: .* blocks' tiny
expect 'page by page' "$hum" replay --capacity r=1.5 tiny
expect 'device memory 2.0 MiB \(r = 0' "$hum" advise -q --capacity r=1.5 tiny
run 500 --accesses full --trace host
compared 'left out, 24 of 84: .* blocks' host
run 500 --accesses exact --trace exact
run 0 --accesses epoch --trace idle
run 500 -d emu:mem=6M,faults=off --accesses epoch --trace declared
compared 'left out, 24 of 84: .* blocks' declared
expect 'its launches declare' "$hum" advise -q declared
for trace in plain exact idle; do
    compared 'left out, 84 of 84: there is no access' "$trace"
    expect 'there is no access' "$hum" replay --capacity r=1.5 "$trace"
    expect '"nothing": "there is no access' "$hum" replay --json --capacity r=1.5 "$trace"
    expect 'there is no access' "$hum" advise -q "$trace"
done
