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

Session::Resolved Session::resolve_small(std::span<Harvest> harvests, ImportCounts& counts) {
  const auto added = m_book->take_added();
  std::vector<std::string_view> keys;
  for (std::size_t i = 0; i < added.size(); ++i) {
    keys.push_back(added.key(i));
  }
  const auto found = m_recipients.find(keys);
  Resolved resolved;
  resolved.id.resize(m_book->next_number());
  resolved.key.resize(m_book->next_number());
  std::vector<bool> now(m_book->next_number()); // needs an id at once: attributes, or several keys
  for (const auto& harvest : harvests) {
    for (const auto& person : std::as_const(*harvest.attributes).people()) {
      now[person.recipient] = true;
    }
  }
  for (const auto& [from, next] : m_joined) {
    now[joined_into(from)] = true;
  }
  // An address decides who it is; a contact id only where there is no address, or none known.
  for (std::size_t i = 0; i < added.size(); ++i) {
    const auto number = added.id(i);
    const bool address = !is_contact_key(added.key(i));
    now[number] = now[number] || !resolved.key[number].empty();
    if (resolved.key[number].empty() || (address && is_contact_key(resolved.key[number]))) {
      resolved.key[number] = added.key(i);
      resolved.id[number] = found[i] ? found[i] : resolved.id[number];
    }
  }
  for (std::size_t i = 0; i < added.size(); ++i) {
    auto& id = resolved.id[added.id(i)];
    if (!found[i] || id == found[i]) {
      continue;
    }
    const bool addressless = m_recipients.address(*found[i]).empty();
    if (!id && addressless) {
      id = found[i];
    } else if (id && addressless) { // known under both names: one person
      m_recipients.merge(*found[i], *id);
      m_activity.move_recipients({{*found[i], *id}}, m_options.threads);
    }
  }
  auto next = m_recipients.count();
  const auto before = next;
  std::vector<NewKey> fresh;
  for (std::size_t i = 0; i < added.size(); ++i) {
    const auto number = added.id(i);
    if (!resolved.id[number] && now[number]) {
      resolved.id[number] = next++;
    }
    if (resolved.id[number] && !found[i]) {
      fresh.push_back({*resolved.id[number], added.key(i)});
    }
  }
  std::stable_sort(fresh.begin(), fresh.end(),
                   [](const NewKey& a, const NewKey& b) { return a.id < b.id; });
  m_recipients.add(fresh, m_options.threads);
  counts.new_recipients += m_recipients.count() - before;
  return resolved;
}

void Session::write_small(std::span<Harvest> harvests, ImportCounts& counts) {
  const auto resolved = resolve_small(harvests, counts);
  const auto id_of = [&](std::uint32_t number) { return resolved.id[joined_into(number)]; };
  for (auto& harvest : harvests) {
    for (auto& person : harvest.attributes->people()) {
      person.recipient = id_of(person.recipient).value(); // whoever has attributes has one
    }
  }
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
      const auto key = resolved.key[row.recipient];
      const auto id = id_of(row.recipient);
      std::optional<EventRow> known;
      if (const auto place = seen.find({set.campaign, set.kind, key, row.time, row.link});
          place != seen.end()) {
        known = place->second;
      } else if (id) {
        auto of_chunk = stored.find(chunk_of(*id));
        if (of_chunk == stored.end()) {
          of_chunk = stored.emplace(chunk_of(*id), EventColumns{}).first;
          m_activity.load_own_set(chunk_of(*id), set.campaign, set.kind, of_chunk->second);
        }
        known = find_event(of_chunk->second, offset_of(*id), row.time, row.link);
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
  m_joined.clear();
  m_activity.add_to_inbox(fresh);
  // The next batch is looked up anew: what is told of the book's keys is told once.
  m_without_address.clear();
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
