#include "fuzz/mutation.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace mailfunnel::fuzz {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t k_most = std::size_t{64} << 10;
constexpr std::size_t k_most_inserted = 300;

constexpr std::array k_numbers{"0"sv,
                               "-1"sv,
                               "1e999"sv,
                               "0.5"sv,
                               "00000000000000000000000001"sv,
                               "2147483648"sv,
                               "4294967296"sv,
                               "9223372036854775807"sv,
                               "-9223372036854775808"sv,
                               "18446744073709551616"sv,
                               "99999999999999999999999999999999"sv,
                               "253402300800"sv, // the year 10000
                               "9223372036854775"sv};
constexpr auto k_separators = "\n\r\t ,;:|=\"'`<>{}[]()@&%?/\\-+.#!"sv;
constexpr std::array k_pieces{"\xEF\xBB\xBF"sv,
                              "\xFF\xFE"sv,
                              "\0"sv,
                              "\xC3"sv,
                              "\xED\xA0\x80"sv,
                              "\\ud800"sv,
                              "\\u0000"sv,
                              "%00"sv,
                              "%"sv,
                              "=?utf-8?B?"sv,
                              "=?utf-8?Q?=?="sv,
                              "<![CDATA["sv,
                              "]]>"sv,
                              "<!--"sv,
                              "&#x10FFFF;"sv,
                              "&#0;"sv,
                              "\r\n\r\n"sv,
                              "\nFrom "sv,
                              "\"\"\"\"\""sv,
                              "[[[[[[[["sv,
                              "{\"a\":{\"a\":{\"a\":"sv,
                              "null"sv,
                              "<a><a><a><a>"sv,
                              "2026-02-30T25:61:61+99:99"sv,
                              "0000-00-00 00:00:00"sv,
                              "1-1-1"sv};

/// Where the number that a place stands in, or the next one behind it, begins and ends.
std::pair<std::size_t, std::size_t> number_at(std::string_view text, std::size_t place) {
  while (place < text.size() && !is_digit(text[place])) {
    ++place;
  }
  auto begin = place;
  while (begin > 0 && is_digit(text[begin - 1])) {
    --begin;
  }
  while (place < text.size() && is_digit(text[place])) {
    ++place;
  }
  return {begin, place};
}

} // namespace

void Mutator::change(std::string& text) {
  enum Way {
    flip_bit,
    set_byte,
    erase,
    insert_bytes,
    insert_piece,
    copy,
    splice,
    replace_number,
    replace_separator,
    repeat,
    cut,
    ways
  };
  const auto place = below(text.size() + 1);
  const auto length = below(std::min(text.size() - place, k_most_inserted) + 1);
  switch (static_cast<Way>(below(ways))) {
  case flip_bit:
    if (place < text.size()) {
      text[place] = static_cast<char>(text[place] ^ (1 << below(8)));
    }
    break;
  case set_byte:
    if (place < text.size()) {
      text[place] = static_cast<char>(below(256));
    }
    break;
  case erase:
    text.erase(place, length);
    break;
  case insert_bytes: {
    std::string bytes(below(8) + 1, '\0');
    std::generate(bytes.begin(), bytes.end(), [this] { return static_cast<char>(below(256)); });
    text.insert(place, bytes);
    break;
  }
  case insert_piece:
    text.insert(place, k_pieces[below(k_pieces.size())]);
    break;
  case copy:
    text.insert(below(text.size() + 1), text.substr(place, length));
    break;
  case splice: {
    const auto& other = m_texts[below(m_texts.size())];
    text.replace(place, std::string::npos, other, below(other.size() + 1), std::string::npos);
    break;
  }
  case replace_number: {
    const auto [begin, end] = number_at(text, place);
    text.replace(begin, end - begin, k_numbers[below(k_numbers.size())]);
    break;
  }
  case replace_separator:
    if (const auto at = text.find_first_of(k_separators, place); at != std::string::npos) {
      const auto other = k_separators[below(k_separators.size())];
      const auto count = below(3); // none: the separator is lost
      text.replace(at, 1, count, below(4) == 0 ? text[at] : other);
    }
    break;
  case repeat: {
    const auto piece = text.substr(place, std::min<std::size_t>(length, 8));
    for (auto times = below(200); times > 0; --times) {
      text.insert(place, piece);
    }
    break;
  }
  case cut:
    if (below(4) == 0) { // most texts stay whole
      text.resize(place);
    }
    break;
  case ways:
    break;
  }
  text.resize(std::min(text.size(), k_most));
}

std::string Mutator::flooded(const std::string& text) {
  constexpr std::size_t k_size = std::size_t{1} << 20;
  const auto place = below(text.size());
  const auto piece = text.substr(place, below(k_most_inserted) + 1);
  std::string flood;
  while (!piece.empty() && flood.size() < k_size) {
    flood += piece;
  }
  return text.substr(0, place) + flood + text.substr(place);
}

std::string Mutator::next(std::size_t& of) {
  constexpr std::size_t k_most_changes = 6;
  of = below(m_texts.size());
  auto text = m_texts[of];
  for (auto changes = below(k_most_changes) + 1; changes > 0; --changes) {
    change(text);
  }
  return text;
}

} // namespace mailfunnel::fuzz
