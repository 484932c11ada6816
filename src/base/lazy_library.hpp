#pragma once
// Shared libraries that most commands never need, and that bring many others along (GMime alone
// brings fifteen): loaded when the first function of one is asked for, as every command would start
// later otherwise. A library's functions stand in a struct of its user:
//
//   struct Zip : LazyLibrary {
//     Zip() : LazyLibrary("libzip.so.4", "libzip4") {}
//     MF_LAZY_FUNCTION(zip_open);
//   };
//   const Zip& zip() { static const Zip s_zip; return s_zip; }
//   zip().zip_open(...)

namespace mailfunnel {

class LazyLibrary {
public:
  /// `package`: Debian's, for the message. Failure (io) where the library is not there; it stays
  /// loaded for the rest of the process.
  LazyLibrary(const char* file, const char* package);

protected:
  /// The library's own, or of one that it brings along. Failure (io) where it is not there.
  template<typename Function> Function function(const char* name) const {
    return reinterpret_cast<Function>(symbol(name));
  }

private:
  void* symbol(const char* name) const;

  void* m_handle;
  const char *m_file, *m_package;
};

} // namespace mailfunnel

/// A member of the name and type of a function of the library's header.
#define MF_LAZY_FUNCTION(name) decltype(&::name) name = function<decltype(&::name)>(#name)
