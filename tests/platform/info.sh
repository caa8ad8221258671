#!/bin/sh
# SPDX-License-Identifier: MIT
# info.sh <hum> <crash.so>: what `hum info` says of OpenCL, installed and not, and beside a vendor
# that crashes.
set -eu
hum=$1 crash=$2
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

# expect <pattern> <command ...>: it succeeds, and one of its lines has the pattern
expect()
{
    pattern=$1
    shift
    "$@" >"$temporary/out" 2>"$temporary/err" || { cat "$temporary/out" "$temporary/err"; exit 1; }
    grep -Eq "$pattern" "$temporary/out" && return
    echo "no '$pattern' in:"
    cat "$temporary/out"
    exit 1
}

mkdir "$temporary/vendors"
export OCL_ICD_VENDORS="$temporary/vendors"
expect 'platform hum: /.*libhum_icd.so, not installed' "$hum" info
expect "not hum's" "$hum" info
expect 'compiled by nothing: PoCL is not found' "$hum" info
expect '"icd": null' "$hum" info --json
expect '"hum": "OpenCL 3.0 hum ' "$hum" run --opencl --only -o /dev/null -- "$hum" info --json
expect 'installed by /.*/hum.icd' "$hum" run --opencl --only -o /dev/null -- "$hum" info
expect "finds 1 platform, hum's too: OpenCL 3.0 hum" \
    "$hum" run --opencl --only -o /dev/null -- "$hum" info
echo "$crash" >"$temporary/vendors/crash.icd"
expect 'no libOpenCL.so.1 that answers' "$hum" info
expect '"loader": false' "$hum" info --json
