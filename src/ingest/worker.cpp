#include "ingest/worker.hpp"

#include "adapter/agent.hpp"
#include "base/csv.hpp"
#include "base/hash.hpp"
#include "base/json.hpp" // k_padding
#include "base/network.hpp"
#include "base/text.hpp"
#include "model/plain_address.hpp"
#include "model/recipient.hpp"

#include <fmt/format.h>

#include <cstring>
#include <utility>

namespace mailfunnel {

namespace {

constexpr Seconds k_earliest = 315'532'800; // 1980: what is before it is a clock that was never set
constexpr Seconds k_latest = 4'102'444'800; // 2100
constexpr std::size_t k_most_value = 1000;  // bytes of an attribute
constexpr std::size_t k_most_rejected_bytes = std::size_t{32} << 20, k_most_raw = 4096;
/// Of those that wait to be handed out, in memory: more than any real chunk has.
constexpr std::size_t k_most_waiting_bytes = std::size_t{6} << 20;

constexpr bool has_link(EventKind kind) {
  switch (kind) {
  case EventKind::click:
  case EventKind::page:
  case EventKind::download:
  case EventKind::form:
  case EventKind::webinar:
  case EventKind::signup:
  case EventKind::conversion:
    return true;
  default:
    return false;
  }
}

constexpr bool has_evidence(EventKind kind) {
  return kind == EventKind::open || kind == EventKind::unsubscribe || has_link(kind);
}

} // namespace

Worker::Worker(Session& session) : m_session(session), m_attributes(session.secret()) {}
Worker::~Worker() = default;

void Worker::begin_chunk(std::string_view text, std::uint64_t number, std::uint64_t offset,
                         std::size_t people_ahead) {
  m_chunk = number;
  m_open = true; // first: whatever happens, it ends
  m_places = 0;
  const auto here = m_session.options().threads * (text.size() / 24 + 64); // at most
  m_session.book().reserve(here, people_ahead);
  m_attributes.reserve(people_ahead, people_ahead / m_session.options().threads / 2);
  m_pass.emplace(m_session.book());
  m_alike = {};
  m_text = text;
  m_offset = offset;
  m_counted = 0;
  m_counted_lines = 0;
}

void Worker::end_chunk() {
  const struct Release {
    Worker& worker;
    ~Release() { worker.abandon_chunk(); } // whatever happens: others wait for it
  } release{*this};
  finish_pending();
  m_people.finish([this](const PendingPerson& one) { resolve(one); });
}

void Worker::abandon_chunk() {
  m_pass.reset();
  if (std::exchange(m_open, false)) {
    m_session.end_chunk(m_chunk);
  }
}

std::vector<Rejected> Worker::take_rejected() {
  m_waiting_bytes = 0;
  return std::exchange(m_rejected, {});
}

Session::Harvest Worker::harvest() {
  m_rows.deal_out();
  m_attributes.erase_people([](const AttributeChanges::Person& person) {
    return person.recipient == AddressBook::k_none; // whose record broke off
  });
  return {&m_rows, &m_contact_rows, &m_attributes, held_bytes()};
}

void Worker::clear() {
  m_rows.clear();
  m_contact_rows.clear();
  m_attributes.clear();
  m_links.clear(); // numbers may have moved
}

// ---- events
// --------------------------------------------------------------------------------------------------------

void Worker::accept(const EventView& event) {
  if (event.alike != 0) {
    if (const auto& known = m_alike[event.alike % k_alike]; known.number == event.alike) {
      add_alike(known, event);
      return;
    }
  }
  if (event.time.seconds < k_earliest || event.time.seconds >= k_latest) {
    reject_time(event);
    return;
  }
  if (event.account.empty() && !m_session.options().routes.empty()) {
    auto told = event;
    if (const auto account = account_by_route(told)) {
      add(*account, told);
    }
  } else if (const auto account = account_of(event.account, event.record)) {
    add(*account, event);
  }
}

[[gnu::noinline]] void Worker::reject_time(const EventView& event) {
  if (names_erased(event)) {
    ++m_counts.erased;
    return;
  }
  reject(fmt::format("the time {} can't be right", format_time(event.time.seconds)), event.record);
}

/// What nobody knows; it may be about nobody.
[[gnu::noinline]] void Worker::add_unknown(std::uint32_t account, const EventView& event,
                                           std::string_view key) {
  if (!key.empty() && m_session.is_erased(key)) {
    ++m_counts.erased;
    return;
  }
  m_session.add_unknown(account, event, std::string(key));
  ++m_counts.unknown;
}

void Worker::add_alike(const Alike& known, const EventView& event) {
  const auto key = key_of(0, event.address, {}, event.record);
  if (key.empty()) {
    return; // rejected
  }
  ++m_counts.events;
  ++m_counts.by_kind[static_cast<std::size_t>(known.kind)];
  auto& pending = m_pending.next();
  pending.row = known.row;
  pending.bucket = known.bucket;
  look_up(pending, key);
}

void Worker::add(std::uint32_t account, const EventView& event) {
  const bool nobody = event.address.empty() && event.contact_id.empty();
  if (nobody && event.kind == EventKind::unknown) {
    ++m_counts.events;
    ++m_counts.by_kind[static_cast<std::size_t>(event.kind)];
    add_unknown(account, event, {});
    return;
  }
  const auto key = key_of(account, event.address, event.contact_id, event.record);
  if (key.empty()) {
    return; // rejected
  }
  ++m_counts.events;
  ++m_counts.by_kind[static_cast<std::size_t>(event.kind)];
  m_counts.first =
      m_counts.first == 0 ? event.time.seconds : std::min(m_counts.first, event.time.seconds);
  m_counts.last = std::max(m_counts.last, event.time.seconds);
  if (event.kind == EventKind::unknown) {
    add_unknown(account, event, key);
    return;
  }
  auto& pending = m_pending.next();
  auto& row = pending.row;
  row = {};
  row.time = static_cast<std::uint32_t>(event.time.seconds);
  auto& campaign = campaign_of(account, event);
  if (!is_plain(event.kind)) {
    if (!event.link.empty() && has_link(event.kind)) {
      row.link = link_of(campaign, event);
    }
    fill_evidence(event, row);
  }
  const auto bucket = static_cast<std::uint32_t>(campaign.index * k_event_kinds +
                                                 static_cast<std::size_t>(event.kind));
  if (!event.contact_id.empty() &&
      !event.address.empty()) { // two names of one person: seldom, and slower
    const auto recipient = recipient_of(account, key, event.contact_id);
    change_address(event, recipient);
    put(bucket, row, recipient);
    return;
  }
  if (event.alike != 0 && event.contact_id.empty() && event.kind != EventKind::address_change) {
    m_alike[event.alike % k_alike] = {event.alike, event.kind, bucket, row};
  }
  pending.bucket = bucket;
  const auto hash = look_up(pending, key);
  if (event.kind == EventKind::address_change) {
    finish_pending();
    change_address(event, m_session.book().find(hash));
  }
}

AddressBook::KeyHash Worker::look_up(Pending& pending, std::string_view key) {
  const auto hash = m_session.book().hash(key);
  pending.hash = hash;
  pending.key = kept_key(key, m_pending.next_text());
  m_pending.add(m_session.book(), [this](const Pending& one) { resolve(one); });
  return hash;
}

bool Worker::names_erased(const EventView& event) {
  if (m_session.erasures().empty() || event.contact_id.empty()) {
    return false;
  }
  const auto account = m_session.account(event.account);
  return account && m_session.is_erased(contact_key(*account, event.contact_id));
}

/// Somebody has another address from now on.
[[gnu::noinline]] void Worker::change_address(const EventView& event, std::uint32_t number) {
  std::string scratch;
  const auto fresh = event.kind != EventKind::address_change || event.new_address.empty()
                         ? std::string_view()
                         : normalise_address(event.new_address, scratch);
  if (!fresh.empty()) {
    m_session.change_address(number, fresh, next_place(), &*m_pass);
  }
}

std::optional<std::uint32_t> Worker::account_of(std::string_view name, std::string_view record) {
  return m_account && same(name, m_account_name) ? m_account : other_account(name, record);
}

[[gnu::noinline]] std::optional<std::uint32_t> Worker::other_account(std::string_view name,
                                                                     std::string_view record) {
  if (!m_account_asked || name != m_account_name) {
    m_account = m_session.account(name);
    m_account_name = name;
    m_account_asked = true;
  }
  if (!m_account) {
    reject(name.empty() ? "nothing tells whose it is: name an account with --account"
                        : fmt::format("the config has no account \"{}\": add it, or name one with "
                                      "--account",
                                      printable(name, 80)),
           record);
  }
  return m_account;
}

std::optional<std::uint32_t> Worker::account_by_route(EventView& event) {
  const auto job = event.job.empty() ? event.campaign : event.job;
  auto& last = m_route;
  if (!last.known || event.sender != last.sender || job != last.job) {
    last = {true, std::string(event.sender), std::string(job), {}, {}};
    last.account = m_session.account_by_route(event.sender, job, last.fields);
  }
  if (!last.account) {
    reject_nobodys(event, job);
    return std::nullopt;
  }
  const auto fill = [](std::string_view& own, std::string_view told) {
    own = own.empty() ? told : own; // what the log itself tells goes first
  };
  fill(event.campaign, last.fields.campaign);
  fill(event.send, last.fields.send);
  fill(event.contact_id, last.fields.contact_id);
  fill(event.address, last.fields.address);
  return last.account;
}

void Worker::reject_nobodys(const EventView& event, std::string_view job) {
  const bool told = !event.sender.empty() || !job.empty();
  if (told && m_session.options().skip_others) {
    skip(event.record);
    return;
  }
  if (!told) {
    reject("it tells no envelope sender: name an account with --account", event.record);
    return;
  }
  std::string what;
  if (!event.sender.empty()) {
    what = fmt::format("its envelope sender \"{}\"", printable(event.sender, 80));
  }
  if (!job.empty()) {
    what += fmt::format("{}its job \"{}\"", what.empty() ? "" : " and ", printable(job, 80));
  }
  reject(fmt::format("{} {} of no account: add it to the `sender`{} of one, or name one with "
                     "--account",
                     what, event.sender.empty() || job.empty() ? "is" : "are",
                     job.empty() ? "" : " or the `job`"),
         event.record);
}

std::string_view Worker::key_of(std::uint32_t account, std::string_view address,
                                std::string_view contact_id, std::string_view record) {
  return is_plain_address(address) ? address : other_key_of(account, address, contact_id, record);
}

[[gnu::noinline]] std::string_view Worker::other_key_of(std::uint32_t account,
                                                        std::string_view address,
                                                        std::string_view contact_id,
                                                        std::string_view record) {
  if (!address.empty()) {
    if (const auto key = normalise_address(address, m_scratch); !key.empty()) {
      return key;
    }
    reject(fmt::format("\"{}\" is not an e-mail address", printable(address, 80)), record);
    return {};
  }
  if (!contact_id.empty() && contact_id.size() <= 200 &&
      contact_id.find_first_of("\n\x1f") == std::string_view::npos) {
    m_contact = contact_key(account, contact_id);
    return m_contact;
  }
  reject("neither an address nor a contact id", record);
  return {};
}

/// The key as it can wait: what an adapter gives stays only as long as its record is at hand, but a
/// piece of the chunk stays where it is.
std::string_view Worker::kept_key(std::string_view key, std::string& space) const {
  return in_chunk(key) ? key : space.assign(key);
}

void Worker::resolve(const Pending& pending) {
  const auto known = m_session.book().find(pending.hash); // nearly always
  put(pending.bucket, pending.row, known != AddressBook::k_none ? known : new_number(pending));
}

[[gnu::noinline]] std::uint32_t Worker::new_number(const Pending& pending) {
  return is_contact_key(pending.key)
             ? m_session.contact(pending.key)
             : m_session.book().intern(pending.key, pending.hash, AddressBook::k_none, &*m_pass);
}

void Worker::finish_pending() {
  m_pending.finish([this](const Pending& one) { resolve(one); });
}

void Worker::put(std::uint32_t bucket, const EventRow& row, std::uint32_t recipient) {
  if (recipient >= AddressBook::k_end) {
    put_other(bucket, row, recipient);
    return;
  }
  m_rows.push(bucket, row, recipient);
}

[[gnu::noinline]] void Worker::put_other(std::uint32_t bucket, const EventRow& row,
                                         std::uint32_t recipient) {
  if (!Contacts::is_contact(recipient)) { // refused
    ++m_counts.erased;
  } else if (const auto known = m_session.whose(recipient); known != AddressBook::k_none) {
    put(bucket, row, known);
  } else {
    m_contact_rows.push(bucket, row, recipient - Contacts::k_first);
  }
}

/// `address` is normalised.
std::uint32_t Worker::recipient_of(std::uint32_t account, std::string_view address,
                                   std::string_view contact_id) {
  return m_session.recipient(address, contact_key(account, contact_id), next_place(), &*m_pass);
}

CampaignSlot& Worker::campaign_of(std::uint32_t account, const EventView& event) {
  const auto is_last = [&](const CachedCampaign& last) { // a log tells much of one mailing in a row
    return last.slot != nullptr && last.account == account && same(last.id, event.campaign) &&
           same(last.send, event.send) && !event.campaign.empty() &&
           (event.campaign_name.empty() || same(last.name, event.campaign_name));
  };
  return is_last(*m_last_campaign) ? *m_last_campaign->slot : other_campaign(account, event);
}

[[gnu::noinline]] CampaignSlot& Worker::other_campaign(std::uint32_t account,
                                                       const EventView& event) {
  char day[16];
  auto send = event.send;
  if (event.campaign.empty()) { // one mailing a UTC day
    const auto c = civil_from_seconds(event.time.seconds);
    const auto size = static_cast<std::size_t>(
        fmt::format_to_n(day, sizeof day, "{:04}-{:02}-{:02}", c.year, c.month, c.day).size);
    send = {day, size};
  }
  auto& cached = cached_campaign(account, event.campaign, send);
  m_last_campaign = &cached;
  if (!event.campaign_name.empty() && cached.name != event.campaign_name) {
    cached.name = event.campaign_name;
    m_session.name_campaign(*cached.slot, event.campaign_name);
  }
  return *cached.slot;
}

Worker::CachedCampaign& Worker::cached_campaign(std::uint32_t account, std::string_view id,
                                                std::string_view send) {
  const auto hash = hash64(send, hash64(id, account));
  const auto place = [&]() -> CachedCampaign& { return m_campaigns[hash % m_campaigns.size()]; };
  if (const auto& known = place();
      known.slot != nullptr && known.account == account && known.id == id && known.send == send) {
    return place();
  }
  if (++m_campaign_misses > 4 * m_campaigns.size() && m_campaigns.size() < k_most_campaigns) {
    m_campaign_misses = 0;
    const auto size = 4 * m_campaigns.size();
    m_campaigns.clear();
    m_campaigns.resize(size);
    m_last_campaign = m_campaigns.data();
  }
  auto& cached = place();
  cached.slot = &m_session.campaign(account, id, send);
  cached.account = account;
  cached.id = id;
  cached.send = send;
  cached.name.clear();
  return cached;
}

LinkNumber Worker::link_of(CampaignSlot& campaign, const EventView& event) {
  constexpr std::size_t k_most_links_known = 200'000; // personal links: no use to keep them all
  const KeyedHash128 hash_of(keyed_hash64(event.link_tag, m_session.secret()) + campaign.index);
  const auto hash = hash_of(event.link);
  if (const auto known = m_links.find(hash.low); known != m_links.end() &&
                                                 known->second.check == hash.high &&
                                                 known->second.campaign == campaign.index) {
    return known->second.number;
  }
  LinkPlacement placement;
  placement.alias = event.link_tag;
  const auto number =
      number_link(campaign, event.link, event.link_tag.empty() ? nullptr : &placement);
  if (m_links.size() >= k_most_links_known) {
    m_links.clear();
  }
  m_links.insert_or_assign(hash.low, KnownLink{hash.high, campaign.index, number});
  return number;
}

LinkNumber Worker::number_link(CampaignSlot& campaign, std::string_view url,
                               const LinkPlacement* placement) {
  const auto place = next_place();
  if (const auto number = m_session.link(campaign, url, placement, place)) {
    return *number;
  }
  m_pass.reset(); // other threads may wait for the table to move
  m_session.wait_for_chunks(m_chunk);
  m_pass.emplace(m_session.book());
  return m_session.link(campaign, url, placement, place).value();
}

void Worker::fill_evidence(const EventView& event, EventRow& row) {
  if (is_bounce_like(event.kind)) {
    row.evidence = pack_bounce(event.bounce.klass, event.bounce.reason);
    row.extra = pack_status(event.bounce.status);
    return;
  }
  if (event.kind == EventKind::unsubscribe && !event.scope.empty()) {
    row.extra = m_session.word(event.scope);
  }
  if (event.kind == EventKind::resubscribe && !event.proof.empty()) {
    row.extra = m_session.word(event.proof);
  }
  if (!has_evidence(event.kind)) {
    return;
  }
  row.evidence = event.evidence;
  if (event.agent_given) {
    auto& agent = m_agents[hash64(event.user_agent) % k_agents];
    if (!agent.known || agent.text != event.user_agent) {
      agent.text = event.user_agent;
      agent.evidence =
          event.user_agent.empty()
              ? evidence::empty_agent
              : static_cast<std::uint16_t>(agent_evidence(event.user_agent) | evidence::agent_seen);
      agent.system = agent_system(event.user_agent);
      agent.known = true;
    }
    row.evidence |= agent.evidence;
    row.system = event.kind == EventKind::click ? agent.system : std::uint8_t{0};
  } else if (event.kind == EventKind::click) {
    row.system = event.system;
  }
  const auto& filters = m_session.options().filters;
  const bool asked =
      event.kind == EventKind::click || !filters.only.empty() || !filters.shared.empty();
  const auto address = asked ? parse_address(event.ip) : std::nullopt;
  if (address) {
    row.evidence |= filters.only.contains(*address)     ? evidence::filter_network
                    : filters.shared.contains(*address) ? evidence::probable_filter_network
                                                        : std::uint16_t{0};
  }
  if (event.kind == EventKind::click) {
    row.extra = address ? network_of(*address) : event.network;
  }
}

/// Keyed hash of the network, never 0; 0: none that says something.
std::uint16_t Worker::network_of(const AddressBytes& address) const {
  const auto prefix = network_prefix(address);
  if (prefix.size == 0) {
    return 0;
  }
  const auto hash = hash64(prefix.view(), m_session.secret()) & 0xFFFF;
  return static_cast<std::uint16_t>(hash == 0 ? 1 : hash);
}

// ---- recipients, campaigns, rejects
// ----------------------------------------------------------------------------------

void Worker::accept(const RecipientView& recipient) {
  const auto account = account_of(recipient.account, recipient.record);
  if (!account) {
    return; // rejected
  }
  const auto key = key_of(*account, recipient.address, recipient.contact_id, recipient.record);
  if (key.empty()) {
    return;
  }
  const auto place = m_attributes.people().size();
  const auto& options = m_session.options();
  const auto since = recipient.changed_at.value_or(options.valid_from.value_or(options.now));
  m_attributes.begin(AddressBook::k_none,
                     static_cast<std::uint32_t>(std::clamp<Seconds>(since, 0, k_latest)));
  if (!tell_attributes(recipient)) {
    m_attributes.abandon();
    return;
  }
  ++m_counts.recipients;
  if (!recipient.contact_id.empty()) { // two names, or one that is no address: seldom, and slower
    give_number(place, recipient.address.empty()
                           ? m_session.contact(key)
                           : recipient_of(*account, key, recipient.contact_id));
    return;
  }
  const auto hash = m_session.book().hash(key);
  m_people.next() = {hash, place, kept_key(key, m_people.next_text())};
  m_people.add(m_session.book(), [this](const PendingPerson& one) { resolve(one); });
}

void Worker::give_number(std::size_t place, std::uint32_t number) {
  m_counts.erased += number == AddressBook::k_refused ? 1 : 0;
  m_attributes.people()[place].recipient = number;
}

void Worker::resolve(const PendingPerson& person) {
  give_number(person.place,
              m_session.book().intern(person.key, person.hash, AddressBook::k_none, &*m_pass));
}

bool Worker::tell_attributes(const RecipientView& recipient) {
  const auto& options = m_session.options();
  std::size_t position = 0;
  const auto add = [&](std::string_view name, std::string_view value) {
    const auto slot = position++;
    if (value.empty()) {
      return true;
    }
    if (value.size() > k_most_value) { // cut, at a whole character
      auto size = k_most_value;
      while (size > 0 && (static_cast<unsigned char>(value[size]) & 0xC0) == 0x80) {
        --size;
      }
      value = value.substr(0, size);
    }
    if (slot >= m_attribute_ids.size()) {
      m_attribute_ids.resize(slot + 1);
    }
    auto& known = m_attribute_ids[slot]; // a table gives the same names in the same places
    if (!same(known.first, name) || name.empty()) {
      const auto id = m_session.attribute(name, recipient.attributes);
      if (!id) {
        reject(fmt::format("\"{}\" would be one attribute more than the {} that a store has room "
                           "for",
                           printable(name, 80), k_most_attributes),
               recipient.record);
        return false;
      }
      known = {std::string(name), *id};
    }
    static_assert(ShortWord::k_longest <= k_padding);
    m_attributes.add(known.second, value, in_chunk(value));
    return true;
  };
  for (const auto& [name, value] : recipient.attributes) {
    if (!add(name, value)) {
      return false;
    }
  }
  if (recipient.subscription == Subscription::unknown) {
    return true;
  }
  const bool own = recipient.account.empty() || options.only_account;
  return add("subscription:" + (own ? options.account : std::string(recipient.account)) +
                 (recipient.list.empty() ? "" : "/" + std::string(recipient.list)),
             name_of(recipient.subscription));
}

void Worker::accept(const Campaign& campaign, std::string_view record) {
  if (campaign.id.empty()) {
    reject("a campaign without an id", record);
    return;
  }
  const auto account = account_of(campaign.account, record);
  if (!account) {
    return; // rejected
  }
  ++m_counts.campaigns;
  m_session.describe(*account, campaign, next_place(),
                     [this](CampaignSlot& slot, std::string_view url, const LinkPlacement& one) {
                       number_link(slot, url, &one);
                     });
}

void Worker::reject(std::string_view why, std::string_view record) {
  if (m_session.erasures().mentioned_in(record) || m_session.erasures().mentioned_in(why)) {
    ++m_counts.erased;
    return;
  }
  ++m_counts.rejected;
  if (m_rejected_bytes > k_most_rejected_bytes || m_waiting_bytes > k_most_waiting_bytes) {
    return; // counted; the first ones tell the story
  }
  const bool inside =
      record.data() >= m_text.data() && record.data() <= m_text.data() + m_text.size();
  const auto at = inside ? static_cast<std::size_t>(record.data() - m_text.data()) : 0;
  if (at < m_counted) { // a reader came back to an earlier record
    m_counted = 0;
    m_counted_lines = 0;
  }
  m_counted_lines += count_lines(m_text.substr(m_counted, at - m_counted));
  m_counted = at;
  m_rejected.push_back({m_chunk, m_counted_lines + 1, m_offset + at, std::string(why),
                        std::string(record.substr(0, k_most_raw))});
  m_rejected_bytes += record.size() + why.size() + 64;
  m_waiting_bytes +=
      sizeof(Rejected) + m_rejected.back().why.capacity() + m_rejected.back().raw.capacity();
}

} // namespace mailfunnel
