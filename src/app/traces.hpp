#pragma once
// Does a text name somebody? In every spelling in which an address travels: in capitals,
// percent-encoded, as JSON or HTML writes signs, quoted-printable, in base64, as the MD5, SHA-1 or
// SHA-256 by which platforms name people; and by contact id.

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

class Traces {
public:
  /// `keys`: addresses (normalised) and contact keys. A contact id of fewer than 6 characters could
  /// be anything, and is not looked for.
  explicit Traces(const std::vector<std::string>& keys);

  bool in(std::string_view text) const;
  /// The text with "erased" wherever it names one of them plainly; "erased" alone where it does so
  /// in another spelling.
  std::string without(std::string_view text) const;

private:
  bool plainly(std::string_view text) const;
  bool in_base64(std::string_view text) const;
  bool in(std::string_view text, int depth) const;

  std::set<std::string, std::less<>> m_addresses;
  std::set<std::string, std::less<>> m_words; // ids and digests, lower case
  std::vector<bool> m_sizes;                  // is there a word of so many characters?
  std::vector<std::string> m_odd;             // ids that are no word
};

} // namespace mailfunnel
