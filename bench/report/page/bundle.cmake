# SPDX-License-Identifier: MIT
#
# bundle.cmake - the page as one C array: cmake -D PAGE=<this folder> -D LIBRARY=<folder of uplot>
# -D OUT=<file.c> -P bundle.cmake.  LIBRARY "": there is none, and the array is empty.

set(text "")
if(LIBRARY)
    file(READ ${PAGE}/page.html text)
    file(READ ${PAGE}/page.css page_css)
    file(READ ${LIBRARY}/dist/uPlot.min.css library_css)
    file(READ ${LIBRARY}/dist/uPlot.iife.min.js library_js)
    file(READ ${LIBRARY}/LICENSE licence)
    set(page_js "")
    foreach(part codec format model charts heat tables main)
        file(READ ${PAGE}/${part}.js part_js)
        string(APPEND page_js "${part_js}\n")
    endforeach()
    string(REPLACE "@UPLOT_CSS@" "${library_css}" text "${text}")
    string(REPLACE "@PAGE_CSS@" "${page_css}" text "${text}")
    string(REPLACE "@UPLOT_JS@" "/*\n${licence}*/\n${library_js}" text "${text}")
    string(REPLACE "@PAGE_JS@" "${page_js}" text "${text}")
endif()

file(WRITE ${OUT}.html "${text}")
file(READ ${OUT}.html hex HEX)
string(LENGTH "${hex}" length)
math(EXPR bytes "${length} / 2")
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
file(WRITE ${OUT} "/* Made by bundle.cmake. */
#include <stddef.h>

#include \"report/page.h\"

const unsigned char report_page[] = {
${hex}
0};
const size_t report_page_bytes = ${bytes};
")
