#!/bin/sh
# SPDX-License-Identifier: MIT
# heap.sh <hum> <platform_heap> <platform_heap_vector>: kernels reach what programs allocate with
# `hum run --system-svm`, and without it, or where it cannot be, that is not offered.
set -eu
hum=$1 program=$2 vector=$3
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
unset OCL_ICD_VENDORS

fail()
{
    echo "$*, in:"
    cat "$temporary/out"
    exit 1
}

# run <words> <options ...> -- <program ...>: it succeeds and says so
run()
{
    words=$1
    shift
    "$hum" run --opencl --only -o "$temporary/report" "$@" >"$temporary/out" 2>&1 ||
        fail "run $* ended with $?"
    grep -q "$words" "$temporary/out" || fail "no '$words' from run $*"
}

run 'of the program.s own memory kernels reach' --system-svm -d emu:workers=2 -- "$program"
tr -s ' ' <"$temporary/report" | grep -Eq '^ malloc(, freed)? .* [0-9.]+ [KM]iB ' ||
    fail "no region 'malloc' moved: $(cat "$temporary/report")"
[ ! -x "$vector" ] || run '^0, 0 and 0 are wrong' --system-svm -d emu:workers=2 -- "$vector"
run 'PASSED' --system-svm=128K -d emu:workers=2 -- "$program" large
run 'PASSED' -d emu:workers=1 -- "$program" absent
run 'cannot touch whatever they like' --system-svm -d emu:faults=off -- "$program" absent
run 'system calls cannot touch' --system-svm -f -kernel_faults -- "$program" absent
run "HUM_SYSTEM_SVM_MIN: 'much'" --system-svm=much -- "$program" absent

# refuse <words> <options ...>
refuse()
{
    words=$1
    shift
    status=0
    "$hum" run "$@" -- true >"$temporary/out" 2>&1 || status=$?
    [ $status -eq 125 ] && grep -q "$words" "$temporary/out" || fail "run $* was not refused"
}

refuse 'goes with --opencl' --system-svm
refuse 'goes with --opencl' --opencl --check --system-svm
