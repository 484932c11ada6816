#include "base/lazy_library.hpp"

#include "base/result.hpp"

#include <dlfcn.h>

#include <string>

namespace mailfunnel {

LazyLibrary::LazyLibrary(const char* file, const char* package)
    : m_handle(dlopen(file, RTLD_NOW | RTLD_LOCAL)), m_file(file), m_package(package) {
  if (m_handle == nullptr) {
    throw Failure({ErrorCode::io, std::string("the library ") + m_file +
                                      " can't be loaded: install the package " + m_package});
  }
}

void* LazyLibrary::symbol(const char* name) const {
  void* const found = dlsym(m_handle, name);
  if (found == nullptr) {
    throw Failure({ErrorCode::io, std::string("the library ") + m_file + " has no " + name +
                                      ": install a newer " + m_package});
  }
  return found;
}

} // namespace mailfunnel
