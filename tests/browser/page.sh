#!/bin/sh
# SPDX-License-Identifier: MIT
# page.sh <node> <playwright-core> <hum> <make_trace> <screenshots> [events]: runs page.mjs, or says
# what is missing and ends with 77.
set -eu

skip()
{
    echo "skipped: $*"
    exit 77
}

case $1 in "" | *-NOTFOUND) skip "there is no node (Debian: nodejs)" ;; esac
[ -n "$2" ] || skip "playwright-core could not be had from npm when the build was configured"
if ! "$3" report /dev/null -o /dev/null 2>&1 | grep -q 'built without the page'; then
    exec "$1" "$(dirname "$0")/page.mjs" "$2" "$3" "$4" "$5" ${6:+"$6"}
fi
skip "hum was built without the page: npm or its registry was not there"
