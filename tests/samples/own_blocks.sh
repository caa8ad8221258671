#!/bin/sh
# SPDX-License-Identifier: MIT
# own_blocks.sh <hum> <sample>: with --own-blocks no two regions of a sample share a block of 2 MiB,
# however small they are, and without it small ones do.
set -eu
hum=$1 sample=$2
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
cd "$temporary"

# blocks [option]: at how many pages regions of the sample begin, and in how many blocks
blocks()
{
    HUM_TRACE=trace "$sample" --size 1000 --runs 1 --mode unified "$@" >out 2>&1 ||
        { cat out; exit 1; }
    "$hum" trace export --format csv -o trace.csv trace
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }
             $column["kind"] == "region" {
                 pages[$column["first_page"]]
                 seen[int($column["first_page"] / 512)]
             }
             END { for (page in pages) n++; for (block in seen) m++; print n + 0, m + 0 }' trace.csv
}

set -- $(blocks) $(blocks --own-blocks)
echo "arrays and blocks: $1 in $2, and $3 in $4 of their own"
[ "$1" -ge 2 ] && [ "$2" -lt "$1" ] && [ "$3" = "$1" ] && [ "$4" = "$3" ]
