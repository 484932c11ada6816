#pragma once
// Counts the clicks of a sync that are one click here and several at the platform: on links that
// differ in tracking parameters only (docs/links.md), by one person in one second. `reconcile`
// tells them apart from what is missing.

#include "adapter/adapter.hpp"
#include "base/uri.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace mailfunnel {

/// A sink in front of another one. Clicks up to `after` were counted by an earlier sync.
class FoldedClicks : public RecordSink {
public:
  FoldedClicks(RecordSink& to, const LinkStripping& strip, Seconds after)
      : m_to(to), m_strip(strip), m_after(after) {}

  Wants wants() const override { return m_to.wants(); }
  void accept(const EventView& event) override;
  void accept(const RecipientView& recipient) override { m_to.accept(recipient); }
  void accept(const Campaign& campaign, std::string_view record) override {
    m_to.accept(campaign, record);
  }
  void reject(std::string_view why, std::string_view record) override { m_to.reject(why, record); }
  void skip(std::string_view record) override { m_to.skip(record); }

  /// By mailing, those that there are. Empty when there were too many clicks to tell.
  const std::map<std::string, std::uint64_t, std::less<>>& counts() const { return m_counts; }

private:
  RecordSink& m_to;
  const LinkStripping& m_strip;
  Seconds m_after;
  boost::unordered_flat_set<std::uint64_t> m_clicks, m_folded; // with the URL; with its identity
  std::map<std::string, std::uint64_t, std::less<>> m_counts;
  std::string m_key;
  bool m_full = false;
};

} // namespace mailfunnel
