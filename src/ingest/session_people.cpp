// Who the people of a batch are. Records name them by address, by contact id, or by both, and tell
// of new addresses. While an input is read each name is by itself; what hangs together is put
// together when the batch is whole, in the order of the input: the result is the same for any
// number of threads.

#include "base/parallel.hpp"
#include "ingest/session.hpp"

#include <algorithm>
#include <atomic>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace mailfunnel {

// ---- while records stream in ----

std::uint32_t Session::recipient(std::string_view address, std::string_view contact_key,
                                 RecordPlace place, AddressBook::Pass* pass) {
  // Each of three look-ups waits for memory: so it is asked for ahead.
  const auto contact_hash = m_book->hash(contact_key), hash = m_book->hash(address);
  m_book->prefetch(contact_hash);
  m_book->prefetch(hash);
  const auto contact = contact_number(contact_key, contact_hash);
  if (Contacts::is_contact(contact)) {
    m_contacts->prefetch(contact);
  }
  const auto number = m_book->intern(address, hash, AddressBook::k_none, pass);
  if (contact == number) {
    return number;
  }
  if (number == AddressBook::k_refused || contact == AddressBook::k_refused) {
    const bool by_address = number == AddressBook::k_refused;
    meets_erased(by_address ? contact : number, by_address ? address : contact_key);
    return AddressBook::k_refused;
  }
  if (Contacts::is_contact(contact)) {
    m_contacts->meet(contact, place, number);
  }
  return number;
}

std::uint32_t Session::contact(std::string_view key) {
  return contact_number(key, m_book->hash(key));
}

std::uint32_t Session::contact_number(std::string_view key, AddressBook::KeyHash hash) {
  if (const auto known = m_book->find(hash); known != AddressBook::k_none) {
    return known;
  }
  const std::lock_guard lock(m_mutex);
  const auto next = m_contacts->next();
  const auto number = m_book->intern(key, hash, next);
  if (number == next) { // and no other thread was faster, nor was it refused
    m_contacts->add();
  }
  return number;
}

/// Of two names of which one is of somebody erased, both are: people change their address.
void Session::meets_erased(std::uint32_t number, std::string_view erased) {
  const std::lock_guard lock(m_mutex);
  m_meets_erased.try_emplace(number, m_erasures.find(erased));
}

void Session::change_address(std::uint32_t number, std::string_view fresh, RecordPlace place,
                             AddressBook::Pass* pass) {
  const auto other = m_book->intern(fresh, m_book->hash(fresh), AddressBook::k_none, pass);
  if (other == AddressBook::k_refused || other == number) {
    return; // an address of somebody erased is taken over by nobody
  }
  if (Contacts::is_contact(number)) {
    m_contacts->meet(number, place, other);
  }
  const std::lock_guard lock(m_mutex);
  m_changes.push_back({place, number, other});
  m_change_bytes += sizeof m_changes[0];
}

// ---- once a batch is whole ----

/// What the names of a batch are in the store, as it is found out. Each is somebody: with an id, or
/// somebody new, with a number from `first_new` on.
class Session::People {
public:
  explicit People(RecipientId first_new) : m_first_new(first_new) {}

  bool is_new(std::uint32_t somebody) const { return somebody >= m_first_new; }
  /// Who somebody turned out to be, by now.
  std::uint32_t end(std::uint32_t somebody) {
    auto end = somebody;
    for (auto next = m_into.find(end); next != m_into.end(); next = m_into.find(end)) {
      end = next->second.somebody;
    }
    while (somebody != end) { // all on the way are nearer the next time
      somebody = std::exchange(m_into.find(somebody)->second.somebody, end);
    }
    return end;
  }
  /// One is the other. Who is in the store stays who he is there, and is never refused.
  void join(std::uint32_t from, std::uint32_t into) {
    from = end(from);
    into = end(into);
    if (into != AddressBook::k_refused && is_new(into) && !is_new(from)) {
      std::swap(from, into);
    }
    if (from == into || from == AddressBook::k_refused ||
        (into == AddressBook::k_refused && !is_new(from))) {
      return;
    }
    m_into.emplace(from, Into{into, ++m_steps});
  }
  /// Somebody known by contact id only has an address. False: it is that of somebody refused.
  bool give_address(std::uint32_t contact, std::uint32_t address) {
    const bool refused = end(address) == AddressBook::k_refused;
    join(contact, address);
    return !refused;
  }
  /// 0: was joined to nobody; else later than all those with less.
  std::uint32_t step(std::uint32_t somebody) const {
    const auto found = m_into.find(somebody);
    return found == m_into.end() ? 0 : found->second.step;
  }
  /// Calls see(id) for those in the store who are others now.
  template<typename See> void each_merged(See see) {
    for (const auto& [from, into] : m_into) {
      if (!is_new(from)) {
        see(from);
      }
    }
  }

private:
  struct Into {
    std::uint32_t somebody, step;
  };
  RecipientId m_first_new;
  std::unordered_map<std::uint32_t, Into> m_into;
  std::uint32_t m_steps = 0;
};

