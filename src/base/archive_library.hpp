#pragma once
// libarchive, loaded when something compressed is read.

#include "base/lazy_library.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

namespace mailfunnel {

struct ArchiveLibrary : LazyLibrary {
  ArchiveLibrary() : LazyLibrary("libarchive.so.13", "libarchive13") {}
  MF_LAZY_FUNCTION(archive_read_new);
  MF_LAZY_FUNCTION(archive_read_free);
  MF_LAZY_FUNCTION(archive_read_support_filter_gzip);
  MF_LAZY_FUNCTION(archive_read_support_filter_zstd);
  MF_LAZY_FUNCTION(archive_read_support_format_empty);
  MF_LAZY_FUNCTION(archive_read_support_format_raw);
  MF_LAZY_FUNCTION(archive_read_support_format_zip);
  MF_LAZY_FUNCTION(archive_read_open);
  MF_LAZY_FUNCTION(archive_read_open_memory);
  MF_LAZY_FUNCTION(archive_read_next_header);
  MF_LAZY_FUNCTION(archive_read_data);
  MF_LAZY_FUNCTION(archive_filter_bytes);
  MF_LAZY_FUNCTION(archive_entry_filetype);
  MF_LAZY_FUNCTION(archive_entry_mtime);
  MF_LAZY_FUNCTION(archive_entry_mtime_is_set);
  MF_LAZY_FUNCTION(archive_entry_pathname);
  MF_LAZY_FUNCTION(archive_error_string);
  MF_LAZY_FUNCTION(archive_set_error);
};

inline const ArchiveLibrary& archives() {
  static const ArchiveLibrary s_library;
  return s_library;
}

struct FreeArchive {
  void operator()(archive* handle) const { archives().archive_read_free(handle); }
};
using Archive = std::unique_ptr<archive, FreeArchive>;

} // namespace mailfunnel
