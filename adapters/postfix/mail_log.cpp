// What a mail leaves in the log, by the daemon that writes it (man pages of the daemons, and
// https://www.postfix.org/OVERVIEW.html):
//   smtpd    4Fq1Zc2Yz1zB3x9: client=app.example.com[198.51.100.7]
//   cleanup  4Fq1Zc2Yz1zB3x9: message-id=<c12.s77@news.example.com>
//   cleanup  4Fq1Zc2Yz1zB3x9: info: header X-Campaign: spring from app.example.com[198.51.100.7];
//   from=<... qmgr     4Fq1Zc2Yz1zB3x9: from=<bounce+77@example.com>, size=5360, nrcpt=2 (queue
//   active) smtp     4Fq1Zc2Yz1zB3x9: to=<anna@example.com>, relay=..., dsn=2.0.0, status=sent
//   (250 2.0.0 Ok) smtp     4Fq1Zc2Yz1zB3x9: to=<bram@example.com>, relay=..., dsn=4.2.2,
//   status=deferred (host ... qmgr     4Fq1Zc2Yz1zB3x9: from=<bounce+77@example.com>,
//   status=expired, returned to sender bounce   4Fq1Zc2Yz1zB3x9: sender non-delivery notification:
//   4Fq1Zc4abcz2Dfg qmgr     4Fq1Zc2Yz1zB3x9: removed
// Events come of "to=" and of the expiry, which ends the waiting of everybody who was deferred.

#include "mail_log.hpp"

#include "delivery_line.hpp"

#include "adapter/campaign_header.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace mailfunnel::postfix {

namespace {

using namespace std::string_view_literals;

struct Daemon {
  std::string_view name;
  bool of_mails; // it logs of mails in the queue
};
constexpr std::array k_daemons{
    Daemon{"anvil", false},      Daemon{"bounce", true},
    Daemon{"cleanup", true},     Daemon{"discard", true},
    Daemon{"dnsblog", false},    Daemon{"error", true},
    Daemon{"lmtp", true},        Daemon{"local", true},
    Daemon{"master", false},     Daemon{"nqmgr", true},
    Daemon{"oqmgr", true},       Daemon{"pickup", true},
    Daemon{"pipe", true},        Daemon{"postdrop", false},
    Daemon{"postscreen", false}, Daemon{"postsuper", true},
    Daemon{"proxymap", false},   Daemon{"qmgr", true},
    Daemon{"qmqpd", true},       Daemon{"scache", false},
    Daemon{"sendmail", false},   Daemon{"smtp", true},
    Daemon{"smtpd", true},       Daemon{"tlsmgr", false},
    Daemon{"tlsproxy", false},   Daemon{"trivial-rewrite", false},
    Daemon{"verify", false},     Daemon{"virtual", true},
};

static_assert(std::is_sorted(k_daemons.begin(), k_daemons.end(),
                             [](const Daemon& a, const Daemon& b) { return a.name < b.name; }));

const Daemon* find_daemon(std::string_view program) {
  const auto slash = program.rfind('/');
  if (slash == std::string_view::npos) {
    return nullptr;
  }
  const auto name = program.substr(slash + 1);
  const auto* const place =
      std::lower_bound(k_daemons.begin(), k_daemons.end(), name,
                       [](const Daemon& d, std::string_view n) { return d.name < n; });
  return place != k_daemons.end() && place->name == name ? place : nullptr;
}

struct StatusWord {
  std::string_view word;
  EventKind kind;
};
constexpr std::array k_statuses{
    StatusWord{"sent", EventKind::delivered},      StatusWord{"deferred", EventKind::deferred},
    StatusWord{"SOFTBOUNCE", EventKind::deferred}, // with soft_bounce = yes it stays in the queue
    StatusWord{"bounced", EventKind::bounce},      StatusWord{"expired", EventKind::bounce},
};
EventKind find_kind(std::string_view status) {
  for (const auto& row : k_statuses) {
    if (row.word == status) {
      return row.kind;
    }
  }
  return EventKind::unknown;
}

/// Statuses of `sendmail -bv` and of address verification: no mail was sent.
bool is_probe(std::string_view status) {
  return status == "deliverable"sv || status.starts_with("undeliverable"sv);
}

/// Parts of the names of services that people give to filters behind pipe(8).
constexpr std::array k_filters{"amavis"sv, "clam"sv, "filter"sv, "scan"sv, "spam"sv, "virus"sv};

constexpr Seconds k_longest_wait = 5 * k_day; // maximal_queue_lifetime, unless it is set
constexpr std::size_t k_most_text = 1000;     // bytes of an id or address that are remembered

constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'A' && c <= 'F');
}
constexpr bool is_vowel(char c) {
  return "aeiou"sv.find(ascii_lower(c)) != std::string_view::npos;
}

