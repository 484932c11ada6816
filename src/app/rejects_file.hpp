#pragma once
// Where records go that could not be used: NDJSON, each with the reason and where it stood. The
// file is made when there is something to write.

#include "ingest/worker.hpp"

#include <cstdint>
#include <fstream>
#include <string>

namespace mailfunnel {

/// "rejects-20260301T120000.ndjson" in the workspace.
std::string rejects_path(const std::string& folder, Seconds now);

class RejectsFile {
public:
  explicit RejectsFile(std::string path) : m_path(std::move(path)) {}
  /// `source`: the file, or what was asked. Failure (io): it can't be written.
  void write(const Rejected& rejected, const std::string& adapter, const std::string& source);
  /// Its path; "" as long as there is none.
  std::string written() const { return m_out.is_open() ? m_path : std::string(); }

  std::uint64_t records() const { return m_records; } // that stand in it

private:
  std::uint64_t m_records = 0;
  std::string m_path;
  std::ofstream m_out;
};

} // namespace mailfunnel
