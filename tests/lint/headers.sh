#!/bin/sh
# SPDX-License-Identifier: MIT
# headers.sh <source folder> <C compiler> [include folder ...]: every header compiles alone.
set -eu
cd "$1"
cc=$2
shift 2
failed=0
flags="-std=gnu11 -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Werror"
flags="$flags -fsyntax-only -x c"
extra=
for folder in "$@"; do
    extra="$extra -I$folder"
done

# The public headers promise to need nothing: no macro of ours, no GNU extension asked for.
for header in include/hum/*.h include/hum/compat/*.h; do
    printf '#include <%s>\n' "${header#include/}" | $cc $flags -Iinclude - || {
        echo "$header: does not compile alone"
        failed=1
    }
done
for header in $(find runtime tests/support -name '*.h' | sort); do
    printf '#include "%s"\n' "$header" |
        $cc $flags -D_GNU_SOURCE= -I. -Iinclude -Iruntime -Itests $extra - || {
        echo "$header: does not compile alone"
        failed=1
    }
done
$cc $flags -Iinclude tests/lint/public.c || failed=1
exit $failed
