# SPDX-License-Identifier: MIT
#
# What `cmake --install` puts where.  Everything finds everything else by relative paths, so the
# prefix may be moved afterwards.
include(CMakePackageConfigHelpers)

set(HUM_CONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/hum)

install(TARGETS hum EXPORT hum
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/hum
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(TARGET hum-emu)
    install(TARGETS hum-emu RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/hum)
endif()

# hum as a platform of OpenCL.  The component `icd` tells the system's loader, which looks in /etc;
# it is installed only by name: cmake --install build --component icd
if(TARGET hum_icd)
    install(TARGETS hum_icd LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
    if(TARGET hum_heap)
        install(TARGETS hum_heap LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
    endif()
    foreach(place "share" "icd")
        set(folder "\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/hum/vendors")
        set(how)
        if(place STREQUAL "icd")
            set(folder "/etc/OpenCL/vendors")
            set(how COMPONENT icd EXCLUDE_FROM_ALL)
        endif()
        install(CODE "file(WRITE \"\$ENV{DESTDIR}${folder}/hum.icd\"
            \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/libhum_icd.so\\n\")" ${how})
    endforeach()
endif()

install(EXPORT hum FILE hum-targets.cmake NAMESPACE hum:: DESTINATION ${HUM_CONFIG_DIR})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/hum-config.cmake.in
                              ${PROJECT_BINARY_DIR}/hum-config.cmake
                              INSTALL_DESTINATION ${HUM_CONFIG_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/hum-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/hum-config.cmake
              ${PROJECT_BINARY_DIR}/hum-config-version.cmake
              ${CMAKE_CURRENT_LIST_DIR}/HumKernels.cmake
              ${CMAKE_CURRENT_LIST_DIR}/HumKernelsCuda.cmake
              ${CMAKE_CURRENT_LIST_DIR}/HumPtx.cmake
              ${CMAKE_CURRENT_LIST_DIR}/HumPolicy.cmake
        DESTINATION ${HUM_CONFIG_DIR})

file(RELATIVE_PATH HUM_PREFIX_FROM_PC ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
     ${CMAKE_INSTALL_PREFIX})
configure_file(${CMAKE_CURRENT_LIST_DIR}/hum.pc.in ${PROJECT_BINARY_DIR}/hum.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/hum.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
