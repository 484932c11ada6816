#include "funnel/crowds.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <tuple>

namespace mailfunnel {

namespace {

constexpr std::uint64_t key_of(std::uint16_t network, std::uint32_t time) {
  return std::uint64_t{network} << 32 | time;
}

/// Of one network, by time.
void add_complete(std::span<const NetworkClick> clicks, std::vector<std::uint64_t>& complete) {
  boost::unordered_flat_map<RecipientId, std::uint32_t> people; // with clicks in the window
  std::size_t first = 0;
  for (const auto& last : clicks) {
    ++people[last.recipient];
    for (; last.time - clicks[first].time > k_crowd_seconds; ++first) {
      const auto place = people.find(clicks[first].recipient);
      if (--place->second == 0) {
        people.erase(place);
      }
    }
    const auto key = key_of(last.network, last.time);
    if (people.size() >= k_crowd_people && (complete.empty() || complete.back() != key)) {
      complete.push_back(key);
    }
  }
}

} // namespace

CrowdTimes::CrowdTimes(std::vector<NetworkClick> clicks) {
  // Most networks have too few clicks to be looked at.
  std::vector<std::uint32_t> count(std::size_t{1} << 16);
  for (const auto& click : clicks) {
    ++count[click.network];
  }
  std::erase_if(clicks,
                [&](const NetworkClick& one) { return count[one.network] < k_crowd_people; });
  std::sort(clicks.begin(), clicks.end(), [](const NetworkClick& a, const NetworkClick& b) {
    return std::tie(a.network, a.time) < std::tie(b.network, b.time);
  });
  for (auto first = clicks.begin(); first != clicks.end();) {
    const auto end = std::find_if(first, clicks.end(), [&](const NetworkClick& one) {
      return one.network != first->network;
    });
    add_complete({first, end}, m_complete);
    first = end;
  }
}

bool CrowdTimes::holds(std::uint16_t network, std::uint32_t time, std::uint32_t limit) const {
  const auto place = std::lower_bound(m_complete.begin(), m_complete.end(), key_of(network, time));
  return place != m_complete.end() && *place >> 32 == network &&
         static_cast<std::uint32_t>(*place) - time <= k_crowd_seconds &&
         static_cast<std::uint32_t>(*place) <= limit;
}

} // namespace mailfunnel
