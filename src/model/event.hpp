#pragma once
// The normalised event: what happened to one mail of one person. The words here are the words of
// `export events`, of the JSON Schema in schema/ and of the config; one meaning each.

#include "base/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace mailfunnel {

/// Stored as a number: append only.
enum class EventKind : std::uint8_t {
  unknown,
  sent,      // accepted, queued, processed
  delivered, // the receiving server took it
  deferred,
  dropped, // the ESP refused to send it
  open,
  click,
  bounce,
  unsubscribe,
  resubscribe,
  complaint,
  reply, // a person's; an auto-reply is `unknown`
  page,
  download,
  form,
  webinar,
  signup,
  conversion,
  address_change,
};
constexpr std::size_t k_event_kinds = 19;

std::string_view name_of(EventKind kind);
std::optional<EventKind> event_kind(std::string_view name);

/// What a record gave away about machines. Bits, ORed when two records of one event meet. Stored:
/// append only.
namespace evidence {
constexpr std::uint16_t esp_machine_flag = 1 << 0; // the ESP itself says: a machine
constexpr std::uint16_t privacy_proxy = 1 << 1;    // Apple Mail Privacy Protection and the like
constexpr std::uint16_t image_proxy = 1
                                      << 2; // a person's, through the mail provider (Gmail, Yahoo)
constexpr std::uint16_t crawler_agent = 1 << 3;           // the user agent is a known robot
constexpr std::uint16_t filter_network = 1 << 4;          // a network of nothing but mail filters
constexpr std::uint16_t probable_filter_network = 1 << 5; // one that carries people too
constexpr std::uint16_t head_request = 1 << 6;
constexpr std::uint16_t prefetch = 1 << 7;
constexpr std::uint16_t honeypot = 1 << 8;
constexpr std::uint16_t empty_agent = 1 << 9; // the source has agents and this one is empty
constexpr std::uint16_t agent_seen =
    1 << 10; // an agent was given and looked at: without it nothing tells who opened
} // namespace evidence
/// (bit, name)
extern const std::array<std::pair<std::uint16_t, std::string_view>, 11> k_evidence_names;

enum class BounceClass : std::uint8_t { none, soft, block, hard }; // in order of severity
std::string_view name_of(BounceClass value);
std::optional<BounceClass> bounce_class(std::string_view name);

enum class BounceReason : std::uint8_t {
  other,
  user_unknown,
  host_unknown,
  mailbox_full,
  mailbox_disabled,
  message_too_big,
  content,
  spam,
  blocked_ip,
  policy,
  auth,
  rate_limited,
  network,
  expired,
  relay_denied,
  suppressed,
  unsubscribed,
  feedback,
};
std::string_view name_of(BounceReason value);
std::optional<BounceReason> bounce_reason(std::string_view name);

/// Why a mail did not arrive. Views into the record.
struct Bounce {
  BounceClass klass = BounceClass::none;
  BounceReason reason = BounceReason::other;
  std::string_view status{};     // enhanced status code, "5.1.1"
  int code = 0;                  // SMTP reply code, 550; 0: not given
  std::string_view diagnostic{}; // the server's words; for `decode`
};

/// One event as an adapter hands it over: every text points into the input and is valid only during
/// the call that passes it. Empty means not given.
struct EventView {
  EventKind kind = EventKind::unknown;
  Instant time{};
  std::string_view account{};       // of the config, in an export of our own; empty: the import's
  std::string_view address{};       // the recipient, as given
  std::string_view contact_id{};    // the ESP's own id of the person
  std::string_view new_address{};   // address_change
  std::string_view campaign{};      // the ESP's id of the mailing; composite ids are joined by '/'
  std::string_view campaign_name{}; // where the event itself tells it
  std::string_view send{};          // one sending of it, where a campaign recurs
  std::string_view link{};          // URL as given; the ingest unwraps redirects
  std::string_view link_tag{}; // the ESP's own alias or tag of that link: evidence for its stage
  // By which the mail of a server that sends for many is told apart, when they are wanted:
  std::string_view sender{}; // envelope sender
  std::string_view job{};    // what the server files the mail under; empty: the campaign
  std::string_view message_id{}, event_id{};
  std::string_view scope{}; // unsubscribe: the list, group or topic left
  std::string_view proof{}; // resubscribe: how the opt-in was proven
  std::string_view user_agent{}, ip{};
  std::uint16_t network = 0; // already hashed, from an export of our own
  std::uint8_t system = 0;   // likewise
  bool agent_given = false;  // the source has a user agent field for this event (it may be empty)
  std::uint16_t evidence =
      0; // flags that the record itself states; agents and networks are looked at later
  Bounce bounce{};
  std::span<const std::string_view> tags{};
  std::string_view metadata{}; // a JSON object, as text
  std::string_view native{};   // the source's own word for the event
  std::string_view record{};   // the whole record in the chunk, for its place and for rejects
  /// Not 0: all events of one LogReader::read() that have this number are the same but for address
  /// and record (and for details that are not wanted). For a sink that has one read() a chunk.
  std::uint32_t alike = 0;
};

} // namespace mailfunnel
