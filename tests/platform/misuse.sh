#!/bin/sh
# SPDX-License-Identifier: MIT
# misuse.sh <hum> <misuse>: what hum run --opencl --check does with what was found.
set -eu
hum=$1 misuse=$2
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
cd "$temporary"

# run <status> <option ...> -- <command ...>: its exit status is as expected
run()
{
    expected=$1 status=0
    shift
    "$hum" run --opencl --only "$@" >out 2>err || status=$?
    [ "$status" = "$expected" ] && return
    echo "hum run $*: $status and not $expected:"
    cat out err
    exit 1
}

# count <number> <expression>: so often it is in the output
count()
{
    found=$(grep -Eo "$2" out | wc -l)
    [ "$found" = "$1" ] && return
    echo "'$2' is there $found times and not $1 times in:"
    cat out
    exit 1
}

run 0 --check -o report -- "$misuse" planted
grep -q 'check: 19 found' err
run 123 --check=fail --json -- "$misuse" planted
grep -q -- '--check=fail: 19 found' err
count 5 '"kind":"touch of unmapped"'
count 7 '"kind":"use of mapped"'
count 4 '"kind":"never unmapped"'
count 3 '"kind":"read of unwritten"'
count 1 '"call":"clEnqueueNDRangeKernel","kernel":"twice","memory":"buffer 5"'
count 1 '"call":"clReleaseMemObject","kernel":null,"memory":"buffer 3","memory_bytes":8192'
count 19 '"address":"0x[0-9a-f]+","bytes":[0-9]+,"process":[0-9]+,"text":"[^"]+"'
run 0 --check opencl,fail --json -- "$misuse" clean
count 1 '"findings":\[\]'
run 7 --check=fail -o report -- sh -c "'$misuse' planted; exit 7"
run 0 -o report -- "$misuse" planted
