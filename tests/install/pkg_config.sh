#!/bin/sh
# SPDX-License-Identifier: MIT
# pkg_config.sh: install, move the prefix, build the example of README.md by hand, run.
. "$(dirname "$0")/common.sh"

install_to "$temporary/first"
mv "$temporary/first" "$temporary/moved"
PKG_CONFIG_PATH=$(dirname "$(find "$temporary/moved" -name hum.pc)")
export PKG_CONFIG_PATH
flags=$(pkg-config --cflags --libs hum)
library_folder=$(pkg-config --variable=libdir hum)

from_manual "$temporary/manual"
cp "$temporary/stranger/second_fault.c" "$temporary/manual"
cd "$temporary/manual"
# shellcheck disable=SC2086 # a list of flags
{
    quiet "$CC" -O2 -Wall -Werror -o saxpy_main main.c $flags -Wl,-rpath,"$library_folder"
    quiet "$CC" -O2 -shared -fPIC -o saxpy.so saxpy.c $(pkg-config --cflags hum)
    quiet "$CC" -O2 -shared -fPIC -o second_fault.so second_fault.c $(pkg-config --cflags hum)
}
expect_answer ./saxpy_main
expect_policy ./second_fault.so ./saxpy_main
