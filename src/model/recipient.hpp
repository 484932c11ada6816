#pragma once
// A person as a source describes him or her: attributes for the fit, subscription to lists.

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mailfunnel {

enum class Subscription : std::uint8_t {
  unknown,
  subscribed,
  pending,
  unsubscribed,
  cleaned,
  archived
};
std::string_view name_of(Subscription value);
std::optional<Subscription> subscription(std::string_view name);

/// One contact as an adapter hands it over; views into the input, valid during the call.
struct RecipientView {
  std::string_view account{}; // as in EventView
  std::string_view address{};
  std::string_view contact_id{};
  std::string_view list{}; // of `subscription`; empty: the account's only one
  Subscription subscription = Subscription::unknown; // unknown: the source does not tell
  std::optional<Seconds> changed_at{}; // from when on this holds; absent: the import's own time
  std::span<const std::pair<std::string_view, std::string_view>> attributes{}; // name, value
  std::string_view record{};
};

/// Lower case, spaces and punctuation to '_': "Job Title" -> "job_title". The name of an attribute
/// everywhere but in the ESP.
std::string attribute_name(std::string_view name);

/// The normalised form of an address, by which people are told apart: trimmed, <> and mailto: off,
/// lower case, IDN domain as punycode. Empty: not an address (no @, white space or control
/// characters, over 320 bytes). `scratch` holds the result where it is not the text itself.
std::string_view normalise_address(std::string_view text, std::string& scratch);

} // namespace mailfunnel
