#!/bin/sh
# SPDX-License-Identifier: MIT
# options.sh <bfs> <triad> <hashjoin> <work_stealing>: mistakes on the command line are explained,
# with status 2.
set -eu
bfs=$1 triad=$2 hashjoin=$3 stealing=$4

# refuses <words of the message> <program> <option>...
refuses()
{
    words=$1
    shift
    status=0
    said=$("$@" 2>&1) || status=$?
    [ "$status" -eq 2 ] || { echo "status $status, not 2: $*"; exit 1; }
    case $said in *"$words"*) ;; *) echo "'$words' is not in: $said"; exit 1 ;; esac
}

refuses "unknown option '--frob'" "$bfs" --frob
refuses "has no option 'touch'" "$bfs" --touch 0.5
refuses "'0'" "$bfs" --size 0
refuses "too large" "$triad" --size 2000G
refuses "'12Q'" "$bfs" --size 12Q
refuses "'99999999999999999999'" "$bfs" --size 99999999999999999999
refuses "'sideways'" "$bfs" --mode sideways
refuses "'0%'" "$bfs" --device-mem 0%
refuses "a value is missing" "$bfs" --size
refuses "unexpected argument 'x'" "$bfs" x
"$bfs" --help | grep -q -- --graph

refuses "has no option 'ops'" "$bfs" --ops 5
refuses "has no option 'zipf'" "$triad" --zipf 1
refuses "'0'" "$hashjoin" --ops 0
for zipf in -1 2 nan 1x ''; do
    refuses "'$zipf'" "$hashjoin" --zipf "$zipf"
done

refuses "has no option 'host-threads'" "$bfs" --host-threads 1
refuses "'0'" "$stealing" --host-threads 0
refuses "too many" "$stealing" --host-threads 3

# A sample without explicit copies says so, and runs what it has.
refuses "no version 'explicit'" "$triad" --mode explicit
"$triad" --help | grep -q "no version with explicit copies"
said=$("$triad" --size 10 --runs 1 --mode both --json)
case $said in
*explicit*) echo "a version that is not there: $said" && exit 1 ;;
*'"mode":"unified","fits":true'*) ;;
*) echo "no unified version: $said" && exit 1 ;;
esac

status=0
said=$("$bfs" --graph /nowhere/graph.csr 2>&1) || status=$?
[ "$status" -eq 1 ]
echo "$said" | grep -q "cannot be opened"

for scale in '' x 29 -1 3x; do
    status=0
    said=$("$bfs" --graph "kron:$scale" 2>&1) || status=$?
    [ "$status" -eq 1 ]
    echo "$said" | grep -q "a scale is from 0 to 28"
done

# fails <words of the message> <program> <option>...
fails()
{
    words=$1
    shift
    status=0
    said=$("$@" 2>&1) || status=$?
    [ "$status" -eq 1 ] || { echo "status $status, not 1: $*"; exit 1; }
    case $said in *"$words"*) ;; *) echo "'$words' is not in: $said"; exit 1 ;; esac
}

fails "cannot be opened" "$hashjoin" --keys /nowhere/words
fails "no words in" "$hashjoin" --keys /dev/null
