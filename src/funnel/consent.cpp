#include "funnel/consent.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

using namespace std::string_view_literals;

constexpr std::array k_yes{"yes"sv, "true"sv, "1"sv,       "on"sv,
                           "ja"sv,  "oui"sv,  "allowed"sv, "granted"sv};
constexpr std::array k_no{"no"sv,   "false"sv, "0"sv,       "off"sv,   "nee"sv,
                          "nein"sv, "non"sv,   "refused"sv, "denied"sv};

template<typename Words> bool is_one_of(const Words& words, std::string_view value) {
  return std::any_of(words.begin(), words.end(),
                     [value](std::string_view word) { return iequals(word, value); });
}

} // namespace

std::vector<bool> tracking_refused(const TrackingRules& tracking, ChunkSource& source,
                                   Seconds as_of) {
  if (tracking.consent.empty()) {
    return {};
  }
  std::vector<bool> refused(source.size(), tracking.consent_required);
  AttributeColumn column;
  for (std::uint32_t block = 0; block * k_recipient_block < source.size(); ++block) {
    if (!source.attribute(block, tracking.consent, column)) {
      continue;
    }
    for (std::size_t i = 0; i < column.recipient.size(); ++i) { // later statements overwrite
      const auto value = trim(column.values[column.value[i]]);
      if (Seconds{column.valid_from[i]} <= as_of) {
        refused[block * k_recipient_block + column.recipient[i]] =
            tracking.consent_required ? !is_one_of(k_yes, value) : is_one_of(k_no, value);
      }
    }
  }
  return refused;
}

} // namespace mailfunnel
