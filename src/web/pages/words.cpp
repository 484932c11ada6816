#include "web/pages/words.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <stdexcept>
#include <unordered_map>

namespace mailfunnel {

namespace {

constexpr std::array k_codes{std::string_view("en"), std::string_view("nl"),
                             std::string_view("fr")};
// Between thousands, and before the decimals.
struct Marks {
  std::string_view thousand, decimal, percent;
};
constexpr std::array<Marks, k_languages> k_marks{{
    {",", ".", "%"},
    {".", ",", "\u00A0%"},
    {"\u202F", ",", "\u00A0%"},
}};
constexpr std::array<std::array<std::string_view, 12>, k_languages> k_months{{
    {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
    {"jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"},
    {"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
     "déc."},
}};
constexpr std::string_view k_minus = "\u2212";

using Texts = std::array<std::string, k_languages>;
using Table = std::unordered_map<std::string_view, Texts>;

const Table& table() {
  static const Table k_table = [] {
    Table out;
    for (const auto part : {frame_words(), overview_words(), campaign_words(), recipient_words(),
                            rule_words(), segment_words()}) {
      for (const auto& word : part) {
        const Texts texts{std::string(word.en), std::string(word.nl), std::string(word.fr)};
        if (!out.emplace(word.key, texts).second) {
          throw std::logic_error("two words are called " + std::string(word.key));
        }
      }
    }
    return out;
  }();
  return k_table;
}

} // namespace

std::string_view code_of(Language language) {
  return k_codes.at(static_cast<std::size_t>(language));
}

std::optional<Language> find_language(std::string_view tag) {
  const auto main = tag.substr(0, tag.find_first_of("-_"));
  for (std::size_t i = 0; i < k_codes.size(); ++i) {
    if (iequals(main, k_codes.at(i))) {
      return static_cast<Language>(i);
    }
  }
  return std::nullopt;
}

std::optional<Language> accepted_language(std::string_view header) {
  for (const auto one : split(header, ',')) { // by preference, as browsers send it
    if (const auto language = find_language(trim(one.substr(0, one.find(';'))))) {
      return language;
    }
  }
  return std::nullopt;
}

bool Words::has(std::string_view key) {
  return table().contains(key);
}

const std::string& Words::operator[](std::string_view key) const {
  const auto found = table().find(key);
  if (found == table().end()) {
    throw std::logic_error("no word is called " + std::string(key));
  }
  return found->second.at(static_cast<std::size_t>(m_language));
}

std::string Words::with(std::string_view key,
                        std::initializer_list<std::string_view> values) const {
  std::string_view text = (*this)[key];
  std::string out;
  for (const auto value : values) {
    const auto place = text.find("{}");
    if (place == std::string_view::npos) {
      break;
    }
    out += text.substr(0, place);
    out += value;
    text.remove_prefix(place + 2);
  }
  return out.append(text);
}

std::string Words::number(std::uint64_t number) const {
  const auto english = grouped(number);
  return replace_all(english, ",", k_marks.at(static_cast<std::size_t>(m_language)).thousand);
}

std::string Words::decimal(double value, int places) const {
  const auto text = fmt::format("{:.{}f}", std::fabs(value), places);
  const auto point = text.find('.');
  auto out = number(static_cast<std::uint64_t>(*parse_int(text.substr(0, point))));
  if (point != std::string::npos) {
    out += k_marks.at(static_cast<std::size_t>(m_language)).decimal;
    out += text.substr(point + 1);
  }
  const bool zero = text.find_first_of("123456789") == std::string::npos;
  return value < 0 && !zero ? std::string(k_minus) + out : out;
}

std::string Words::points(Points points) const {
  auto rounded = (points < 0 ? points - k_point / 20 : points + k_point / 20) / (k_point / 10);
  return decimal(static_cast<double>(rounded) / 10, rounded % 10 == 0 ? 0 : 1);
}

std::string Words::change(Points points) const {
  return points > 0 ? "+" + this->points(points) : this->points(points);
}

std::string Words::share(std::uint64_t part, std::uint64_t whole) const {
  if (whole == 0) {
    return "";
  }
  const auto percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  auto out = decimal(percent, percent >= 10 || part == 0 ? 0 : percent >= 0.1 ? 1 : 2);
  return out.append(k_marks.at(static_cast<std::size_t>(m_language)).percent);
}

std::string Words::date(Seconds time) const {
  const auto day = utc_to_local(time, m_zone);
  return fmt::format("{} {} {}", day.day,
                     k_months.at(static_cast<std::size_t>(m_language)).at(day.month - 1), day.year);
}

std::string Words::time(Seconds time) const {
  const auto moment = utc_to_local(time, m_zone);
  return fmt::format("{}, {:02}:{:02}", date(time), moment.hour, moment.minute);
}

std::string Words::bytes(std::uint64_t bytes) const {
  constexpr std::array k_units{"kB", "MB", "GB", "TB"};
  auto size = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; size >= 1000 && unit + 1 < k_units.size(); ++unit) {
    size /= 1000;
  }
  return decimal(size, size < 10 ? 1 : 0) + "\u00A0" + k_units.at(unit);
}

} // namespace mailfunnel
