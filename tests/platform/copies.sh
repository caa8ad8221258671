#!/bin/sh
# SPDX-License-Identifier: MIT
# copies.sh <hum> <platform_copies>: what the device wrote, copies and fills does not come home.
set -eu
hum=$1 program=$2
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
unset OCL_ICD_VENDORS

for options in workers=2 workers=2,faults=off; do
    "$hum" run --opencl --only -d "emu:$options" -o "$temporary/report" -- "$program" resident \
        >"$temporary/out" 2>&1 || { cat "$temporary/out"; exit 1; }
    # Faults of the host and the device, bytes to the device, to the host.
    rows=$(tr -s ' ' <"$temporary/report" |
        grep -Ec '^ buffer [0-2], freed 1\.0 MiB [0-9 ]+ 0 B 0 B ' || true)
    if [ "$rows" != 3 ]; then
        echo "$options: not three buffers that stay on the device:"
        cat "$temporary/report" "$temporary/out"
        exit 1
    fi
done
