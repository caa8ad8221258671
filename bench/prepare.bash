# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# prepare.bash - what bench/demo and bench/compare begin with; sourced, in the repository's root.
#
#     say TEXT...       to standard error
#     fail TEXT...      the same behind $program, and the end
#     prepare BUILD N   packages, then a release build in BUILD: steps 1 and 2 of N
#
# Reads $program and $offline (true: install and fetch nothing).  Leaves $log, a file that is removed
# at exit.

needed="gcc libc6-dev cmake ninja-build pkg-config libhwloc-dev libbsd-dev libzstd-dev
libjansson-dev libncurses-dev opencl-c-headers"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

say()
{
    echo "$*" >&2
}

fail()
{
    say "$program: $*"
    exit 1
}

missing_packages()
{
    local package
    for package in $needed; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            printf ' %s' "$package"
    done
}

# install_missing N: step 1 of N
install_missing()
{
    local missing as_root=()
    missing=$(missing_packages)
    if [ -z "$missing" ]; then
        say "[1/$1] packages: all there"
        return
    fi
    if $offline; then
        fail "missing:$missing (without --offline they are installed)"
    fi
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            fail "not root and no sudo; as root run: apt-get update && apt-get install -y$missing"
        as_root=(sudo)
    fi
    say "[1/$1] packages: installing$missing"
    "${as_root[@]}" apt-get -qq update >&2 || say "      apt-get update failed, trying all the same"
    # shellcheck disable=SC2086 # a list of names
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
        install $missing >"$log" 2>&1 || { cat "$log" >&2; fail "could not install$missing"; }
}

prepare()
{
    if command -v dpkg-query >/dev/null; then
        install_missing "$2"
    else
        say "[1/$2] packages: not a Debian system, taking for granted: $needed"
    fi
    say "[2/$2] building in $1"
    {
        cmake -S . -B "$1" -G Ninja -DCMAKE_BUILD_TYPE=Release -DHUM_BUILD_TESTS=OFF &&
            cmake --build "$1" -j "$(nproc)"
    } >"$log" 2>&1 || { tail -40 "$log" >&2; fail "could not build"; }
}
