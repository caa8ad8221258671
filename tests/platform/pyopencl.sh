#!/bin/sh
# SPDX-License-Identifier: MIT
# pyopencl.sh <hum> <suite> [expression]: what passes of PyOpenCL's own tests without hum passes on
# hum's platform, test by test, and nothing else fails there.  Expression: as of pytest's -k.
# Debian's packages: python3-pyopencl python-pyopencl-doc python3-pytest.  77: not there.
set -eu
hum=$1 suite=$2 expression=${3:-}
tests=${HUM_TEST_PYOPENCL:-/usr/share/doc/python-pyopencl-doc/examples}
python=/usr/bin/python3
if ! "$python" -c 'import pyopencl, pytest' 2>/dev/null || [ ! -f "$tests/test_$suite.py" ]; then
    echo "skipped: no python3-pyopencl, python-pyopencl-doc and python3-pytest"
    exit 77
fi
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
unset OCL_ICD_VENDORS PYOPENCL_TEST PYOPENCL_CTX
export PYTHONDONTWRITEBYTECODE=1
export LC_ALL=C

# select_tests <outcomes>: names of those tests in standard input, less that of the device
select_tests()
{
    grep -E "^($1) " | sed -E 's/<context factory for <[^>]*>>/device/; s/<pyopencl[^>]*>/object/
                               s/^[A-Z]+ [^:]*:://; s/ - .*//' | sort
}

# pass <name> [command ...]: all tests, run by the command
pass()
{
    name=$1
    shift
    "$@" "$python" -m pytest -q -p no:cacheprovider -rA --tb=short -k "$expression" \
        "$tests/test_$suite.py" >"$temporary/$name.out" 2>&1 || true
    select_tests PASSED <"$temporary/$name.out" >"$temporary/$name.passed"
    select_tests 'FAILED|ERROR' <"$temporary/$name.out" >"$temporary/$name.failed"
}

# none <text> <file> <file>: no line that is in the first alone
none()
{
    comm -23 "$2" "$3" >"$temporary/lines"
    [ -s "$temporary/lines" ] || return 0
    echo "$1:"
    cat "$temporary/lines" "$temporary/hum.out"
    exit 1
}

pass before
pass hum "$hum" run --opencl --only --
if [ ! -s "$temporary/before.passed" ]; then
    echo "nothing passes without hum:"
    cat "$temporary/before.out"
    exit 1
fi
none "passes without hum alone" "$temporary/before.passed" "$temporary/hum.passed"
none "fails with hum alone" "$temporary/hum.failed" "$temporary/before.failed"
echo "$suite: $(wc -l <"$temporary/before.passed") tests pass without hum," \
    "$(wc -l <"$temporary/hum.passed") with hum;" \
    "$(wc -l <"$temporary/before.failed") and $(wc -l <"$temporary/hum.failed") fail"
