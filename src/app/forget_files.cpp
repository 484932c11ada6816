#include "app/forget_files.hpp"

#include "app/saved_plans.hpp"
#include "base/csv.hpp"
#include "base/source.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace mailfunnel {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t k_piece = std::size_t{1} << 20;   // bytes that are looked at together
constexpr std::size_t k_overlap = std::size_t{4} << 10; // of two pieces, where no line ends
constexpr std::size_t k_largest_own = std::size_t{256} << 20;

/// By its name, or, where --rejects named it, by how it begins (app/rejects_file.cpp).
bool is_rejects(const fs::path& path) {
  constexpr std::string_view k_head = "{\"rejected\":";
  const auto name = path.filename().string();
  if (name.starts_with("rejects-") && name.ends_with(".ndjson")) {
    return true;
  }
  std::string head(k_head.size(), '\0');
  std::ifstream in(path, std::ios::binary);
  return in.read(head.data(), static_cast<std::streamsize>(head.size())) && head == k_head;
}

/// The store, and what stands beside it for the store's own use.
bool is_stores(const fs::path& path, const std::string& store) {
  const auto name = path.filename().string(), own = fs::path(store).filename().string();
  std::error_code error;
  return name.starts_with(own) &&
         fs::equivalent(path.parent_path().empty() ? "." : path.parent_path(),
                        fs::path(store).parent_path().empty() ? fs::path(".")
                                                              : fs::path(store).parent_path(),
                        error);
}

/// Looks into a file piece by piece, at line ends where there are any; unpacked.
class Look {
public:
  explicit Look(const Traces& traces) : m_traces(traces) {}

  bool operator()(const std::string& path) {
    m_found = false;
    const auto visited = visit_inputs(path, [this](Input& input) { look(input.bytes); });
    if (!visited) {
      throw Failure(visited.error());
    }
    return m_found;
  }

private:
  void look(ByteSource& bytes) {
    std::string text;
    while (!m_found) {
      const auto had = text.size();
      text.resize(had + k_piece);
      const auto size = bytes.read(text.data() + had, k_piece);
      text.resize(had + size);
      if (size == 0) {
        m_found = m_traces.in(text);
        return;
      }
      const auto line = text.rfind('\n');
      const auto whole = line != std::string::npos ? line + 1 : text.size();
      m_found = m_traces.in(std::string_view(text).substr(0, whole));
      text.erase(0, line != std::string::npos ? whole
                    : text.size() > k_overlap ? text.size() - k_overlap
                                              : 0);
    }
  }

  const Traces& m_traces;
  bool m_found = false;
};

class Cleaner {
public:
  Cleaner(const Workspace& workspace, const Traces& traces, bool dry_run)
      : m_workspace(workspace), m_traces(traces), m_look(traces), m_dry_run(dry_run) {}

  FileTraces run() {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::recursive_directory_iterator(
             m_workspace.folder, fs::directory_options::skip_permission_denied)) {
      if (entry.is_regular_file() && !entry.is_symlink() &&
          !is_stores(entry.path(), m_workspace.store_path())) {
        paths.push_back(entry.path());
      }
    }
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) {
      try {
        one(path);
      } catch (const Failure&) { // a damaged archive, no right to read it
        if (fs::exists(path)) {  // or gone meanwhile, as the draft of a file that was cut off
          m_out.not_known.push_back(path.string());
        }
      }
    }
    return std::move(m_out);
  }

private:
  void one(const fs::path& path) {
    if (!m_look(path.string())) {
      return;
    }
    std::error_code error;
    const bool ours = fs::file_size(path, error) <= k_largest_own && !error &&
                      (is_rejects(path) ? clean_rejects(path) : clean_plan(path));
    if (!ours) {
      m_out.left.push_back(path.string());
    }
  }

  bool clean_rejects(const fs::path& path) {
    const auto bytes = read_file(path.string(), k_largest_own);
    if (!bytes) {
      throw Failure(bytes.error());
    }
    std::string kept;
    std::uint64_t removed = 0;
    for (std::string_view rest = *bytes; !rest.empty();) {
      const auto line = rest.substr(
          0, rest.find('\n') == std::string_view::npos ? rest.size() : rest.find('\n') + 1);
      rest.remove_prefix(line.size());
      if (m_traces.in(line)) {
        ++removed;
      } else {
        kept += line;
      }
    }
    replace(path, kept);
    m_out.cleaned.push_back({path.string(), "rejected records", removed});
    return true;
  }

  bool clean_plan(const fs::path& path) {
    const auto bytes = read_file(path.string(), k_largest_own);
    auto plan = bytes ? read_plan(*bytes) : Result<PushPlan>(bytes.error());
    if (!plan) {
      return false;
    }
    const auto removed = take_out(*plan, m_traces);
    const auto text = to_json(*plan);
    if (m_traces.in(text)) {
      return false; // in a name: for its owner
    }
    replace(path, text + "\n");
    m_out.cleaned.push_back({path.string(), "members of a kept plan", removed});
    return true;
  }

  void replace(const fs::path& path, std::string_view text) const {
    if (m_dry_run) {
      return;
    }
    if (const auto written = write_file(path.string(), text); !written) {
      throw Failure(written.error());
    }
  }

  const Workspace& m_workspace;
  const Traces& m_traces;
  Look m_look;
  bool m_dry_run;
  FileTraces m_out;
};

} // namespace

FileTraces clean_files(const Workspace& workspace, const Traces& traces, bool dry_run) {
  return Cleaner(workspace, traces, dry_run).run();
}

} // namespace mailfunnel
