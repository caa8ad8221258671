#!/bin/sh
# SPDX-License-Identifier: MIT
# samples.sh <program> <options>...: every version asked for runs and agrees with the reference; on
# a device that --device-mem made small, something was evicted.
set -eu

fail()
{
    echo "$*" >&2
    exit 1
}

said=$(mktemp)
trap 'rm -f "$said"' EXIT
line=$("$@" --json 2>"$said") || {
    cat "$said" >&2
    ! grep -q 'apt-get install pocl' "$said" || exit 77 # no OpenCL here
    fail "a failure of: $*
$line"
}
echo "$line"
case " $* " in *' --mode unified '*) modes=unified ;; *) modes='unified explicit' ;; esac
for mode in $modes; do
    case $line in
    *"\"mode\":\"$mode\",\"fits\":true"*'"verified":true'*) ;;
    *) fail "the $mode version was not run and verified" ;;
    esac
done
case $line in *'"verified":false'*) fail "a result is wrong" ;; esac
case " $* " in *' --device-mem '*)
    echo "$line" | grep -qE '"evictions_(clean|dirty)":[1-9]' || fail "nothing was evicted" ;;
esac
