#!/bin/sh
# SPDX-License-Identifier: MIT
# headers_cxx.sh <source folder> <C++ compiler>: the public headers alone, and their macros, in C++.
set -eu
cd "$1"
cxx=$2
failed=0
flags="-std=c++14 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -Iinclude -x c++"

if ! echo 'int main() { return 0; }' | $cxx -fsyntax-only -x c++ - 2>/dev/null; then
    echo "no C++ compiler, skipped"
    exit 77
fi
for header in include/hum/*.h include/hum/compat/*.h; do
    printf '#include <%s>\n' "${header#include/}" | $cxx $flags - || {
        echo "$header: does not compile alone in C++"
        failed=1
    }
done
$cxx $flags tests/lint/public.c || failed=1
exit $failed
