#pragma once
// What the pages say, in three languages. A template has {{t.sent_on}}; the words_*.cpp say what
// that is, each for some pages. Words of the field (score, status, TOFU, MQL) are the same as in
// the config and the expressions.

#include "base/time.hpp"
#include "funnel/rules.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mailfunnel {

enum class Language : std::uint8_t { en, nl, fr };
constexpr std::size_t k_languages = 3;
std::string_view code_of(Language language); // "en"
/// "nl", "nl-BE"; nothing: none of ours.
std::optional<Language> find_language(std::string_view tag);
/// The first of ours in an Accept-Language header.
std::optional<Language> accepted_language(std::string_view header);

struct Word {
  std::string_view key;
  std::string_view en, nl, fr;
};
// A file of words each.
std::span<const Word> frame_words();
std::span<const Word> overview_words();
std::span<const Word> campaign_words();
std::span<const Word> recipient_words();
std::span<const Word> rule_words();
std::span<const Word> segment_words();

/// All words in one language, and how numbers and times are written in it.
class Words {
public:
  Words(Language language, TimeZone zone) : m_language(language), m_zone(zone) {}

  Language language() const { return m_language; }
  /// std::logic_error: there is no such word.
  const std::string& operator[](std::string_view key) const;
  static bool has(std::string_view key);
  /// With {} filled in by the arguments, in order.
  std::string with(std::string_view key, std::initializer_list<std::string_view> values) const;

  std::string number(std::uint64_t number) const; // 1,234
  std::string points(Points points) const;        // 12.5
  std::string change(Points points) const;        // +12.5, −3
  std::string decimal(double value, int places) const;
  std::string share(std::uint64_t part, std::uint64_t whole) const; // 12.3 %; "" of nothing
  std::string time(Seconds time) const;         // 24 Mar 2026, 14:05; in the report's zone
  std::string date(Seconds time) const;         // 24 Mar 2026
  std::string bytes(std::uint64_t bytes) const; // 12.5 MB

private:
  Language m_language;
  TimeZone m_zone;
};

} // namespace mailfunnel
