#!/bin/sh
# SPDX-License-Identifier: MIT
# layers.sh <source folder>: who may include whom.
#
#   base     nothing but itself          policy   base and the public headers
#   os       base                        trace    base and the public headers
#   device   os and base                 core     all of them but replay
#   replay   base, policy, trace and the public headers
#   model    all of them: it is the core over processors without memory, for replaying
#   platform base, the heap's contract and the public headers
#   heap     base and the public headers
#   samples, kernels, bench and the rest never include core
set -eu
cd "$1"
failed=0

# includes_of <folder>: lines "file:line:path" of every #include "path"
includes_of()
{
    find "$1" -name '*.[ch]' -exec grep -Hn '^[ 	]*#[ 	]*include[ 	]*"' {} + |
        sed 's/#[ 	]*include[ 	]*"\([^"]*\)".*/\1/; s/:[ 	]*\([^:]*\)$/:\1/' || true
}

# allow <folder> <may include> ...: a header beside the file is always allowed
allow()
{
    folder=$1
    shift
    [ -d "$folder" ] || return 0
    while IFS=: read -r file line path; do
        [ -n "$file" ] || continue
        for layer in "$@"; do
            case $path in "$layer" | "$layer"/*) continue 2 ;; esac
        done
        case $path in
        */*) ;;
        *) [ -f "$(dirname "$file")/$path" ] && continue ;;
        esac
        echo "$file:$line: $folder may not include \"$path\""
        failed=1
    done <<END
$(includes_of "$folder")
END
}

# forbid <folder> <layer> ...
forbid()
{
    folder=$1
    shift
    [ -d "$folder" ] || return 0
    while IFS=: read -r file line path; do
        for layer in "$@"; do
            case $path in "$layer"/*)
                echo "$file:$line: $folder may not include \"$path\""
                failed=1 ;;
            esac
        done
    done <<END
$(includes_of "$folder")
END
}

allow runtime/base base
allow runtime/os base os
allow runtime/device base os device
allow runtime/policy base policy
allow runtime/trace base trace
allow runtime/core base os device policy trace core
allow runtime/replay base policy trace replay
allow runtime/platform base platform heap/heap.h
allow runtime/heap base heap
allow runtime/model base os device policy trace core replay model
allow include
for folder in kernels samples; do
    forbid $folder base os device policy trace core replay model
done
forbid bench core

# A folder's name says what it holds: no layer that this rule does not know.
for folder in runtime/*/; do
    case $(basename "$folder") in
    base | os | device | policy | trace | core | replay | model | platform | heap | cmake) ;;
    *) echo "$folder: not in the layer rule of tests/lint/layers.sh"; failed=1 ;;
    esac
done
exit $failed
