#!/bin/sh
# SPDX-License-Identifier: MIT
# clinfo.sh <hum>: a program of others asks for everything, and `hum run --opencl` shows it what it
# should see.  77: there is no clinfo.
set -eu
hum=$1
command -v clinfo >/dev/null || exit 77
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
mkdir "$temporary/tmp"
export TMPDIR="$temporary/tmp"
unset OCL_ICD_VENDORS

fail()
{
    echo "$*"
    exit 1
}

# expect <pattern>: in what clinfo printed
expect()
{
    grep -Eq "$1" "$temporary/out" || fail "no line like '$1' in: $(cat "$temporary/out")"
}

"$hum" run --opencl --only -d emu:mem=96M,workers=2 -- \
    clinfo >"$temporary/out" 2>"$temporary/err" ||
    fail "clinfo ended with $?: $(cat "$temporary/err")"
expect '^Number of platforms +1$'
expect 'Device Name +hum emu0 on '
expect 'Device Type +GPU'
expect 'Device Version +OpenCL 3.0 hum emu'
expect 'Max compute units +2'
expect 'Global memory size +100663296 '
expect 'Fine-grained buffer sharing +Yes'
expect 'Out-of-order execution +Yes'
expect 'clCreateContextFromType\(NULL, CL_DEVICE_TYPE_GPU\) +Success \(1\)'
if grep -E 'error -[0-9]+' "$temporary/out"; then
    fail "clinfo was answered with errors"
fi

# Two devices; beside what was there before.
"$hum" run --opencl -d 'emu;emu' -- clinfo -l >"$temporary/out" 2>"$temporary/err" ||
    fail "$(cat "$temporary/err")"
expect 'Device #1: hum emu1'
clinfo -l >"$temporary/before" 2>/dev/null || true
was=$(grep -c '^Platform' "$temporary/before" || true)
[ "$(grep -c '^Platform' "$temporary/out")" -eq $((was + 1)) ] ||
    fail "not one platform more: $(cat "$temporary/out" "$temporary/before")"

[ -z "$(ls "$TMPDIR")" ] || fail "left behind: $(ls "$TMPDIR")"
