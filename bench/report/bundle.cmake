# SPDX-License-Identifier: MIT
#
# bundle.cmake - a page as one C array:
#   cmake -D PAGE=<html> -D STYLES=<css;...> -D SCRIPTS=<js;...> -D LIBRARY=<folder of uplot>
#         -D SYMBOL=<name of the array> -D HEADER=<file that declares it> -D OUT=<file.c>
#         -P bundle.cmake
# LIBRARY "": there is none, and the array is empty.

set(text "")
if(LIBRARY)
    file(READ ${PAGE} text)
    file(READ ${LIBRARY}/dist/uPlot.min.css library_css)
    file(READ ${LIBRARY}/dist/uPlot.iife.min.js library_js)
    file(READ ${LIBRARY}/LICENSE licence)
    foreach(kind css js)
        set(page_${kind} "")
    endforeach()
    foreach(part IN LISTS STYLES)
        file(READ ${part} part_css)
        string(APPEND page_css "${part_css}\n")
    endforeach()
    foreach(part IN LISTS SCRIPTS)
        file(READ ${part} part_js)
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

#include \"${HEADER}\"

const unsigned char ${SYMBOL}[] = {
${hex}
0};
const size_t ${SYMBOL}_bytes = ${bytes};
")
