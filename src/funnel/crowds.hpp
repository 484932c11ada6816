#pragma once
// Many people of one mailing who click from one network within seconds: a mail filter that works
// for a whole company, or for many. The one sign that needs the clicks of everybody; a scorer sees
// a chunk of people at a time, so it is looked for before.

#include "model/activity.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace mailfunnel {

constexpr std::uint32_t k_crowd_seconds = 10, k_crowd_people = 5; // docs/scoring.md, "Who did it"

struct NetworkClick {
  std::uint16_t network; // as in EventRow, never 0
  std::uint32_t time;
  RecipientId recipient;
};

/// The moments of one mailing at which a crowd was complete: somebody clicked, and with that click
/// at least 5 people had done so from the network within 10 s. So that a look at a moment in the
/// past uses only what had happened by then.
class CrowdTimes {
public:
  CrowdTimes() = default;
  explicit CrowdTimes(std::vector<NetworkClick> clicks); // of one mailing, in any order

  /// Was the click one of a crowd that was complete by `limit`?
  bool holds(std::uint16_t network, std::uint32_t time, std::uint32_t limit) const;
  bool empty() const { return m_complete.empty(); }

private:
  std::vector<std::uint64_t> m_complete; // network above, time below; sorted
};

/// The crowds of every mailing, looked for when first asked. Thread-safe.
class Crowds {
public:
  virtual ~Crowds() = default;
  virtual const CrowdTimes& of(CampaignId campaign) = 0;
  /// Looks for those of many mailings at once, on several threads.
  virtual void prepare(std::span<const CampaignId> campaigns, unsigned threads) = 0;
};

} // namespace mailfunnel
