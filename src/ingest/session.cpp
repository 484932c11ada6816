#include "ingest/session.hpp"

#include "base/hash.hpp"
#include "base/html.hpp"
#include "base/text.hpp"
#include "store/writing.hpp"

#include <algorithm>
#include <utility>

namespace mailfunnel {

void ImportCounts::add(const ImportCounts& more) {
  records += more.records;
  events += more.events;
  recipients += more.recipients;
  campaigns += more.campaigns;
  unknown += more.unknown;
  fresh += more.fresh;
  duplicate += more.duplicate;
  rejected += more.rejected;
  skipped += more.skipped;
  erased += more.erased;
  new_recipients += more.new_recipients;
  changed_attributes += more.changed_attributes;
  for (std::size_t kind = 0; kind < k_event_kinds; ++kind) {
    by_kind[kind] += more.by_kind[kind];
  }
  first = first == 0 ? more.first : more.first == 0 ? first : std::min(first, more.first);
  last = std::max(last, more.last);
}

namespace {
std::string campaign_key(std::uint32_t account, std::string_view external_id,
                         std::string_view send) {
  auto key = std::to_string(account);
  key += '\x1f';
  key += external_id;
  key += '\x1f';
  key += send;
  return key;
}
} // namespace

// ---- numbers while records stream in
// -------------------------------------------------------------------------------

Session::Session(Store& store, SessionOptions options)
    : m_store(store), m_options(std::move(options)), m_catalog(store.database()),
      m_recipients(store.database()), m_activity(store.database()),
      m_version(store.database().version()), m_known(m_recipients.count()),
      m_erasures_seen(Erasures::version(store)), m_erasures(store) {
  for (const auto& stored : m_catalog.accounts()) {
    m_accounts.emplace(stored.name, stored.id);
  }
  make_book();
  if (!m_options.small) {
    load_book();
  }
}

void Session::make_book() {
  m_book = std::make_unique<AddressBook>(m_options.small ? 0 : m_known, m_store.secret(),
                                         m_options.threads);
  m_contacts = std::make_unique<Contacts>();
  if (!m_erasures.empty()) {
    m_book->refuse([this](std::string_view key) { return m_erasures.has(key); });
  }
}

std::optional<std::uint32_t> Session::account(std::string_view name) {
  return account_named(name.empty() || m_options.only_account ? m_options.account : name);
}

std::optional<std::uint32_t> Session::account_by_route(std::string_view sender,
                                                       std::string_view job, SenderFields& fields) {
  const bool told = !sender.empty() || !job.empty();
  if (told || m_options.account.empty()) {
    for (const auto& route : m_options.routes) {
      const bool taken =
          std::any_of(route.senders.begin(), route.senders.end(),
                      [&](const SenderPattern& one) { return one.match(sender, fields); }) ||
          std::any_of(route.jobs.begin(), route.jobs.end(),
                      [job](const std::string& glob) { return glob_match(glob, job); });
      if (taken) {
        return account_named(route.account);
      }
    }
  }
  return told && m_options.skip_others ? std::nullopt : account_named(m_options.account);
}

std::optional<std::uint32_t> Session::account_named(std::string_view name) {
  if (name.empty()) {
    return std::nullopt;
  }
  const std::lock_guard lock(m_mutex);
  if (const auto stored = m_accounts.find(name); stored != m_accounts.end()) {
    return stored->second;
  }
  // The platform that the config names; else that of the import, for its own account.
  const auto configured = std::find_if(m_options.accounts.begin(), m_options.accounts.end(),
                                       [&](const auto& one) { return one.first == name; });
  const bool known = configured != m_options.accounts.end();
  if (!known && name != m_options.account && !m_options.accounts.empty()) {
    return std::nullopt;
  }
  const auto adapter = known                       ? configured->second
                       : name == m_options.account ? m_options.adapter
                                                   : std::string();
  settle();
  const WriterLock writing(m_store.path());
  const auto id = m_catalog.account_id(std::string(name), adapter);
  m_accounts.emplace(name, id);
  return id;
}

std::vector<std::string> Session::accounts_with_events() const {
  std::vector<std::string> names;
  for (const auto& [name, id] : m_accounts) {
    if (m_spans.contains(id)) {
      names.push_back(name);
    }
  }
  return names;
}

CampaignSlot& Session::campaign(std::uint32_t account, std::string_view external_id,
                                std::string_view send) {
  const std::lock_guard lock(m_mutex);
  const auto key = campaign_key(account, external_id, send);
  if (const auto known = m_by_id.find(key); known != m_by_id.end()) {
    return *known->second;
  }
  settle();
  const auto stored = stored_campaign(account, external_id, send);
  auto& slot = m_campaigns.emplace_back();
  slot.index = static_cast<std::uint32_t>(m_campaigns.size() - 1);
  slot.id = stored ? stored->id : CampaignId{0};
  slot.sources = stored ? stored->sources : 0;
  slot.account = account;
  slot.external_id = external_id;
  slot.send = send;
  slot.links_loaded = !stored;
  m_by_id.emplace(key, &slot);
  return slot;
}

/// Most inputs tell of a few mailings of the many that a store may have; where one tells of many, a
/// question each takes longer than to read what identifies all.
std::optional<Catalog::FoundCampaign> Session::stored_campaign(std::uint32_t account,
                                                               std::string_view external_id,
                                                               std::string_view send) {
  constexpr std::size_t k_few = 100;
  if (!m_stored && m_asked++ < k_few) {
    return m_catalog.find_campaign(account, external_id, send);
  }
  if (!m_stored) {
    decltype(m_stored)::value_type all;
    m_catalog.each_identity([&all](std::uint32_t of_account, std::string_view id,
                                   std::string_view one_send, Catalog::FoundCampaign found) {
      all.emplace(campaign_key(of_account, id, one_send), found);
    });
    m_stored = std::move(all);
  }
  const auto found = m_stored->find(campaign_key(account, external_id, send));
  return found == m_stored->end() ? std::nullopt : std::optional(found->second);
}

void Session::describe(std::uint32_t account, const Campaign& description, RecordPlace place,
                       const NumberLink& number_link) {
  auto& slot = campaign(account, description.id, description.send);
  for (const auto& placement : description.links) {
    number_link(slot, placement.url, placement);
  }
  for (const auto& found : html_links(description.html)) {
    LinkPlacement placement;
    placement.text = found.text.empty() ? found.title : found.text;
    placement.stage = parse_stage(found.stage);
    placement.footer = found.footer;
    number_link(slot, found.url, placement);
  }
  const std::lock_guard lock(m_mutex);
  auto& kept = m_descriptions.emplace_back(place, &slot, description).said;
  kept.links.clear();
  kept.html.clear();
}

std::optional<std::uint16_t> Session::attribute(std::string_view name,
                                                std::span<const ToldAttribute> told) {
  const std::lock_guard lock(m_mutex);
  if (const auto known = m_attributes.find(name); known != m_attributes.end()) {
    return known->second;
  }
  settle();
  const WriterLock writing(m_store.path());
  Transaction transaction(m_store.database());
  std::vector<std::pair<std::string_view, std::uint16_t>> made;
  const auto make = [&](std::string_view one) {
    const auto id = m_recipients.attribute_id(one);
    if (id) {
      made.emplace_back(one, *id);
    }
    return id;
  };
  const auto id = make(name);
  bool room = id.has_value();
  for (const auto& [other, value] : told) {
    if (room && !value.empty() && !m_attributes.contains(other)) {
      room = make(other).has_value();
    }
  }
  transaction.commit();
  for (const auto& [one, number] : made) {
    m_attributes.emplace(one, number);
  }
  return id;
}

std::uint16_t Session::word(std::string_view text) {
  const std::lock_guard lock(m_mutex);
  if (const auto known = m_words.find(text); known != m_words.end()) {
    return known->second;
  }
  settle();
  const WriterLock writing(m_store.path());
  const auto id = m_catalog.word_id(text);
  m_words.emplace(text, id);
  return id;
}

void Session::add_unknown(std::uint32_t account, const EventView& event, std::string key) {
  const std::lock_guard lock(m_mutex);
  m_unknown.emplace(account, event.time.seconds, std::move(key), std::string(event.campaign),
                    std::string(event.native));
}

void Session::note_erased(std::string_view key, const Erasure* as) {
  if (!m_erasures.has(key)) {
    m_also_erased.emplace(key,
                          Erasure{as == nullptr ? std::nullopt : as->recipient, m_options.now});
  }
}

void Session::name_campaign(CampaignSlot& campaign, std::string_view name) {
  const std::lock_guard lock(m_mutex);
  if (auto& seen = m_names[&campaign]; seen.empty() || name < seen) {
    seen = name;
  }
}

// ---- writing
// -------------------------------------------------------------------------------------------------------

void Session::flush(std::span<Harvest> harvests, ImportCounts& counts, const std::string& source,
                    bool last, const std::function<bool()>& also, Commit commit) {
  settle();
  constexpr std::uint64_t k_packed = 2; // so many times smaller in the store
  std::uint64_t bytes = m_book->added_bytes() / k_packed;
  for (const auto& harvest : harvests) {
    bytes += harvest.bytes / k_packed;
  }
  auto writing = std::make_unique<Writing>(m_store, bytes);
  check_erasures();
  const bool others = others_wrote();
  if (others) {
    take_over_mailings(harvests);
  }
  for (auto& slot : m_campaigns) {
    if (slot.next_link > k_most_links + 1) {
      choose_links(slot, harvests);
    }
  }
  m_beside = m_beside || others;
  const auto before = counts.fresh + counts.new_recipients + counts.changed_attributes;
  bool changed = write_catalog();
  if (m_options.small) {
    write_small(harvests, counts);
  } else {
    write_large(harvests, counts);
  }
  for (const auto& [account, time, key, campaign, native] : m_unknown) {
    m_store.database()
        .use("INSERT OR IGNORE INTO unknown_event VALUES (?1, ?2, ?3, ?4, ?5)")
        .bind(account, time, key, campaign, native)
        .run();
  }
  m_unknown.clear();
  if (last && m_options.covers) {
    changed = write_coverage(source) || changed; // more may be measurable now
  }
  if (also) {
    changed = also() || changed;
  }
  if (changed || before != counts.fresh + counts.new_recipients + counts.changed_attributes) {
    m_store.count_change();
  }
  finish(std::move(writing), commit);
}

/// Nothing of who was erased is written: neither what the book refused, nor, when somebody was
/// erased since it was filled, anything of this batch.
void Session::check_erasures() {
  if (Erasures::version(m_store) != m_erasures_seen) {
    throw Failure({ErrorCode::locked,
                   "somebody was erased while this was read: nothing of this batch was kept; run "
                   "it again"});
  }
}

void Session::write_erasures() {
  if (!m_also_erased.empty()) {
    const auto key = HashKey::read(m_store.path());
    for (const auto& [text, erasure] : m_also_erased) {
      Erasures::add(m_store, *key, text, erasure);
    }
    m_also_erased.clear();
    m_erased = true;
    m_erasures_seen = Erasures::version(m_store);
  }
}

bool Session::write_coverage(const std::string& source) {
  bool changed = false;
  const auto add = [&](const Coverage& coverage) {
    m_catalog.add_coverage(coverage);
    changed = changed || m_store.database().changes() != 0;
  };
  for (const auto& [account, span] : m_spans) {
    if (m_options.complete.empty()) {
      add({account, span.first, span.second, source});
    }
    for (const auto& [from, to] : m_options.complete) {
      add({account, from, to, "stated"});
    }
  }
  return changed;
}

bool Session::write_catalog() {
  bool changed = !m_descriptions.empty();
  m_link_bytes = 0;
  for (auto& slot : m_campaigns) {
    if (slot.id == 0) {
      slot.id = m_catalog.add_campaign(slot.account, slot.external_id, slot.send);
      changed = true;
    }
    for (const auto& [number, link] : slot.changed_links) {
      m_catalog.add_link(slot.id, number, link.first, link.second);
      changed = true;
    }
    for (const auto& [number, text, alias, stage, footer] : slot.placements) {
      LinkPlacement placement;
      placement.text = text;
      placement.alias = alias;
      placement.footer = footer;
      if (stage >= 0) {
        placement.stage = static_cast<Stage>(stage);
      }
      m_catalog.add_placement(slot.id, number, placement);
    }
    changed = changed || !slot.placements.empty();
    slot.changed_links.clear();
    slot.placements.clear();
    slot.first_new_link = slot.next_link;
    slot.link_places.clear();
    slot.links_until = k_nowhere;
  }
  for (const auto& [slot, name] : m_names) {
    m_store.database()
        .use("UPDATE campaign SET name = ?2 WHERE id = ?1 AND described = 0 AND (name = '' OR name "
             "> ?2)")
        .bind(slot->id, name)
        .run();
  }
  m_names.clear();
  std::stable_sort(m_descriptions.begin(), m_descriptions.end(),
                   [](const auto& a, const auto& b) { return a.place < b.place; });
  for (const auto& [place, slot, said] : m_descriptions) {
    m_catalog.describe_campaign(slot->id, said);
    note_source(*slot);
  }
  m_descriptions.clear();
  return changed;
}

void Session::note_source(CampaignSlot& campaign) {
  if ((campaign.sources & m_options.source) == 0) {
    m_catalog.note_source(campaign.id, m_options.source);
    campaign.sources |= m_options.source;
  }
}

void Session::write_large(std::span<Harvest> harvests, ImportCounts& counts) {
  constexpr std::size_t k_few = 1 << 16; // more are worth several threads
  const auto before = m_recipients.count();
  const bool together = m_beside || people_meet();
  auto identified = together ? Identified{} : identify_apart();
  const auto added =
      together ? m_book->take_added() : m_book->take_added([&identified](std::uint32_t contact) {
        return identified.of_contact[contact - Contacts::k_first];
      });
  std::function<void()> add; // beside the events, where nobody has to be known before them
  if (together) {
    identified = identify_together(added, harvests);
    m_recipients.add(identified.keys, m_options.threads);
  } else if (added.size() > k_few) {
    m_recipients.add(added, m_options.threads);
  } else if (!added.empty()) {
    add = [&] { m_recipients.add(added, 1); };
  }
  give_ids(identified, harvests, counts);
  keep_people(identified, added);
  write_erasures();
  write_merged(identified);
  if (m_beside || m_united) {
    follow_merged(harvests);
  }
  auto rows = gathered_rows(harvests);
  const auto merged =
      m_activity.merge([&rows](RowSets& sets) { return rows.next(sets); }, m_options.threads, add);
  counts.fresh += merged.fresh;
  counts.duplicate += merged.duplicate;
  m_known = m_recipients.count();
  counts.new_recipients += m_known - before;
  write_attributes(harvests, counts);
}

GatheredRows Session::gathered_rows(std::span<Harvest> harvests) {
  GatheredRows rows(m_options.threads);
  for (auto& slot : m_campaigns) {
    std::uint32_t first = ~0U, last = 0;
    for (const auto& harvest : harvests) {
      for (std::size_t kind = 0; kind < k_event_kinds; ++kind) {
        if (auto* const bucket = harvest.rows->find(slot.index * k_event_kinds + kind)) {
          first = std::min(first, bucket->first());
          last = std::max(last, bucket->last());
          rows.add(slot.id, static_cast<EventKind>(kind), *bucket);
        }
      }
    }
    if (first <= last) {
      m_catalog.note_event_times(slot.id, first, last);
      note_source(slot);
      auto& span = m_spans.emplace(slot.account, std::pair{first, last}).first->second;
      span = {std::min(span.first, first), std::max(span.second, last)};
    }
  }
  rows.sort();
  return rows;
}

/// All that the store knows of somebody is that of another.
void Session::write_merged(const Identified& identified) {
  if (identified.merged.empty()) {
    return;
  }
  m_united = true;
  AttributeChanges moved(secret());
  for (const auto& [from, into] : identified.merged) {
    m_recipients.merge(from, into);
  }
  m_recipients.take_attributes(identified.merged, moved);
  const AttributeChanges* const all[] = {&moved};
  m_recipients.change_attributes(all, m_options.threads);
  m_activity.move_recipients(identified.merged, m_options.threads);
}

void Session::write_attributes(std::span<Harvest> harvests, ImportCounts& counts) {
  std::vector<const AttributeChanges*> changes;
  for (const auto& harvest : harvests) {
    changes.push_back(harvest.attributes);
  }
  counts.changed_attributes += m_recipients.change_attributes(changes, m_options.threads);
}

} // namespace mailfunnel
