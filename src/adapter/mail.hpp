#pragma once
// One mail as a list of parts in the order of its text, decoded. Built on GMime, which keeps to no
// more than 1,024 levels; nothing of GMime is seen outside mail.cpp.

#include "adapter/mail_fields.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

constexpr std::size_t k_most_mail = std::size_t{8} << 20; // bytes read; the rest is a returned mail
constexpr std::size_t k_most_parts = 200;
constexpr std::size_t k_most_text =
    std::size_t{1} << 20; // of a text for people; fields of a report are read whole
constexpr int k_most_levels = 50;

/// A part that holds text, or a mail inside the mail (then `fields` are its header, and its own
/// parts follow with a level more).
struct MailPart {
  std::string type;      // "text/plain", lower case
  std::string text;      // decoded: UTF-8, lines end in LF; empty for what is no text
  MailFields fields{};   // header of a message/rfc822
  int level = 0;         // mails around it
  bool attached = false; // it is meant to be kept as a file
};

struct Mail {
  MailFields fields;       // its header
  std::string type;        // of the whole, "multipart/report"
  std::string report_type; // parameter of it: "delivery-status"
  std::vector<MailPart> parts;

  /// The first part of one of these types with the fewest mails around it; nullptr: none.
  const MailPart* find(std::initializer_list<std::string_view> types) const;
};

/// Never fails: of what is no mail the header is empty or nonsense. Lines may end in LF, CRLF or
/// CR. `quoted`: it comes from an mbox, where "From " at the front of a line is ">From ".
Mail read_mail(std::string_view text, bool quoted);

/// The header block alone, unfolded but not decoded, of a text that may end in it.
MailFields read_header(std::string_view text);

} // namespace mailfunnel
