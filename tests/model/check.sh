#!/bin/sh
# SPDX-License-Identifier: MIT
#
# check.sh - run the model checker over the protocols: each must hold in every world, and every
# protocol with a bug put in must be caught (else the model would prove nothing).
# Exit 77: spin is not installed.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
if ! command -v spin >/dev/null; then
    echo "skipped: the model checker is not installed (apt-get install spin)"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# check <holds|fails> <name> <spin options...>
# Compiling takes longer than most searches, so only the large ones are optimised.
check() {
    want=$1 name=$2
    shift 2
    spin -a "$@" "$here/$model.pml" >spin.log 2>&1 || { cat spin.log; exit 1; }
    ${CC:-cc} "${optimise:--O0}" -w -DSAFETY -DCOLLAPSE -DVECTORSZ=2048 -DMEMLIM=3072 -o pan pan.c
    ./pan -m2000000 >pan.log 2>&1 || true
    errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.log)
    states=$(sed -n 's/ *\([0-9.e+]*\) states, stored.*/\1/p' pan.log)
    if grep -q -e "max search depth too small" -e "out of memory" -e "memory limit" pan.log; then
        echo "$name: the search was cut short"; cat pan.log; exit 1
    fi
    case $want:$errors in
    holds:0 | fails:[1-9]*) echo "ok   $name: $want, $states states" ;;
    *) echo "FAIL $name: $want expected, errors: $errors"; cat pan.log; exit 1 ;;
    esac
}

model=prot
check holds "blocks that are opened natively"
check fails "bug 1: a store keeps what is left of opening" -DBUG=1
check fails "bug 2: read-only only by name" -DBUG=2
check fails "bug 3: open before it is unguarded" -DBUG=3
check fails "bug 4: stale no more after forgetting" -DBUG=4

model=ownership
check holds "two devices" -DDEVICES=2 -DBLOCKS=1
check holds "eviction at any time" -DDEVICES=1 -DBLOCKS=1 -DWITH_EVICTION
check holds "discard at any time" -DDEVICES=1 -DBLOCKS=1 -DWITH_DISCARD
check holds "device death at any time" -DDEVICES=1 -DBLOCKS=1 -DWITH_DEATH -DWITH_EVICTION
check holds "remote, and eviction" -DDEVICES=1 -DWITH_REMOTE -DWITH_EVICTION
check holds "remote, and discard" -DDEVICES=1 -DWITH_REMOTE -DWITH_DISCARD
check holds "remote, and device death" -DDEVICES=1 -DWITH_REMOTE -DWITH_DEATH -DWITH_EVICTION
optimise=-O1
check holds "remote, two devices" -DDEVICES=2 -DWITH_REMOTE
check holds "two blocks, room for one" -DDEVICES=1 -DBLOCKS=2 -DCAPACITY=1
optimise=-O0
check fails "bug 1: copy before taking write access" -DDEVICES=1 -DBUG=1
check fails "bug 2: launch without deferred unmapping" -DDEVICES=1 -DBUG=2
check fails "bug 3: evict the only copy" -DDEVICES=1 -DWITH_EVICTION -DBUG=3
check fails "bug 4: write beside a reader" -DDEVICES=1 -DBUG=4
check fails "bug 5: restart with old access" -DDEVICES=1 -DWITH_DEATH -DWITH_EVICTION -DBUG=5
check fails "bug 6: frame before room" -DDEVICES=1 -DBLOCKS=2 -DCAPACITY=1 -DBUG=6
check fails "bug 7: restart before forgetting" -DDEVICES=1 -DWITH_DEATH -DBUG=7
check fails "bug 8: copy beside remote writers" -DDEVICES=2 -DWITH_REMOTE -DBUG=8
check fails "bug 9: drop what others touch" -DDEVICES=1 -DWITH_REMOTE -DWITH_EVICTION -DBUG=9
check fails "bug 10: remote beside copies" -DDEVICES=2 -DWITH_REMOTE -DBUG=10
check fails "bug 11: led home for reading" -DDEVICES=1 -DWITH_REMOTE -DWITH_EVICTION -DBUG=11
if [ -n "${HUM_TEST_LONG:-}${HUM_LONG:-}" ]; then
    check holds "two devices, eviction" -DDEVICES=2 -DBLOCKS=1 -DWITH_EVICTION
    check holds "two devices, death" -DDEVICES=2 -DBLOCKS=1 -DWITH_DEATH
    check holds "two blocks, remote" -DDEVICES=1 -DBLOCKS=2 -DCAPACITY=1 -DWITH_REMOTE
fi
