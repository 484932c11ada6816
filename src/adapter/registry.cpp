#include "adapter/registry.hpp"

#include <algorithm>

namespace mailfunnel {

void AdapterRegistry::add(std::string id, std::unique_ptr<Adapter> adapter) {
  const auto place =
      std::lower_bound(m_entries.begin(), m_entries.end(), id,
                       [](const Entry& entry, const std::string& key) { return entry.id < key; });
  m_entries.insert(place, Entry{std::move(id), std::move(adapter)});
}

const Adapter* AdapterRegistry::find(std::string_view id) const {
  for (const auto& entry : m_entries) {
    if (entry.id == id) {
      return entry.adapter.get();
    }
  }
  return nullptr;
}

std::vector<AdapterRegistry::Match> AdapterRegistry::detect(std::string_view head,
                                                            const LogContext& context) const {
  std::vector<Match> matches;
  for (const auto& entry : m_entries) {
    if (auto reader = entry.adapter->open_log(head, context)) {
      matches.push_back({&entry, std::move(reader)});
    }
  }
  return matches;
}

} // namespace mailfunnel
