//   From: "Ann Lee" <ann@example.com>
//   Date: Thu, 9 Apr 2026 14:34:45 +0200
//   Subject: a line that goes on
//       in the next one
// RFC 5322

#include "adapter/mail_fields.hpp"

#include "adapter/gmime.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace mailfunnel {

namespace {

constexpr std::size_t k_longest_address = 320, k_longest_name = 77;

bool in_name(char c) { // of a field: fewer than RFC 5322 has, so that "<ann@example.com>:" is none
  return is_alnum(c) || c == '-' || c == '_' || c == '.';
}

bool in_atom(char c) { // of an address, beyond RFC 5322: what stands in real ones
  constexpr std::string_view k_more = "!#$%&'*+-/=?^_`{|}~.";
  return is_alnum(c) || k_more.find(c) != std::string_view::npos ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool in_domain(char c) {
  return is_alnum(c) || c == '-' || c == '.' || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

/// Where the local part that ends before `at` begins.
std::size_t local_begin(std::string_view text, std::size_t at, std::size_t least) {
  if (at > least && text[at - 1] == '"') { // "a b"@example.com
    const auto first = std::max(least, at - std::min(at, k_longest_address));
    const auto quote = text.substr(first, at - 1 - first).rfind('"');
    return quote == std::string_view::npos ? at : first + quote;
  }
  auto begin = at;
  while (begin > least && at - begin < k_longest_address && in_atom(text[begin - 1])) {
    --begin;
  }
  while (begin < at && (text[begin] == '\'' || text[begin] == '.')) {
    ++begin;
  }
  return begin;
}

std::size_t domain_end(std::string_view text, std::size_t at) {
  if (at < text.size() && text[at] == '[') { // [192.0.2.1]
    const auto close = text.substr(at, 64).find(']');
    return close == std::string_view::npos ? at : at + close + 1;
  }
  auto end = at;
  while (end < text.size() && end - at < k_longest_address && in_domain(text[end])) {
    ++end;
  }
  while (end > at && !is_alnum(text[end - 1]) && static_cast<unsigned char>(text[end - 1]) < 0x80) {
    --end; // the full stop of a sentence
  }
  // No last label mixes letters and other scripts: "example.com" and a word that follows it.
  const auto label = text.substr(at, end - at).rfind('.') + 1; // npos + 1 is 0
  for (auto i = at + label; is_ascii(text.substr(at + label, 1)) && i < end; ++i) {
    if (static_cast<unsigned char>(text[i]) >= 0x80) {
      return i;
    }
  }
  return end;
}

struct ZoneRow {
  std::string_view name;
  int hours;
};
constexpr std::array k_zones{
    // Not in RFC 5322, so that readers take them as UTC; servers write them all the same.
    ZoneRow{"JST", 9}, ZoneRow{"KST", 9},  ZoneRow{"CET", 1}, ZoneRow{"CEST", 2},
    ZoneRow{"MET", 1}, ZoneRow{"MEST", 2}, ZoneRow{"EET", 2}, ZoneRow{"EEST", 3},
    ZoneRow{"MSK", 3}, ZoneRow{"WEST", 1}, ZoneRow{"BST", 1}, ZoneRow{"AEST", 10},
    ZoneRow{"HKT", 8}, ZoneRow{"SGT", 8},
};

} // namespace

void MailFields::add(std::string_view name, std::string_view value) {
  m_fields.emplace_back(name, trim(value));
}

void MailFields::append(std::string_view more) {
  if (!m_fields.empty() && !(more = trim(more)).empty()) {
    auto& value = m_fields.back().second;
    value.append(value.empty() ? "" : " ").append(more);
  }
}

std::string_view MailFields::get(std::string_view name) const {
  for (const auto& [key, value] : m_fields) {
    if (iequals(key, name)) {
      return value;
    }
  }
  return {};
}

bool MailFields::has(std::string_view name) const {
  return std::any_of(m_fields.begin(), m_fields.end(),
                     [name](const auto& field) { return iequals(field.first, name); });
}

std::pair<std::string_view, std::string_view> split_field(std::string_view line) {
  std::size_t at = 0;
  while (at < line.size() && in_name(line[at])) {
    ++at;
  }
  const auto name = line.substr(0, at);
  while (at < line.size() && line[at] == ' ') { // "Subject : x", in old mails
    ++at;
  }
  if (name.empty() || name.size() > k_longest_name || at >= line.size() || line[at] != ':') {
    return {};
  }
  return {name, trim(line.substr(at + 1))};
}

MailFields take_fields(std::string_view& text) {
  MailFields fields;
  while (!text.empty()) {
    const auto line = next_line(text);
    if (trim(line).empty()) {
      if (fields.empty()) {
        continue; // before the block
      }
      break;
    }
    const auto [name, value] = is_space(line.front()) ? split_field({}) : split_field(line);
    if (!name.empty()) {
      fields.add(name, value);
    } else {
      fields.append(line);
    }
  }
  return fields;
}

bool begins_with_field(std::string_view text) {
  return !split_field(text.substr(0, text.find('\n'))).first.empty();
}

FoundAddress find_address_at(std::string_view text, std::size_t from) {
  auto least = from;
  for (auto at = text.find('@', from); at != std::string_view::npos; at = text.find('@', at + 1)) {
    auto begin = local_begin(text, at, least);
    auto end = domain_end(text, at + 1);
    if (begin == at || end == at + 1) {
      least = at + 1;
      continue;
    }
    FoundAddress found{begin, end, text.substr(begin, end - begin)};
    for (const std::string_view pair : {"<>", "\"\"", "''"}) {
      if (found.begin > from && text[found.begin - 1] == pair[0] && end < text.size() &&
          text[end] == pair[1]) {
        --found.begin;
        ++found.end;
        break;
      }
    }
    return found;
  }
  return {text.size(), text.size(), {}};
}

std::string_view find_address(std::string_view text) {
  // An address in <> is meant before one in the display name.
  for (auto open = text.find('<'); open != std::string_view::npos;
       open = text.find('<', open + 1)) {
    auto inner = text.substr(open + 1, k_longest_address);
    inner = inner.substr(0, inner.find('>'));
    if (const auto found = find_address_at(inner, 0); !found.address.empty()) {
      return found.address;
    }
  }
  return find_address_at(text, 0).address;
}

std::vector<std::string_view> all_addresses(std::string_view text) {
  constexpr std::size_t k_most = 10'000;
  std::vector<std::string_view> all;
  while (!text.empty() && all.size() < k_most) {
    const auto comma = text.find(',');
    if (const auto address = find_address(text.substr(0, comma)); !address.empty()) {
      all.push_back(address);
    }
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return all;
}

std::optional<Instant> parse_mail_date(std::string_view text) {
  constexpr std::size_t k_longest = 128;
  const std::string date(trim(text.substr(0, k_longest)));
  if (date.empty()) {
    return std::nullopt;
  }
  const std::unique_ptr<GDateTime, decltype(&::g_date_time_unref)> when(
      gmime().g_mime_utils_header_decode_date(date.c_str()), gmime().g_date_time_unref);
  if (!when) {
    return std::nullopt;
  }
  Instant time{gmime().g_date_time_to_unix(when.get())};
  const auto zone = date.substr(date.find_last_of(' ') + 1);
  if (gmime().g_date_time_get_utc_offset(when.get()) == 0) {
    for (const auto& row : k_zones) {
      if (iequals(zone, row.name)) {
        time.seconds -= Seconds{row.hours} * 3600;
      }
    }
  }
  return time;
}

} // namespace mailfunnel