bool Session::people_meet() const {
  return !m_changes.empty() || !m_meets_erased.empty() || m_contacts->met_stored();
}

/// The usual case: each address is somebody of its own, and nobody in the store gets another name.
Session::Identified Session::identify_apart() {
  Identified identified;
  identified.of_contact.resize(m_contacts->size());
  auto next = m_book->next_number();
  for (std::uint32_t i = 0; i < m_contacts->size(); ++i) {
    const auto& contact = (*m_contacts)[i];
    identified.of_contact[i] = contact.decided() || contact.met()      ? contact.address
                               : contact.stored != AddressBook::k_none ? contact.stored
                                                                       : next++;
  }
  identified.end = next;
  return identified;
}

/// The others.
class Session::Identifying {
public:
  Identifying(Session& session, const AddedKeys& added, std::span<Harvest> harvests)
      : m_session(session), m_contacts(*session.m_contacts), m_added(added), m_harvests(harvests),
        m_small(session.m_options.small), m_first(m_small ? 0 : session.m_known),
        m_numbers(session.m_book->next_number() - m_first),
        m_first_new(session.m_recipients.count()), m_people(m_first_new) {}

  Identified identify() {
    know_each();
    unite();
    number_new();
    return result();
  }

private:
  void know_each();
  void look_at_stored();
  void unite();
  void number_new();
  Identified result();

  bool asked() const { return m_small || m_session.m_beside; } // else the book knew the store
  /// Who a number of the session is by itself.
  std::uint32_t who(std::uint32_t number) const {
    return number == AddressBook::k_refused ? number
           : Contacts::is_contact(number)   ? m_of_contact[number - Contacts::k_first]
           : number < m_first               ? followed(number)
                                            : m_of_number[number - m_first];
  }
  /// The session may know somebody by a number that was merged into another since.
  RecipientId followed(RecipientId id) const {
    const auto merged = m_merged.find(id);
    return merged == m_merged.end() ? id : merged->second;
  }
  RecipientId id_of(std::uint32_t somebody) {
    const auto end = m_people.end(somebody);
    return end == AddressBook::k_refused || !m_people.is_new(end) ? end : m_ids[end - m_first_new];
  }

  Session& m_session;
  const Contacts& m_contacts;
  const AddedKeys& m_added;
  std::span<Harvest> m_harvests;
  bool m_small;
  std::uint32_t m_first, m_numbers; // of addresses: the first one of the batch, and how many
  RecipientId m_first_new;
  People m_people;
  std::unordered_map<RecipientId, RecipientId> m_merged; // in the store
  std::vector<std::optional<RecipientId>> m_found;       // in the store, by place in m_added
  std::vector<std::uint32_t> m_of_number, m_of_contact;  // somebody
  std::vector<bool> m_addressed;  // by contact: has an address, whatever the batch says
  std::vector<RecipientId> m_ids; // of who is new, from m_first_new on; k_none: not to be kept yet
  RecipientId m_end = 0;
};

void Session::Identifying::know_each() {
  if (asked() || m_session.m_united) {
    m_merged = m_session.m_recipients.merged();
  }
  for (std::uint32_t i = 0; i < m_numbers; ++i) {
    m_of_number.push_back(m_first_new + i);
  }
  for (std::uint32_t i = 0; i < m_contacts.size(); ++i) {
    const auto& contact = m_contacts[i];
    const auto stored = contact.decided() ? contact.address : contact.stored;
    m_of_contact.push_back(stored == AddressBook::k_none ? m_first_new + m_numbers + i
                                                         : followed(stored));
    m_addressed.push_back(contact.decided());
  }
  m_found.resize(m_added.size());
  if (asked()) {
    look_at_stored();
  }
}