/// "<a@example.com>, size=..." -> "a@example.com"; old versions have no <>.
std::string_view address_in(std::string_view text) {
  const bool quoted = text.starts_with('<');
  const auto end = quoted ? text.find(">, "sv) : text.find(", "sv);
  return text.substr(quoted ? 1 : 0, end == std::string_view::npos ? end : end - (quoted ? 1 : 0));
}

std::string_view without_brackets(std::string_view text) {
  return text.size() > 1 && text.front() == '<' && text.back() == '>'
             ? text.substr(1, text.size() - 2)
             : text;
}

/// "250 2.0.0 Ok: queued as 4Fq1Zc2Yz1zB3x9" -> the other queue's id.
std::string_view queued_as(std::string_view text) {
  constexpr auto k_words = "queued as "sv;
  const auto place = text.rfind(k_words);
  if (place == std::string_view::npos) {
    return {};
  }
  const auto id = text.substr(place + k_words.size());
  return id.substr(0, std::min(id.find_first_of(" )"), id.size()));
}

bool is_own_host(std::string_view relay) {
  return relay.find("[127."sv) != std::string_view::npos ||
         relay.find("[::1]"sv) != std::string_view::npos;
}

} // namespace

bool is_postfix(std::string_view program) {
  return find_daemon(program) != nullptr || program.starts_with("postfix/"sv);
}

std::string_view take_queue_id(std::string_view& text) {
  constexpr std::size_t k_shortest = 6, k_shortest_long = 12;
  std::size_t size = 0;
  bool hex = true, vowel = false, digit = false;
  for (; size < text.size() && is_alnum(text[size]); ++size) {
    hex = hex && is_hex(text[size]);
    vowel = vowel || is_vowel(text[size]);
    digit = digit || is_digit(text[size]);
  }
  const bool is_id = (hex && size >= k_shortest) ||
                     (size >= k_shortest_long && (digit || !vowel)); // no word of a message
  if (!is_id || !text.substr(size).starts_with(": "sv)) {
    return {};
  }
  const auto id = text.substr(0, size);
  text.remove_prefix(size + 2);
  return id;
}

void MailLog::read(const SyslogLine& line, std::string_view record, RecordSink& sink) {
  const auto* const daemon = find_daemon(line.program);
  auto text = line.message;
  const auto id = daemon != nullptr && daemon->of_mails ? take_queue_id(text) : std::string_view{};
  if (id.empty() || text.empty()) {
    sink.skip(record);
    return;
  }
  choose_queue(line);
  take({line, record, id, text, key_of(id), sink});
}

/// Ids are unique within one queue only: that of a host, and of an instance of Postfix there.
void MailLog::choose_queue(const SyslogLine& line) {
  const auto instance = line.program.substr(0, line.program.find('/'));
  if (line.host != m_host || instance != m_instance) {
    m_host = line.host;
    m_instance = instance;
    m_queue = hash64(instance, hash64(line.host));
  }
}

