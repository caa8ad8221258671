#!/bin/sh
# SPDX-License-Identifier: MIT
# debian.sh <converter> <bfs> <folder of fixtures>: a small archive becomes the expected graph.
set -eu
converter=$1 bfs=$2 fixtures=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

convert()
{
    "$converter" --packages "$fixtures/packages.txt" --contents "$fixtures/contents-a.txt" \
        --contents "$fixtures/contents-b.txt" "$@"
}

# The file as numbers: header, offsets, targets, kinds.
dump()
{
    nodes=$(od -An -v -t u8 -j 16 -N 8 "$1" | tr -d ' ')
    edges=$(od -An -v -t u8 -j 24 -N 8 "$1" | tr -d ' ')
    head -c 8 "$1"
    echo " $nodes nodes $edges edges"
    echo offsets
    od -An -v -w8 -t u8 -j 64 -N $((8 * (nodes + 1))) "$1" | tr -d ' ' | paste -sd ' '
    echo targets
    od -An -v -w4 -t u4 -j $((72 + 8 * nodes)) -N $((4 * edges)) "$1" | tr -d ' ' | paste -sd ' '
    echo kinds
    od -An -v -w1 -t u1 -j $((72 + 8 * nodes + 4 * edges)) "$1" | tr -d ' ' | paste -sd ' '
}

{
    convert --output "$work/graph.csr"
    dump "$work/graph.csr"
} >"$work/got.txt"
diff -u "$fixtures/expected.txt" "$work/got.txt"

# A part of the files is a smaller graph, the same every time, with all packages.
convert --scale 0.5 --output "$work/half.csr" | grep -q '^nodes  [56] packages'
convert --scale 0.5 --output "$work/again.csr" >/dev/null
cmp "$work/half.csr" "$work/again.csr"
[ "$(wc -c <"$work/half.csr")" -lt "$(wc -c <"$work/graph.csr")" ]

# Packages alone.
"$converter" --packages "$fixtures/packages.txt" --output "$work/packages.csr" |
    grep -q '^nodes  5 packages, 0 directories, 0 files'

# Failures leave no file.
! "$converter" --packages /nowhere --output "$work/none.csr" 2>/dev/null
! "$converter" --packages /dev/null --output "$work/none.csr" 2>/dev/null
! "$converter" --packages "$fixtures/packages.txt" --scale 2 --output "$work/none.csr" 2>/dev/null
[ -z "$(find "$work" -name "none*")" ]

# And the samples can use it.
"$bfs" --graph "$work/graph.csr" --runs 1 --json | grep -q '"problem":"16 nodes, 21 edges'
