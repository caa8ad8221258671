#!/bin/sh
# SPDX-License-Identifier: MIT
# usm.sh <hum> <platform_usm_commands>: what `hum run` counts for the allocations of one test there:
# memory of the host and of a device goes nowhere, shared memory is brought by the migration.
set -eu
hum=$1 program=$2
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
unset OCL_ICD_VENDORS

"$hum" run --opencl --only -d emu:workers=2 -p ondemand -o "$temporary/report" -- "$program" \
    >"$temporary/out" 2>&1 || { cat "$temporary/out"; exit 1; }

# expect <pattern>: a row of the report, its columns one space apart
expect()
{
    tr -s ' ' <"$temporary/report" | grep -Eq "$1" ||
        { echo "no line like '$1' in:"; cat "$temporary/report"; exit 1; }
}

# faults of the host and the device, bytes to the device, to the host
expect 'usm host, freed 1\.5 MiB [0-9 ]+ 0 B 0 B '
expect 'usm device, freed 2\.5 MiB [0-9 ]+ 0 B 0 B '
expect 'usm shared, freed 3\.5 MiB [0-9 ]+ 3\.5 MiB 1\.8 MiB '
# Kernels write what was migrated before: hardly a byte is left to their faults.
expect '^ prefetch by user [0-9 ]+ [0-9.]+ MiB$'
if tr -s ' ' <"$temporary/report" | grep -Eq '^ device fault [0-9 ]+ [0-9.]+ MiB$'; then
    echo "kernels fetched by faults what had been migrated:"
    cat "$temporary/report"
    exit 1
fi
