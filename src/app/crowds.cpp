#include "app/crowds.hpp"

#include "base/parallel.hpp"
#include "store/activity.hpp"
#include "store/recipients.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

namespace mailfunnel {

namespace {

/// Clicks that wait in the inbox; a person without a number yet gets one above all that are given.
std::map<CampaignId, std::vector<NetworkClick>> waiting_clicks(Database& database) {
  std::map<CampaignId, std::vector<NetworkClick>> waiting;
  Recipients recipients(database);
  const auto count = recipients.count();
  std::unordered_map<std::string, RecipientId> strangers;
  auto events = Activity(database).waiting();
  std::erase_if(events, [](const auto& event) {
    return event.kind != EventKind::click || event.row.extra == 0;
  });
  std::vector<std::string_view> keys;
  for (const auto& event : events) {
    keys.push_back(event.key);
  }
  const auto known = recipients.find(keys);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto& event = events[i];
    const auto next = static_cast<RecipientId>(count + strangers.size());
    waiting[event.campaign].push_back(
        {event.row.extra, event.row.time,
         known[i] ? *known[i] : strangers.emplace(event.key, next).first->second});
  }
  return waiting;
}

class StoredCrowds : public Crowds {
public:
  explicit StoredCrowds(const Store& store) : m_store(store) {}

  const CrowdTimes& of(CampaignId campaign) override {
    const std::lock_guard lock(m_mutex);
    if (const auto known = m_known.find(campaign); known != m_known.end()) {
      return known->second;
    }
    if (!m_database) {
      m_database.emplace(m_store.reader());
      m_recipients = Recipients(*m_database).count();
      m_waiting = waiting_clicks(*m_database);
    }
    const CampaignId wanted[] = {campaign};
    return m_known.emplace(campaign, std::move(look(*m_database, wanted)[0])).first->second;
  }

  void prepare(std::span<const CampaignId> campaigns, unsigned threads) override {
    const std::lock_guard lock(m_mutex);
    std::vector<CampaignId> wanted;
    for (const auto campaign : campaigns) {
      if (!m_known.contains(campaign)) {
        wanted.push_back(campaign);
      }
    }
    if (wanted.empty()) {
      return;
    }
    std::sort(wanted.begin(), wanted.end());
    threads = std::max(threads, 1U);
    // Small sets of mailings stand together: where there are many they are read so.
    constexpr std::size_t k_most_together = 16;
    const auto together = std::clamp<std::size_t>(wanted.size() / threads / 8, 1, k_most_together);
    const auto groups = (wanted.size() + together - 1) / together;
    threads = static_cast<unsigned>(std::min<std::size_t>(threads, groups));
    std::vector<std::vector<CrowdTimes>> found(groups);
    std::atomic<std::size_t> next{0};
    auto databases = m_store.readers(threads);
    m_recipients = Recipients(databases[0]).count();
    m_waiting = waiting_clicks(databases[0]);
    const auto group = [&wanted, together](std::size_t i) {
      const auto first = i * together;
      return std::span(wanted).subspan(first, std::min(together, wanted.size() - first));
    };
    on_threads(threads, [&](unsigned thread) {
      auto& database = databases[thread];
      for (std::size_t i; (i = next.fetch_add(1)) < groups;) {
        found[i] = look(database, group(i));
      }
    });
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      m_known.emplace(wanted[i], std::move(found[i / together][i % together]));
    }
  }

private:
  std::vector<CrowdTimes> look(Database& database, std::span<const CampaignId> campaigns) const {
    std::vector<std::vector<NetworkClick>> clicks(campaigns.size());
    Activity activity(database);
    EventColumns columns;
    for (std::uint32_t chunk = 0; std::uint64_t{chunk} << k_chunk_bits < m_recipients; ++chunk) {
      for (std::size_t of = 0; of < campaigns.size(); ++of) {
        columns.clear();
        if (!activity.load_set(chunk, campaigns[of], EventKind::click, columns)) {
          continue;
        }
        for (std::size_t i = 0; i < columns.extra.size(); ++i) {
          if (columns.extra[i] != 0) {
            clicks[of].push_back(
                {columns.extra[i], columns.time[i], chunk << k_chunk_bits | columns.recipient[i]});
          }
        }
      }
    }
    std::vector<CrowdTimes> crowds;
    for (std::size_t of = 0; of < campaigns.size(); ++of) {
      if (const auto waiting = m_waiting.find(campaigns[of]); waiting != m_waiting.end()) {
        clicks[of].insert(clicks[of].end(), waiting->second.begin(), waiting->second.end());
      }
      crowds.emplace_back(std::move(clicks[of]));
    }
    return crowds;
  }

  const Store& m_store;
  std::mutex m_mutex;
  std::optional<Database> m_database;
  RecipientId m_recipients = 0;
  std::map<CampaignId, std::vector<NetworkClick>> m_waiting;
  std::map<CampaignId, CrowdTimes> m_known; // references to what stands in it stay good
};

} // namespace

std::shared_ptr<Crowds> crowds_of(const Store& store) {
  return std::make_shared<StoredCrowds>(store);
}

} // namespace mailfunnel
