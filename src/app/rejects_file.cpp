#include "app/rejects_file.hpp"

#include "base/json.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace mailfunnel {

std::string rejects_path(const std::string& folder, Seconds now) {
  auto stamp = format_time(now);
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':' || c == 'Z'; });
  return (std::filesystem::path(folder) / fmt::format("rejects-{}.ndjson", stamp)).string();
}

void RejectsFile::write(const Rejected& rejected, const std::string& adapter,
                        const std::string& source) {
  std::string line = "{\"rejected\":";
  append_json_string(line, rejected.why);
  line += ",\"source\":{\"adapter\":";
  append_json_string(line, adapter);
  line += ",\"file\":";
  append_json_string(line, source);
  line += fmt::format(",\"line\":{},\"offset\":{}}},\"raw\":", rejected.line, rejected.offset);
  append_json_string(line, rejected.raw);
  if (!m_out.is_open()) {
    m_out.open(m_path, std::ios::app);
  }
  m_out << line << "}\n";
  ++m_records;
  if (!m_out) {
    throw Failure({ErrorCode::io,
                   "rejected records can't be written: name another file with --rejects", m_path});
  }
}

} // namespace mailfunnel
