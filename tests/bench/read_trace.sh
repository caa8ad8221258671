#!/bin/sh
# SPDX-License-Identifier: MIT
# read_trace.sh <hum> <make_records>: another reader finds the same records in trace files, also in
# one that was written when the format had version 2.
set -eu

if ! command -v python3 >/dev/null; then
    echo "skipped: there is no python3"
    exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

same() {
    "$hum" trace export --format csv -o "$folder/csv" "$1"
    python3 "$here/read_trace.py" "$1" "$folder/csv"
}

hum=$1
here=$(dirname "$0")
same "$here/version2.trace"
for chunk in 1 97 0; do
    "$2" "$folder/trace" 1000 $chunk
    same "$folder/trace"
done
