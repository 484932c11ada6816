# What is installed where, and the Debian package of it (./dev package).
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON) # tests need not be built for it
include(GNUInstallDirs)
set(doc ${CMAKE_INSTALL_DATADIR}/doc/mailfunnel)
set(units lib/systemd/system)

# The target package_files: what the program writes itself, and what Debian wants compressed.
set(out ${CMAKE_BINARY_DIR}/package)
file(READ packaging/systemd/hardening.conf hardening)
foreach(unit mailfunnel mailfunnel-sync@)
  configure_file(packaging/systemd/${unit}.service.in ${out}/${unit}.service @ONLY)
endforeach()
set(copyright ${CMAKE_SOURCE_DIR}/packaging/debian/copyright)
set(changelog ${CMAKE_SOURCE_DIR}/packaging/debian/changelog)
find_package(Python3 COMPONENTS Interpreter)
add_custom_command(
  OUTPUT ${out}/mailfunnel.1.gz ${out}/mailfunnel.bash ${out}/_mailfunnel ${out}/mailfunnel.fish ${out}/workspace/mailfunnel.toml
         ${out}/changelog.gz ${out}/changelog.Debian.gz ${out}/sbom.cdx.json
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${out}/workspace
  COMMAND mailfunnel init -q ${out}/workspace
  COMMAND mailfunnel completion bash > ${out}/mailfunnel.bash
  COMMAND mailfunnel completion zsh > ${out}/_mailfunnel
  COMMAND mailfunnel completion fish > ${out}/mailfunnel.fish
  COMMAND mailfunnel man > ${out}/mailfunnel.1
  COMMAND gzip -9nf ${out}/mailfunnel.1
  COMMAND gzip -9nc ${CMAKE_SOURCE_DIR}/CHANGELOG.md > ${out}/changelog.gz
  COMMAND gzip -9nc ${changelog} > ${out}/changelog.Debian.gz
  COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/packaging/sbom.py --program $<TARGET_FILE:mailfunnel> --build ${CMAKE_BINARY_DIR}
          --version ${PROJECT_VERSION} --output ${out}/sbom.cdx.json
  DEPENDS mailfunnel CHANGELOG.md ${changelog} packaging/sbom.py
  VERBATIM)
add_custom_target(package_files DEPENDS ${out}/mailfunnel.1.gz)

target_link_options(mailfunnel PRIVATE -Wl,-z,relro)
install(TARGETS mailfunnel RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${out}/mailfunnel.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${out}/mailfunnel.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME mailfunnel)
install(FILES ${out}/_mailfunnel DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${out}/mailfunnel.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${out}/workspace/mailfunnel.toml DESTINATION /etc/mailfunnel) # where the unit looks
install(FILES ${out}/mailfunnel.service ${out}/mailfunnel-sync@.service packaging/systemd/mailfunnel-sync@.timer DESTINATION ${units})
install(FILES ${copyright} ${out}/changelog.gz ${out}/changelog.Debian.gz ${out}/sbom.cdx.json README.md DESTINATION ${doc})
install(FILES packaging/debian/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME mailfunnel)
install(DIRECTORY docs DESTINATION ${doc} FILES_MATCHING PATTERN *.md)
install(DIRECTORY adapters DESTINATION ${doc} FILES_MATCHING PATTERN README.md PATTERN profile.toml PATTERN testdata EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mailfunnel)
set(CPACK_PACKAGE_CONTACT "mailfunnel maintainers <maintainers@mailfunnel.invalid>" CACHE STRING "Maintainer of the package")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION mail)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Besides what is linked: libraries that are loaded when they are needed (src/base/lazy_library.hpp).
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, tzdata, libarchive13, libcurl4, libgmime-3.0-0, libxml2")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "scores the readers of e-mail by the logs of any e-mail platform")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "mailfunnel reads the logs and exports of e-mail platforms and mail servers,
gives every link its stage in the sales funnel, scores every recipient, and
writes out the lists for sales and for the next mailing. Every point is
explained by an event and a named rule.

It is one program, a config file and a store in one file. A service receives
webhooks, syncs over the platforms' APIs by a timetable and sends segments
back.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
file(WRITE ${out}/conffiles "/etc/mailfunnel/mailfunnel.toml\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${out}/conffiles ${CMAKE_SOURCE_DIR}/packaging/debian/postinst
  ${CMAKE_SOURCE_DIR}/packaging/debian/prerm ${CMAKE_SOURCE_DIR}/packaging/debian/postrm)
include(CPack)
