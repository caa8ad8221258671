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
case $line in
*'"mode":"unified","fits":true'*'"verified":true'*'"mode":"explicit","fits":true'*'"verified":true'*) ;;
*) fail "not both versions are verified" ;;
esac
case $line in *'"verified":false'*) fail "a result is wrong" ;; esac
