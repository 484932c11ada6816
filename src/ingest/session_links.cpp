// The links of a mailing, of which it has so many at most, and which of many those are: the first
// in the order of the input, however many threads read it.

#include "ingest/session.hpp"

#include <algorithm>
#include <new>
#include <tuple>
#include <utility>

namespace mailfunnel {

namespace {
constexpr LinkNumber k_most_new_links = 50'000; // numbers without a look at which ones stand first
constexpr const char* k_other_identity = "(other)";
constexpr const char* k_other_example = "(other links)";
} // namespace

void Session::load_links(CampaignSlot& campaign) {
  const std::lock_guard lock(m_mutex); // the connection is one thread's at a time
  settle();
  number_stored_links(campaign);
  campaign.links_loaded = true;
}

void Session::number_stored_links(CampaignSlot& campaign) {
  for (const auto& stored : m_catalog.links(campaign.id)) {
    campaign.links.emplace(stored.identity, stored.number);
    campaign.examples[stored.number] = stored.url;
    if (stored.number <= k_most_links) {
      campaign.next_link =
          std::max<LinkNumber>(campaign.next_link, static_cast<LinkNumber>(stored.number + 1));
    }
  }
  campaign.first_new_link = campaign.next_link;
}

std::optional<LinkNumber> Session::link(CampaignSlot& campaign, std::string_view url,
                                        const LinkPlacement* placement, RecordPlace place) {
  const auto target = unwrap(url);
  auto identity = link_identity(target, m_options.strip);
  const std::lock_guard lock(campaign.mutex);
  if (!campaign.links_loaded) {
    load_links(campaign);
  }
  auto known = campaign.links.find(identity);
  if (known == campaign.links.end()) {
    const auto number = next_link(campaign, place);
    if (number == 0) {
      return std::nullopt;
    }
    m_link_bytes += number == k_other_link ? 0 : 2 * (identity.size() + target.size()) + 200;
    known =
        campaign.links.emplace(number == k_other_link ? k_other_identity : identity, number).first;
  }
  const auto number = known->second;
  if (number >= campaign.first_new_link && number != k_other_link) {
    auto& first = campaign.link_places[number - campaign.first_new_link];
    first = std::min(first, place);
  }
  if (m_erasures.mentioned_in(target)) {
    return number; // no example of a link that names somebody who is gone
  }
  auto& example = campaign.examples[number];
  if (example.empty() || (target < example && number != k_other_link)) {
    example = number == k_other_link ? k_other_example : target;
    campaign.changed_links[number] = {known->first, example};
  }
  if (placement != nullptr) {
    const int stage = placement->stage ? static_cast<int>(*placement->stage) : -1;
    campaign.placements.emplace(number, placement->text, placement->alias, stage,
                                placement->footer);
  }
  return number;
}

/// That of a new link. More get one than a mailing can have, as a slower thread may come with some
/// that stand before it; choose_links() chooses. 0: it has to be known which those are.
LinkNumber Session::next_link(CampaignSlot& campaign, RecordPlace place) {
  const auto give = [&] {
    campaign.link_places.push_back(place);
    return campaign.next_link++;
  };
  if (campaign.first_new_link > k_most_links || place >= campaign.links_until) {
    return k_other_link;
  }
  if (campaign.next_link <= k_most_new_links) {
    return give();
  }
  {
    const std::lock_guard lock(m_chunks_mutex);
    if (m_chunks_before < chunk_of_place(place)) {
      return 0;
    }
  }
  const auto before = std::count_if(campaign.link_places.begin(), campaign.link_places.end(),
                                    [place](RecordPlace known) { return known < place; });
  if (campaign.first_new_link + before > k_most_links) {
    campaign.links_until = place;
    return k_other_link;
  }
  return give();
}

/// Numbers links that are not stored anew, in the order of the input; what is beyond those that a
/// mailing can have is "other".
void Session::choose_links(CampaignSlot& slot, std::span<Harvest> harvests) {
  std::vector<std::tuple<RecordPlace, LinkNumber, std::string>> mine;
  for (const auto& [identity, number] : slot.links) {
    const auto place = number == k_other_link ? k_nowhere
                       : number < slot.first_new_link
                           ? k_before_all
                           : slot.link_places[number - slot.first_new_link];
    mine.emplace_back(place, number, identity);
  }
  std::sort(mine.begin(), mine.end());
  auto examples = std::exchange(slot.examples, {});
  slot.links.clear();
  slot.next_link = 1;
  number_stored_links(slot);
  std::map<LinkNumber, LinkNumber> moved;
  slot.link_places.clear();
  for (const auto& [place, number, identity] : mine) {
    const auto known = slot.links.find(identity);
    const bool over = number == k_other_link || slot.next_link > k_most_links;
    const auto now = known != slot.links.end() ? known->second
                     : over                    ? k_other_link
                                               : slot.next_link++;
    if (known == slot.links.end() && now != k_other_link) {
      slot.link_places.push_back(place);
    }
    slot.links.emplace(now == k_other_link ? k_other_identity : identity, now);
    moved.emplace(number, now);
  }
  const auto moved_keys = [&moved](auto& numbered) {
    std::remove_reference_t<decltype(numbered)> out;
    for (auto& [number, value] : numbered) {
      out.emplace(moved.at(number), std::move(value));
    }
    numbered = std::move(out);
  };
  for (auto& [number, url] : examples) {
    slot.examples.try_emplace(moved.at(number), std::move(url));
  }
  moved_keys(slot.changed_links);
  if (const auto other = slot.changed_links.find(k_other_link); other != slot.changed_links.end()) {
    slot.examples[k_other_link] = k_other_example;
    other->second = {k_other_identity, k_other_example};
  }
  decltype(slot.placements) placements;
  for (auto placement : slot.placements) {
    std::get<LinkNumber>(placement) = moved.at(std::get<LinkNumber>(placement));
    placements.insert(std::move(placement));
  }
  slot.placements = std::move(placements);
  for (auto& harvest : harvests) {
    for (auto* const rows : {harvest.rows, harvest.contact_rows}) {
      for (std::size_t kind = 0; kind < k_event_kinds; ++kind) {
        rows->renumber_links(slot.index * k_event_kinds + kind,
                             [&moved](LinkNumber link) { return moved.at(link); });
      }
    }
  }
}

// ---- the chunks of an input, of which several are read at once
// -------------------------------------------------

void Session::begin_input() {
  const std::lock_guard lock(m_chunks_mutex);
  m_chunks_before = 0;
  m_chunks_ended.clear();
}

void Session::end_chunk(std::uint64_t chunk) {
  const std::lock_guard lock(m_chunks_mutex);
  if (chunk < m_chunks_before) {
    return;
  }
  try {
    m_chunks_ended.insert(chunk);
  } catch (const std::bad_alloc&) { // the input breaks off: nobody waits any more
    m_chunks_before = k_nowhere;
  }
  while (m_chunks_ended.erase(m_chunks_before) != 0) {
    ++m_chunks_before;
  }
  m_chunk_ended.notify_all();
}

void Session::wait_for_chunks(std::uint64_t chunk) {
  std::unique_lock lock(m_chunks_mutex);
  m_chunk_ended.wait(lock, [&] { return m_chunks_before >= chunk; });
}

} // namespace mailfunnel
