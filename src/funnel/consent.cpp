#include "funnel/consent.hpp"

#include "base/text.hpp"
#include "funnel/scorer.hpp"

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

std::vector<bool> by_attribute(const TrackingRules& tracking, ChunkSource& source, Seconds as_of) {
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

Bits by_expression(const Expression& expression, ChunkSource& source, Seconds as_of) {
  // What it may ask for hangs on no rule, mailing or score.
  static const Rules k_no_rules;
  static const World k_no_world;
  const Scorer scorer(k_no_rules, k_no_world, as_of);
  ChunkScores scores;
  scores.resize(source.size());
  return evaluate(expression, {scorer, source, scores});
}

} // namespace

bool asks_for_consent_only(const Expression& expression) {
  return !any_part(expression, [](const Expression& part) {
    const bool known = part.field == Field::attribute || part.field == Field::email ||
                       part.field == Field::domain || part.field == Field::subscribed;
    return part.ago.has_value() || part.type == Expression::Type::event ||
           (part.type == Expression::Type::compare && !known);
  });
}

std::vector<bool> tracking_refused(const TrackingRules& tracking, ChunkSource& source,
                                   Seconds as_of) {
  std::vector<bool> refused;
  if (!tracking.consent.empty()) {
    refused = by_attribute(tracking, source, as_of);
  }
  if (tracking.consent_where) {
    refused.resize(source.size());
    const auto allowed = by_expression(*tracking.consent_where, source, as_of);
    for (std::size_t r = 0; r < refused.size(); ++r) {
      refused[r] = refused[r] || !allowed.test(r);
    }
  }
  return refused;
}

} // namespace mailfunnel
