// What others wrote since a session looked at the store: an import beside this one, webhooks, the
// folding of the inbox. Numbers are given in order, so one that they gave to somebody, or to a
// link, may be one that this session gave to another. Before a batch is written theirs stay, and
// those of the session move.

#include "ingest/session.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace mailfunnel {

namespace {

/// All that is of somebody.
template<typename Change> void each_number(std::span<Session::Harvest> harvests, Change change) {
  for (auto& harvest : harvests) {
    harvest.rows->renumber(change);
    for (auto& person : harvest.attributes->people()) {
      person.recipient = change(person.recipient);
    }
  }
}

} // namespace

/// Tells it once.
bool Session::others_wrote() {
  return std::exchange(m_version, m_store.database().version()) != m_version;
}

void Session::take_over_mailings(std::span<Harvest> harvests) {
  m_stored.reset(); // is as it was before
  m_asked = 0;
  for (auto& slot : m_campaigns) {
    const auto stored = stored_campaign(slot.account, slot.external_id, slot.send);
    if (!stored) {
      continue;
    }
    slot.id = stored->id;
    slot.sources |= stored->sources;
    if (slot.links_loaded) {
      take_over_links(slot, harvests);
    }
  }
}

void Session::take_over_links(CampaignSlot& slot, std::span<Harvest> harvests) {
  std::vector<std::pair<LinkNumber, std::string>> mine; // in the order of the numbers that they had
  for (const auto& [identity, number] : slot.links) {
    mine.emplace_back(number, identity);
  }
  std::sort(mine.begin(), mine.end());
  auto examples = std::exchange(slot.examples, {});
  slot.links.clear();
  slot.next_link = 1;
  number_stored_links(slot);
  std::map<LinkNumber, LinkNumber> moved;
  for (const auto& [number, identity] : mine) {
    const auto known = slot.links.find(identity);
    const bool over = number == k_other_link || slot.next_link > k_most_links;
    const auto now = known != slot.links.end() ? known->second
                     : over                    ? k_other_link
                                               : slot.next_link++;
    slot.links.emplace(now == k_other_link ? "(other)" : identity, now);
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
  decltype(slot.placements) placements;
  for (auto placement : slot.placements) {
    std::get<LinkNumber>(placement) = moved.at(std::get<LinkNumber>(placement));
    placements.insert(std::move(placement));
  }
  slot.placements = std::move(placements);
  for (auto& harvest : harvests) {
    for (std::size_t kind = 0; kind < k_event_kinds; ++kind) {
      harvest.rows->renumber_links(slot.index * k_event_kinds + kind,
                                   [&moved](LinkNumber link) { return moved.at(link); });
    }
  }
}

/// The keys of `added` that are to be written. An address decides who it is, and a contact id where
/// there is no address, or none known.
std::vector<NewKey> Session::take_over_people(const AddedKeys& added, std::span<Harvest> harvests) {
  std::vector<std::string_view> keys;
  for (std::size_t i = 0; i < added.size(); ++i) {
    keys.push_back(added.key(i));
  }
  const auto found = m_recipients.find(keys);
  std::unordered_map<std::uint32_t, RecipientId> into;
  for (const bool contacts : {false, true}) {
    for (std::size_t i = 0; i < added.size(); ++i) {
      if (found[i] && added.id(i) >= m_known && is_contact_key(added.key(i)) == contacts) {
        into.emplace(added.id(i), *found[i]);
      }
    }
  }
  auto next = m_recipients.count();
  for (std::size_t i = 0; i < added.size(); ++i) {
    if (const auto number = added.id(i); number >= m_known && !into.contains(number)) {
      into.emplace(number, next++);
    }
  }
  const auto moved = [&into](std::uint32_t number) {
    const auto place = into.find(number);
    return place == into.end() ? number : place->second;
  };
  each_number(harvests, moved);
  decltype(m_joined) joined;
  for (const auto& [from, target] : m_joined) {
    joined.emplace(moved(from), moved(target));
  }
  m_joined = std::move(joined);
  decltype(m_without_address) without;
  for (const auto number : m_without_address) {
    without.insert(moved(number));
  }
  m_without_address = std::move(without);

  std::vector<NewKey> fresh;
  for (std::size_t i = 0; i < added.size(); ++i) {
    const auto id = moved(added.id(i));
    m_book->renumber(added.key(i), id);
    if (!found[i]) {
      fresh.push_back({id, added.key(i)});
    } else if (*found[i] != id && m_recipients.address(*found[i]).empty()) {
      m_joined[*found[i]] = id; // to others known by contact id only
    }
  }
  m_book->go_on_from(next);
  std::stable_sort(fresh.begin(), fresh.end(),
                   [](const NewKey& a, const NewKey& b) { return a.id < b.id; });
  return fresh;
}

/// The numbers that the session knows may by now be another's.
void Session::follow_merged(std::span<Harvest> harvests) {
  if (const auto merged = m_recipients.merged(); !merged.empty()) {
    each_number(harvests, [&merged](std::uint32_t number) {
      const auto place = merged.find(number);
      return place == merged.end() ? number : place->second;
    });
  }
}

} // namespace mailfunnel
