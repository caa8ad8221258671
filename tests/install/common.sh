# SPDX-License-Identifier: MIT
# common.sh <source folder> <build folder> <cmake> <C compiler> <generator>: read by the others.
set -eu
source_folder=$1
build_folder=$2
cmake=$3
export CC="$4"
export CMAKE_GENERATOR="$5"

# An installed hum has to be enough: nothing that points into the build tree.
unset HUM_EMU HUM_KERNEL_PATH HUM_DEVICES HUM_POLICY LD_LIBRARY_PATH 2>/dev/null || true

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
cp -r "$source_folder/tests/install/stranger" "$temporary/stranger"
cp "$source_folder/samples/plugin/second_fault.c" "$temporary/stranger"

fail()
{
    echo "$*"
    exit 1
}

# from_manual <folder>: the example of README.md; each block of C that begins with a name is a file
from_manual()
{
    mkdir -p "$1"
    awk -v folder="$1" '/^```/ { file = ""; fresh = $0 == "```c"; next }
        fresh && /^\/\* [a-z_]+[.][ch] \*\/$/ { file = folder "/" $2 }
        { fresh = 0 }
        file != "" { print >file }' "$source_folder/README.md"
}

# quiet <command ...>: its output only if it fails
quiet()
{
    "$@" >"$temporary/log" 2>&1 || {
        cat "$temporary/log"
        fail "failed: $*"
    }
}

install_to()
{
    quiet "$cmake" --install "$build_folder" --prefix "$1"
}

# build_stranger <build folder> <option ...>
build_stranger()
{
    folder=$1
    shift
    quiet "$cmake" -S "$temporary/stranger" -B "$folder" -DCMAKE_BUILD_TYPE=Release "$@"
    quiet "$cmake" --build "$folder" -j 2
}

# expect_answer <command ...>: the program of the manual prints 2 * 12345
expect_answer()
{
    answer=$("$@") || fail "failed: $*"
    [ "$answer" = 24690 ] || fail "$* printed '$answer' instead of 24690"
    echo "$*: $answer"
}

# expect_policy <plug-in> <command ...>: the answer is the same, and the plug-in decides
expect_policy()
{
    plugin=$1
    shift
    nm -D --defined-only "$plugin" | grep -q ' hum_policy_plugin$' || fail "$plugin is no policy"
    HUM_POLICY=$plugin
    export HUM_POLICY
    expect_answer "$@"
    HUM_POLICY=$plugin,prefetch.pages=0
    if "$@" >"$temporary/log" 2>&1; then
        fail "$plugin was not asked: a number out of its range is taken"
    fi
    unset HUM_POLICY
}
