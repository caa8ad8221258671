#!/bin/sh
# SPDX-License-Identifier: MIT
# take_page.sh <hum> <checked> <take_page>: what a program's kernels read is what hum keeps.  The
# program's numbers are right; with one page of a buffer taken before a launch, that page's are not.
set -eu
hum=$1 checked=$2 library=$3
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

# with_page <launch> <status> <words>: the program ends with status and says so
with_page()
{
    status=0
    "$hum" run --opencl --only -d emu:mem=32M,workers=2 -- \
        env LD_PRELOAD="$library" ASAN_OPTIONS=verify_asan_link_order=0 HUM_TEST_TAKE_PAGE="$1" \
        "$checked" >"$temporary/out" 2>&1 || status=$?
    if [ $status -ne "$2" ] || ! grep -q "^$3 of 1048576 numbers are wrong" "$temporary/out"; then
        echo "page taken before launch $1: status $status, not $2 and $3 wrong:"
        cat "$temporary/out"
        exit 1
    fi
}

with_page 0 0 0
with_page 1 1 1024
with_page 4 1 1024
with_page 5 0 0
