#pragma once
// Blocks of fields ("Name: value", folded lines), as headers of mails and reports have them, and
// the values in them: addresses, dates. All of it is lenient: what is broken gives an empty value.

#include "base/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

/// The fields of one block, in order. Values are unfolded and trimmed.
class MailFields {
public:
  void add(std::string_view name, std::string_view value);
  /// Goes on with the last value, as a folded line does.
  void append(std::string_view more);
  /// The first value of that name, without case; "" where there is none.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  bool empty() const { return m_fields.empty(); }
  const std::vector<std::pair<std::string, std::string>>& all() const { return m_fields; }

private:
  std::vector<std::pair<std::string, std::string>> m_fields;
};

/// "Name: value" -> name and value, both trimmed; no name where the line is none.
std::pair<std::string_view, std::string_view> split_field(std::string_view line);

/// The block at the front of `text`, which is cut behind the empty line that ends it. A line that
/// is no field goes on with the one before.
MailFields take_fields(std::string_view& text);

/// Does the text begin like a block of fields?
bool begins_with_field(std::string_view text);

/// The first address in `text`, without <>, quotes and what stands around it ("rfc822;", a display
/// name, a comment); "" where there is none. `at` moves behind it.
std::string_view find_address(std::string_view text);
struct FoundAddress {
  std::size_t begin = 0, end = 0; // with its <> or quotes
  std::string_view address{};
};
/// The same from `from` on, with its place; an empty address: none.
FoundAddress find_address_at(std::string_view text, std::size_t from);
/// All addresses of a header such as To, in order.
std::vector<std::string_view> all_addresses(std::string_view text);

/// A date of RFC 5322 and its many relatives; a zone that has no number is taken as UTC but for a
/// few names.
std::optional<Instant> parse_mail_date(std::string_view text);

} // namespace mailfunnel
