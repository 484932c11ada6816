// The way of few records into a large store: recipients are looked up one by one, and events wait
// in the inbox, so that no more is touched than they need. And the folding of the inbox into the
// blocks.

#include "ingest/session.hpp"
#include "store/writing.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace mailfunnel {

void Session::write_small(std::span<Harvest> harvests, ImportCounts& counts) {
  const auto before = m_recipients.count();
  const auto added = m_book->take_added();
  const auto identified = identify_together(added, harvests);
  // Behind the numbers of addresses stand here those of contacts: what waits in the inbox waits by
  // a name, and by the address where both are told.
  const auto& numbers = identified.of_number;
  const auto of_contact = [&](std::uint32_t contact) {
    const auto address = (*m_contacts)[contact].address;
    return identified.of_contact[contact] == k_not_kept ? k_not_kept
           : address < numbers.size() && numbers[address] == identified.of_contact[contact]
               ? address
               : static_cast<std::uint32_t>(numbers.size() + contact);
  };
  const auto place_of = [&](std::uint32_t number) {
    return Contacts::is_contact(number) ? numbers.size() + number - Contacts::k_first : number;
  };
  auto ids = numbers;
  ids.insert(ids.end(), identified.of_contact.begin(), identified.of_contact.end());
  std::vector<std::string_view> key_of(ids.size());
  for (std::size_t i = 0; i < added.size(); ++i) {
    key_of[place_of(added.id(i))] = added.key(i);
  }
  for (auto& harvest : harvests) {
    counts.erased += harvest.rows->renumber([&numbers](std::uint32_t number) {
      return numbers[number] == k_not_kept ? k_not_kept : number;
    });
    counts.erased += harvest.rows->take(*harvest.contact_rows, of_contact);
    harvest.rows->deal_out();
    for (auto& person : harvest.attributes->people()) {
      const bool refused = person.recipient == k_not_kept;
      person.recipient = refused ? k_not_kept : ids[place_of(person.recipient)];
      counts.erased += !refused && person.recipient == k_not_kept ? 1 : 0;
    }
    harvest.attributes->erase_people(
        [](const AttributeChanges::Person& person) { return person.recipient == k_not_kept; });
  }
  m_recipients.add(identified.keys, m_options.threads);
  counts.new_recipients += m_recipients.count() - before;
  write_erasures();
  write_merged(identified);
  write_attributes(harvests, counts);

  using Identity = std::tuple<CampaignId, EventKind, std::string_view, std::uint32_t, LinkNumber>;
  const auto waiting = m_activity.inbox();
  std::map<Identity, EventRow> seen;
  for (const auto& event : waiting) {
    seen.emplace(Identity{event.campaign, event.kind, event.key, event.row.time, event.row.link},
                 event.row);
  }
  std::vector<InboxEvent> fresh;
  std::uint64_t again = 0;
  const auto take = [&](const RowPages& set) {
    std::map<std::uint32_t, EventColumns> stored; // by chunk
    set.each([&](EventRow row) {
      const auto key = key_of[row.recipient];
      const auto id = ids[row.recipient];
      std::optional<EventRow> known;
      if (const auto place = seen.find({set.campaign, set.kind, key, row.time, row.link});
          place != seen.end()) {
        known = place->second;
      } else if (id != AddressBook::k_none) {
        auto of_chunk = stored.find(chunk_of(id));
        if (of_chunk == stored.end()) {
          of_chunk = stored.emplace(chunk_of(id), EventColumns{}).first;
          m_activity.load_own_set(chunk_of(id), set.campaign, set.kind, of_chunk->second);
        }
        known = find_event(of_chunk->second, offset_of(id), row.time, row.link);
      }
      row.recipient = 0;
      auto united = row;
      if (known) {
        known->recipient = 0;
        united = *known;
        unite(united, row, set.kind);
      }
      counts.fresh += known ? 0 : 1;
      again += known ? 1 : 0;
      if (!known || std::memcmp(&united, &*known, sizeof united) != 0) {
        seen.insert_or_assign({set.campaign, set.kind, key, row.time, row.link}, united);
        fresh.push_back({set.campaign, set.kind, united, std::string(key)});
      }
    });
  };
  auto rows = gathered_rows(harvests);
  for (RowSets sets; rows.next(sets); sets.clear()) {
    for (std::size_t i = 0; i < sets.size(); ++i) {
      take(sets[i]);
    }
  }
  counts.duplicate += again;
  m_activity.add_to_inbox(fresh);
  // The next batch is looked up anew: what is told of the book's keys is told once.
  forget_batch();
  make_book();
}

std::uint64_t fold_inbox(Store& store, unsigned threads) {
  Writing writing(store);
  Activity activity(store.database());
  Recipients recipients(store.database());
  const auto events = activity.inbox();
  if (events.empty()) {
    return 0;
  }
  std::vector<std::string_view> keys;
  for (const auto& event : events) {
    keys.push_back(event.key);
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  auto ids = recipients.find(keys);
  auto next = recipients.count();
  std::vector<NewKey> fresh;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!ids[i]) {
      ids[i] = next++;
      fresh.push_back({*ids[i], keys[i]});
    }
  }
  recipients.add(fresh, threads);
  std::map<std::pair<CampaignId, EventKind>, std::vector<EventRow>> rows;
  for (const auto& event : events) {
    auto row = event.row;
    row.recipient = *ids[static_cast<std::size_t>(
        std::lower_bound(keys.begin(), keys.end(), std::string_view(event.key)) - keys.begin())];
    rows[{event.campaign, event.kind}].push_back(row);
  }
  RowSets sets;
  for (auto& [key, of_key] : rows) {
    sets.add(key.first, key.second, of_key);
  }
  activity.merge(std::move(sets), threads);
  activity.clear_inbox();
  writing.commit();
  return events.size();
}

} // namespace mailfunnel
