#!/bin/sh
# SPDX-License-Identifier: MIT
# samples.sh <program> <options>...: both versions run and agree with the reference.
set -eu

fail()
{
    echo "$*" >&2
    exit 1
}

line=$("$@" --json) || fail "exit status $? of: $*
$line"
echo "$line"
for mode in unified explicit; do
    case $line in
    *"\"mode\":\"$mode\",\"fits\":true"*'"verified":true'*) ;;
    *) fail "the $mode version was not run and verified" ;;
    esac
done
case $line in *'"verified":false'*) fail "a result is wrong" ;; esac
