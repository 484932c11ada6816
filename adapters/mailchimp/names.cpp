// Where a campaign is named outside the records: in file names and in tracked URLs.

#include "readers.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace mailfunnel::mailchimp {

namespace {

constexpr std::size_t k_id_size = 10;

bool is_hex(char c) {
  return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

/// The run of hexadecimal digits at the front, if it is a whole id and nothing goes on behind it.
std::string_view id_at_front(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_hex);
  const auto size = static_cast<std::size_t>(end - text.begin());
  const bool whole = size == k_id_size && (end == text.end() || !is_alnum(*end));
  return whole ? text.substr(0, size) : std::string_view();
}

} // namespace

std::string_view campaign_in(std::string_view file_name) {
  for (std::size_t at = 0; at < file_name.size(); ++at) {
    if (at == 0 || !is_alnum(file_name[at - 1])) {
      const auto id = id_at_front(file_name.substr(at));
      const bool date = std::all_of(id.begin(), id.end(), is_digit); // or a number of another kind
      if (!id.empty() && !date) {
        return id;
      }
    }
  }
  return {};
}

std::string_view campaign_of_url(std::string_view url) {
  constexpr std::string_view k_name = "mc_cid=";
  const auto at = url.find(k_name);
  return at == std::string_view::npos ? std::string_view()
                                      : id_at_front(url.substr(at + k_name.size()));
}

} // namespace mailfunnel::mailchimp