std::uint64_t MailLog::key_of(std::string_view id) const {
  return hash64(id, m_queue);
}

void MailLog::take(const Line& line) {
  const auto begins = [&line](std::string_view words) { return line.text.starts_with(words); };
  if (begins("to="sv)) {
    take_delivery(line); // says itself what became of the record
    return;
  }
  if (begins("from="sv)) {
    take_from(line);
    return;
  }
  if (begins("client="sv) || begins("uid="sv)) {
    fresh_mail_of(line).injected = true;
  } else if (begins("message-id="sv)) {
    take_message_id(line);
  } else if (begins("removed"sv)) {
    m_mails.erase(line.key);
  } else if (begins("info: header "sv) || begins("warning: header "sv)) {
    take_header(line);
  } else if (begins("sender "sv) || begins("postmaster "sv)) {
    take_notification(line);
  }
  line.sink.skip(line.record);
}

MailLog::Mail& MailLog::mail_of(const Line& line) {
  auto& mail = m_mails.get(line.key);
  const auto now = line.log.time.seconds;
  if (mail.seen != 0 && now - mail.seen > k_longest_wait) { // its end is missing in the log
    m_mails.alter(mail, [](Mail& m) { m = {}; });
  }
  mail.seen = now;
  return mail;
}

/// The mail of a line that is one of its first: short ids come again.
MailLog::Mail& MailLog::fresh_mail_of(const Line& line) {
  auto& mail = mail_of(line);
  if (mail.tried) {
    m_mails.alter(mail, [](Mail& m) { m = {}; });
    mail.seen = line.log.time.seconds;
  }
  m_recent[hash64(line.id) % k_recent] = hash64(line.id);
  return mail;
}

void MailLog::remember(Mail& mail, std::string Mail::*place, std::string_view text) {
  m_mails.alter(mail, [place, text](Mail& m) {
    m.held -= (m.*place).size();
    (m.*place).assign(text.size() <= k_most_text ? text : ""sv);
    m.held += (m.*place).size();
  });
}

void MailLog::take_message_id(const Line& line) {
  auto& mail = fresh_mail_of(line);
  if (line.sink.wants().details) {
    remember(mail, &Mail::message_id, without_brackets(line.text.substr("message-id="sv.size())));
  }
}

void MailLog::take_from(const Line& line) {
  auto& mail = mail_of(line);
  mail.tried = true;
  const auto rest = line.text.substr("from="sv.size());
  const auto sender = address_in(rest);
  mail.null_sender = sender.empty();
  if (line.sink.wants().sender) {
    remember(mail, &Mail::sender, sender);
  }
  if (rest.find("expired, returned to sender"sv) != std::string_view::npos) {
    take_expiry(line, mail);
    return;
  }
  if (!mail.waiting.empty()) { // they are tried again now
    m_mails.alter(mail, [](Mail& m) {
      for (const auto& waiting : m.waiting) {
        m.held -= waiting.address.size() + sizeof waiting;
      }
      m.waiting.clear();
    });
  }
  line.sink.skip(line.record);
}

/// "info: header X-Campaign: spring from app[198.51.100.7]; from=<..." (header_checks, INFO or
/// WARN)
void MailLog::take_header(const Line& line) {
  constexpr auto k_header = "header "sv;
  auto text = line.text.substr(line.text.find(k_header) + k_header.size());
  const auto colon = std::min(text.find(": "sv), text.size());
  const auto name = text.substr(0, colon);
  text = text.substr(std::min(colon + 1, text.size())); // with its space: the value may be empty
  text = text.substr(0, text.find("; from=<"sv));
  text = text.substr(0, text.rfind(" from "sv));
  if (const auto campaign = campaign_in_header(name, text); !campaign.empty()) {
    remember(mail_of(line), &Mail::campaign, campaign);
  }
}

