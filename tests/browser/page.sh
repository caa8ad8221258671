#!/bin/sh
# SPDX-License-Identifier: MIT
# page.sh <test> <node> <playwright-core> <hum> ...: runs <test>.mjs, which says what else it takes,
# or says what is missing and ends with 77.
set -eu

skip()
{
    echo "skipped: $*"
    exit 77
}

test=$1 node=$2
shift 2
case $node in "" | *-NOTFOUND) skip "there is no node (Debian: nodejs)" ;; esac
[ -n "$1" ] || skip "playwright-core could not be had from npm when the build was configured"
if ! "$2" report /dev/null -o /dev/null 2>&1 | grep -q 'built without the page'; then
    exec "$node" "$(dirname "$0")/$test.mjs" "$@"
fi
skip "hum was built without the page: npm or its registry was not there"
