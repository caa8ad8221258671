# SPDX-License-Identifier: MIT
#
# hum_npm_install(<folder> <package> <variable>): install what <folder>/package-lock.json names
# below the build folder, and set <variable> to the folder of <package>, or to "" and
# <variable>_REASON to what was missing.  Done once; again when the lock file changes.

function(hum_npm_install folder package variable)
    get_filename_component(name ${folder} NAME)
    set(place ${CMAKE_CURRENT_BINARY_DIR}/npm-${name})
    set(${variable} "" PARENT_SCOPE)
    set(${variable}_REASON "" PARENT_SCOPE)
    file(SHA256 ${folder}/package-lock.json wanted)
    set(have "")
    if(EXISTS ${place}/installed)
        file(READ ${place}/installed have)
    endif()
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/package-lock.json)
    if(NOT have STREQUAL wanted)
        find_program(HUM_NPM npm)
        if(NOT HUM_NPM)
            set(${variable}_REASON "there is no npm" PARENT_SCOPE)
            return()
        endif()
        file(MAKE_DIRECTORY ${place})
        configure_file(${folder}/package.json ${place}/package.json COPYONLY)
        configure_file(${folder}/package-lock.json ${place}/package-lock.json COPYONLY)
        execute_process(COMMAND ${HUM_NPM} ci --ignore-scripts --no-audit --no-fund --silent
                                --fetch-retries 1
                        WORKING_DIRECTORY ${place} TIMEOUT 120
                        RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
        if(NOT result EQUAL 0 OR NOT EXISTS ${place}/node_modules/${package})
            set(${variable}_REASON "npm ci failed: ${result}" PARENT_SCOPE)
            return()
        endif()
        file(WRITE ${place}/installed ${wanted})
    endif()
    set(${variable} ${place}/node_modules/${package} PARENT_SCOPE)
endfunction()
