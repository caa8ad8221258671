#!/bin/sh
# SPDX-License-Identifier: MIT
# add_subdirectory.sh: hum as a folder of somebody's project, built with it.
. "$(dirname "$0")/common.sh"

build_stranger "$temporary/build" -DHUM_SOURCE="$source_folder"
expect_answer "$temporary/build/stranger"
expect_policy "$temporary/build/second_fault.so" "$temporary/build/stranger"

# A project that adds hum gets the library and its device, none of our tests, samples or commands.
for unwanted in tests samples bench kernels; do
    [ ! -e "$temporary/build/hum/$unwanted" ] || fail "add_subdirectory built $unwanted"
done