void Session::Identifying::look_at_stored() {
  std::vector<std::string_view> keys;
  for (std::size_t i = 0; i < m_added.size(); ++i) {
    keys.push_back(m_added.key(i));
  }
  m_found = m_session.m_recipients.find(keys);
  for (std::size_t i = 0; i < m_added.size(); ++i) {
    if (m_found[i]) {
      const auto number = m_added.id(i);
      (Contacts::is_contact(number) ? m_of_contact[number - Contacts::k_first]
                                    : m_of_number[number - m_first]) = *m_found[i];
    }
  }
  std::unordered_set<RecipientId> of_several; // who has other numbers, and their addresses
  for (const auto& [from, into] : m_merged) {
    of_several.insert(into);
  }
  const auto look = [&](std::uint32_t contact) {
    const auto somebody = m_of_contact[contact];
    if (!m_addressed[contact] && !m_people.is_new(somebody)) {
      m_addressed[contact] =
          of_several.contains(somebody) || !m_session.m_recipients.address(somebody).empty();
    }
  };
  for (std::uint32_t i = 0; i < m_of_contact.size(); ++i) {
    if (m_contacts[i].met()) { // otherwise it does not matter
      look(i);
    }
  }
}

/// What hangs together, in the order of the input.
void Session::Identifying::unite() {
  for (const auto& [number, erased] : m_session.m_meets_erased) {
    m_people.join(who(number), AddressBook::k_refused);
  }
  std::vector<std::pair<RecordPlace, std::uint32_t>> meetings;
  for (std::uint32_t i = 0; i < m_of_contact.size(); ++i) {
    if (m_contacts[i].met() && !m_addressed[i]) {
      meetings.emplace_back(m_contacts[i].first, i);
    }
  }
  std::sort(meetings.begin(), meetings.end());
  for (const auto& [place, i] : meetings) {
    m_addressed[i] = m_people.give_address(m_of_contact[i], who(m_contacts[i].address));
  }
  auto& changes = m_session.m_changes;
  std::sort(changes.begin(), changes.end(),
            [](const auto& a, const auto& b) { return a.place < b.place; });
  for (const auto& change : changes) {
    if (Contacts::is_contact(change.number) && !m_addressed[change.number - Contacts::k_first]) {
      m_addressed[change.number - Contacts::k_first] =
          m_people.give_address(who(change.number), who(change.other));
    } else {
      m_people.join(who(change.other), who(change.number));
    }
  }
}

/// Ids for those who are new; of a small batch only where several names or something about the
/// person has to be kept: events wait in the inbox by name.
void Session::Identifying::number_new() {
  const auto count = m_numbers + static_cast<std::uint32_t>(m_of_contact.size());
  std::vector<std::uint8_t> kept(count); // 2: is
  const auto keep = [&](std::uint32_t somebody, int reasons) {
    const auto end = m_people.end(somebody);
    if (m_people.is_new(end) && end != AddressBook::k_refused) {
      auto& known = kept[end - m_first_new];
      known = static_cast<std::uint8_t>(std::min(known + reasons, 2));
    }
  };
  for (std::size_t i = 0; i < m_added.size(); ++i) {
    keep(who(m_added.id(i)), m_small ? 1 : 2);
  }
  for (const auto& harvest : m_harvests) {
    for (const auto& person : std::as_const(*harvest.attributes).people()) {
      keep(who(person.recipient), 2);
    }
  }
  m_people.each_merged([&](RecipientId id) { keep(id, 2); });
  m_ids.assign(count, AddressBook::k_none);
  m_end = m_first_new;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (kept[i] == 2) {
      m_ids[i] = m_end++;
    }
  }
}

