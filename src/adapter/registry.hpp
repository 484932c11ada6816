#pragma once
// All adapters that are built in, by id. Options, help and tables ask it; nothing else names an
// ESP.

#include "adapter/adapter.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

class AdapterRegistry {
public:
  struct Entry {
    std::string id;
    std::unique_ptr<Adapter> adapter;
  };

  void add(std::string id, std::unique_ptr<Adapter> adapter);
  const Adapter* find(std::string_view id) const;
  const std::vector<Entry>& all() const { return m_entries; } // by id

  struct Match {
    const Entry* entry;
    std::unique_ptr<LogReader> reader;
  };
  /// Every adapter that takes an input starting like this (should be one), generic profiles last.
  std::vector<Match> detect(std::string_view head, const LogContext& context) const;

private:
  std::vector<Entry> m_entries;
};

/// Written by the build from the folders under adapters/.
AdapterRegistry builtin_adapters();

} // namespace mailfunnel