/// "sender non-delivery notification: 4Fq1Zc4abcz2Dfg": that one is no mail of the sender's.
void MailLog::take_notification(const Line& line) {
  constexpr auto k_words = "notification: "sv;
  const auto place = line.text.find(k_words);
  if (place == std::string_view::npos) {
    return;
  }
  const auto id = line.text.substr(place + k_words.size());
  const Line other{line.log, line.record, id, {}, key_of(id), line.sink};
  mail_of(other).notification = true;
}

void MailLog::take_delivery(const Line& line) {
  DeliveryLine delivery;
  if (const auto why = read_delivery(line.text, delivery); !why.empty()) {
    line.sink.reject(why, line.record);
    return;
  }
  auto& mail = mail_of(line);
  mail.tried = true;
  auto event = event_of(line, mail);
  event.kind = find_kind(delivery.status);
  event.native = delivery.status;
  event.address = recipient_of(delivery);
  const bool sent = event.kind == EventKind::delivered;
  if (mail.is_own() || is_probe(delivery.status) ||
      (sent && went_on(line, delivery.relay, delivery.text))) {
    line.sink.skip(line.record);
    return;
  }
  if (event.address.empty()) {
    line.sink.reject("no recipient: an address was expected in \"to=\"", line.record);
    return;
  }
  if (sent && delivery.relay == "none"sv) { // discard(8)
    event.kind = EventKind::dropped;
    event.bounce.diagnostic = delivery.text;
  } else if (!sent) {
    event.bounce = judge(delivery);
  }
  if (event.kind == EventKind::deferred) {
    if (event.bounce.klass == BounceClass::hard) { // SOFTBOUNCE: it is tried again
      event.bounce.klass = BounceClass::soft;
    }
    wait(mail, event.address, event.bounce.klass);
  }
  line.sink.accept(event);
}

/// "sent" that is no delivery: the mail came into a queue again, behind a filter or an alias, and
/// is told of there.
bool MailLog::went_on(const Line& line, std::string_view relay, std::string_view text) const {
  const auto program = line.log.program;
  if (text.starts_with("forwarded as "sv)) { // local(8)
    return true;
  }
  const auto id = queued_as(text);
  if (is_own_host(relay) && (!id.empty() || !program.ends_with("/lmtp"sv))) {
    return true; // but LMTP also reaches mailboxes, which queue nothing
  }
  if (program.ends_with("/pipe"sv)) {
    return std::any_of(k_filters.begin(), k_filters.end(),
                       [relay](std::string_view filter) { return icontains(relay, filter); });
  }
  return !id.empty() && m_recent[hash64(id) % k_recent] == hash64(id);
}

void MailLog::wait(Mail& mail, std::string_view address, BounceClass klass) {
  if (address.size() > k_most_text) {
    return;
  }
  m_mails.alter(mail, [address, klass](Mail& m) {
    m.waiting.push_back({std::string(address), klass});
    m.held += address.size() + sizeof(Waiting);
  });
}

/// The mail was in the queue for too long: nobody who is still waiting will get it.
void MailLog::take_expiry(const Line& line, Mail& mail) {
  if (mail.is_own() || mail.waiting.empty()) {
    line.sink.skip(line.record);
    return;
  }
  for (const auto& waiting : mail.waiting) {
    auto event = event_of(line, mail);
    event.kind = EventKind::bounce;
    event.native = "expired";
    event.address = waiting.address;
    event.bounce.klass = waiting.klass;
    event.bounce.reason = BounceReason::expired;
    line.sink.accept(event);
  }
  m_mails.erase(line.key);
}

EventView MailLog::event_of(const Line& line, const Mail& mail) const {
  EventView event;
  event.record = line.record;
  event.time = line.log.time;
  event.campaign = mail.campaign.empty() ? std::string_view(m_campaign) : mail.campaign;
  event.message_id = mail.message_id;
  event.sender = mail.sender;
  return event;
}

} // namespace mailfunnel::postfix