Session::Identified Session::Identifying::result() {
  struct Named {
    NewKey key;
    std::uint32_t step;
  };
  std::vector<Named> keys;
  for (std::size_t i = 0; i < m_added.size(); ++i) {
    const auto somebody = who(m_added.id(i));
    const auto id = id_of(somebody);
    if (id == AddressBook::k_refused) {
      const auto met = m_session.m_meets_erased.find(m_added.id(i));
      m_session.note_erased(m_added.key(i),
                            met == m_session.m_meets_erased.end() ? nullptr : met->second);
    } else if (id != AddressBook::k_none && !m_found[i]) {
      keys.push_back({{id, m_added.key(i)}, m_people.step(somebody)});
    }
  }
  // The first address of somebody is the one shown: who it was before others turned out to be him.
  std::sort(keys.begin(), keys.end(), [](const Named& a, const Named& b) {
    return std::tie(a.key.id, a.step, a.key.key) < std::tie(b.key.id, b.step, b.key.key);
  });
  Identified identified;
  for (const auto& key : keys) {
    identified.keys.push_back(key.key);
  }
  m_people.each_merged([&](RecipientId id) { identified.merged.emplace(id, id_of(id)); });
  for (auto* const all : {&m_of_number, &m_of_contact}) {
    std::transform(all->begin(), all->end(), all->begin(),
                   [this](std::uint32_t somebody) { return id_of(somebody); });
  }
  identified.together = true;
  identified.first = m_first;
  identified.of_number = std::move(m_of_number);
  identified.of_contact = std::move(m_of_contact);
  identified.addressed = std::move(m_addressed);
  identified.end = m_end;
  return identified;
}

Session::Identified Session::identify_together(const AddedKeys& added,
                                               std::span<Harvest> harvests) {
  return Identifying(*this, added, harvests).identify();
}

/// Gives all that was gathered the ids of the people whose it is.
void Session::give_ids(const Identified& identified, std::span<Harvest> harvests,
                       ImportCounts& counts) {
  const auto id_of = [&identified](std::uint32_t number) {
    if (Contacts::is_contact(number)) {
      return identified.of_contact[number - Contacts::k_first];
    }
    if (number >= identified.first && number - identified.first < identified.of_number.size()) {
      return identified.of_number[number - identified.first];
    }
    const auto merged = identified.merged.find(number);
    return merged == identified.merged.end() ? number : merged->second;
  };
  if (m_contacts->size() == 0 && identified.of_number.empty() && identified.merged.empty() &&
      m_erasures.empty()) {
    return; // they have them
  }
  std::atomic<std::uint64_t> erased{0};
  parallel_for(harvests.size(), m_options.threads, [&](std::size_t i, unsigned) {
    auto& harvest = harvests[i];
    if (!identified.of_number.empty() || !identified.merged.empty()) {
      erased += harvest.rows->renumber(id_of);
    }
    erased += harvest.rows->take(*harvest.contact_rows, [&identified](std::uint32_t contact) {
      return identified.of_contact[contact];
    });
    harvest.rows->deal_out();
    for (auto& person : harvest.attributes->people()) {
      const auto id = id_of(person.recipient);
      erased += id == AddressBook::k_refused && person.recipient != id ? 1 : 0;
      person.recipient = id;
    }
    harvest.attributes->erase_people([](const AttributeChanges::Person& person) {
      return person.recipient == AddressBook::k_refused;
    });
  });
  counts.erased += erased;
}

/// What the session knows from now on.
void Session::keep_people(const Identified& identified, const AddedKeys& added) {
  for (std::uint32_t i = 0; i < m_contacts->size(); ++i) {
    const auto& contact = (*m_contacts)[i];
    if (contact.decided()) {
      continue;
    }
    const auto id = identified.of_contact[i];
    const bool addressed = identified.together ? identified.addressed[i] : contact.met();
    if (addressed || id == AddressBook::k_refused) {
      m_contacts->decide(i, id);
    } else {
      m_contacts->keep(i, id);
    }
  }
  for (std::size_t i = 0; i < added.size() && identified.together; ++i) {
    const auto number = added.id(i);
    if (!Contacts::is_contact(number)) {
      m_book->renumber(added.key(i), identified.of_number[number - identified.first]);
    } else if (identified.of_contact[number - Contacts::k_first] == AddressBook::k_refused) {
      m_book->renumber(added.key(i), AddressBook::k_refused);
    }
  }
  m_contacts->forget_meetings();
  m_book->go_on_from(identified.end);
  forget_batch();
}

void Session::forget_batch() {
  m_changes.clear();
  m_change_bytes = 0;
  m_meets_erased.clear();
}

} // namespace mailfunnel
