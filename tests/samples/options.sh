#!/bin/sh
# SPDX-License-Identifier: MIT
# options.sh <program of bfs>: mistakes are explained and end with status 2.
set -eu
bfs=$1

# refuses <words of the message> <option>...
refuses()
{
    words=$1
    shift
    status=0
    said=$("$bfs" "$@" 2>&1) || status=$?
    [ "$status" -eq 2 ] || { echo "status $status, not 2: $*"; exit 1; }
    case $said in *"$words"*) ;; *) echo "'$words' is not in: $said"; exit 1 ;; esac
}

refuses "unknown option '--frob'" --frob
refuses "has no option 'touch'" --touch 0.5
refuses "'0'" --size 0
refuses "'12Q'" --size 12Q
refuses "'99999999999999999999'" --size 99999999999999999999
refuses "'sideways'" --mode sideways
refuses "'0%'" --device-mem 0%
refuses "a value is missing" --size
refuses "unexpected argument 'x'" x
"$bfs" --help | grep -q -- --graph

status=0
said=$("$bfs" --graph /nowhere/graph.csr 2>&1) || status=$?
[ "$status" -eq 1 ]
echo "$said" | grep -q "cannot be opened"
