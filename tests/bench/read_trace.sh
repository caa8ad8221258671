#!/bin/sh
# SPDX-License-Identifier: MIT
# read_trace.sh <hum> <make_records>: another reader finds the same records in trace files.
set -eu

if ! command -v python3 >/dev/null; then
    echo "skipped: there is no python3"
    exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for chunk in 1 97 0; do
    "$2" "$folder/trace" 1000 $chunk
    "$1" trace export --format csv -o "$folder/csv" "$folder/trace"
    python3 "$(dirname "$0")/read_trace.py" "$folder/trace" "$folder/csv"
done
