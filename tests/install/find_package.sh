#!/bin/sh
# SPDX-License-Identifier: MIT
# find_package.sh: install, use from CMake, move the prefix, use again.
. "$(dirname "$0")/common.sh"

install_to "$temporary/first"
build_stranger "$temporary/build-first" -DCMAKE_PREFIX_PATH="$temporary/first"
expect_answer "$temporary/build-first/stranger"

# The build for exact recording needs nothing but what the device process exports.
nm -D --defined-only "$temporary/first/libexec/hum/hum-emu" | awk '{ print $3 }' |
    sort >"$temporary/exported"
nm -uD "$temporary/build-first/saxpy.exact.so" | awk '/__tsan|__wrap/ { print $2 }' |
    sort >"$temporary/needed"
[ -s "$temporary/needed" ] || fail "saxpy.exact.so has no hooks"
[ -z "$(comm -13 "$temporary/exported" "$temporary/needed")" ] ||
    fail "hum-emu lacks hooks: $(comm -13 "$temporary/exported" "$temporary/needed")"

# Nothing installed may look for files where it was built.
for file in $(find "$temporary/first" -type f -exec sh -c \
    'head -c 4 "$1" | grep -q ELF && echo "$1"' _ {} \;); do
    if readelf -d "$file" | grep -E 'R(UN)?PATH' | grep -qF "$build_folder"; then
        fail "$file has a run path into the build tree"
    fi
done
if grep -rlF "$build_folder" "$temporary/first" --include='*.cmake' --include='*.pc'; then
    fail "these files name the build tree"
fi

mv "$temporary/first" "$temporary/second place"
build_stranger "$temporary/build-second" -DCMAKE_PREFIX_PATH="$temporary/second place"
expect_answer "$temporary/build-second/stranger"
expect_policy "$temporary/build-second/second_fault.so" "$temporary/build-second/stranger"
if [ -x "$temporary/second place/bin/hum" ]; then
    quiet "$temporary/second place/bin/hum" info
    quiet "$temporary/second place/bin/hum" info --policies \
        "$temporary/build-second/second_fault.so"
    # Programs of OpenCL find the platform where the prefix is now; its devices are hum's.
    if [ -f "$temporary/second place/lib/libhum_icd.so" ] && command -v clinfo >/dev/null; then
        "$temporary/second place/bin/hum" run --opencl --only -- clinfo -l >"$temporary/list" \
            2>"$temporary/log" || fail "$(cat "$temporary/log")"
        grep -q 'Device #0: hum emu0' "$temporary/list" ||
            fail "no platform: $(cat "$temporary/list")"
    fi
fi
