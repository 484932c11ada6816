// RFC 5322 and 2045 ff. as servers and gateways write them, which includes parts without a header,
// boundaries that never come, wrong charsets, and text in unknown encodings.

#include "adapter/mail.hpp"

#include "adapter/gmime.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace mailfunnel {

namespace {

struct Unref {
  void operator()(void* object) const { gmime().g_object_unref(object); }
};
template<typename T> using Owned = std::unique_ptr<T, Unref>;
struct Free {
  void operator()(char* text) const { gmime().g_free(text); }
};
using OwnedText = std::unique_ptr<char, Free>;

std::string_view view(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

/// Line ends as LF. Where there is no LF at all, CR is one; else a CR alone is dropped.
std::string with_plain_lines(std::string_view text, bool quoted) {
  const bool mac = text.find('\n') == std::string_view::npos;
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\r') {
      if (mac) {
        out += '\n';
      }
    } else if (c == '>' && quoted && (out.empty() || out.back() == '\n')) {
      const auto from = text.find_first_not_of('>', at);
      if (from == std::string_view::npos || text.substr(from, 5) != "From ") {
        out += c;
      }
    } else {
      out += c;
    }
  }
  return out;
}

/// Does a header of addresses begin here?
bool begins_addresses(std::string_view line) {
  constexpr std::string_view k_names[] = {
      "from:",   "to:",          "cc:",
      "bcc:",    "sender:",      "reply-to:",
      "resent-", "return-path:", "disposition-notification-to:"};
  return std::any_of(std::begin(k_names), std::end(k_names),
                     [line](std::string_view name) { return istarts_with(line, name); });
}

/// In a list of addresses "a: b: c:" is a group in a group (RFC 5322, 3.4), which GMime reads by
/// recursion, as deep as the mail is long: what is beyond a depth that nobody writes is no group.
void bound_groups(std::string& mail) {
  constexpr unsigned k_most_colons = 500;
  bool addresses = false;
  unsigned colons = 0;
  for (std::size_t at = 0; at < mail.size();) {
    const auto end = std::min(mail.find('\n', at), mail.size());
    if (mail[at] != ' ' && mail[at] != '\t') { // else it goes on with the line before
      addresses = begins_addresses(std::string_view(mail).substr(at, end - at));
      colons = 0;
    }
    for (; addresses && at < end; ++at) {
      if (mail[at] == ':' && ++colons > k_most_colons) {
        mail[at] = ' ';
      }
    }
    at = end + 1;
  }
}

std::string as_text(std::string_view decoded) {
  auto text = with_plain_lines(decoded, false);
  std::replace(text.begin(), text.end(), '\0', ' ');
  return valid_utf8(text) ? text : to_utf8(text);
}

std::string content_of(GMimePart* part) {
  auto* const content = gmime().g_mime_part_get_content(part); // lent
  if (content == nullptr) {
    return {};
  }
  const Owned<GMimeStream> memory(gmime().g_mime_stream_mem_new());
  gmime().g_mime_data_wrapper_write_to_stream(content, memory.get());
  const auto* const bytes =
      gmime().g_mime_stream_mem_get_byte_array(as<GMimeStreamMem>(memory.get()));
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

/// Decoded and as UTF-8. Text that is UTF-8 whatever its charset says is taken so, but for those
/// that use ESC or zeros (ISO-2022-JP, UTF-16). A charset that is not known, or not the text's,
/// gives it as Latin-1.
std::string text_of(GMimePart* part) {
  const auto bytes = content_of(part);
  const auto charset =
      view(gmime().g_mime_object_get_content_type_parameter(as<GMimeObject>(part), "charset"));
  const bool named =
      !charset.empty() && !iequals(charset, "us-ascii") && !iequals(charset, "utf-8");
  const bool shifts = bytes.find_first_of(std::string_view("\x1b\0", 2)) != std::string::npos;
  if (valid_utf8(bytes) && !(shifts && named)) { // what is UTF-8 by chance is no text
    return as_text(bytes);
  }
  if (gmime().is(part, gmime().g_mime_text_part_get_type) && named) {
    const OwnedText text(gmime().g_mime_text_part_get_text(as<GMimeTextPart>(part)));
    if (text && *text != '\0') {
      return as_text(view(text.get()));
    }
  }
  return as_text(valid_utf8(bytes) ? bytes : latin1_to_utf8(bytes));
}

MailFields header_of(GMimeObject* object) {
  MailFields fields;
  auto* const list = gmime().g_mime_object_get_header_list(object);
  const int count = list == nullptr ? 0 : gmime().g_mime_header_list_get_count(list);
  for (int i = 0; i < count; ++i) {
    auto* const header = gmime().g_mime_header_list_get_header_at(list, i);
    const auto value = replace_all(view(gmime().g_mime_header_get_value(header)), "\n", " ");
    fields.add(view(gmime().g_mime_header_get_name(header)),
               valid_utf8(value) ? value : to_utf8(value));
  }
  return fields;
}

std::string type_of(GMimeObject* object) {
  auto* const type = gmime().g_mime_object_get_content_type(object);
  return type == nullptr ? std::string()
                         : lower(view(gmime().g_mime_content_type_get_media_type(type))) + "/" +
                               lower(view(gmime().g_mime_content_type_get_media_subtype(type)));
}

/// Types whose text is worth reading.
bool is_read(std::string_view type) {
  constexpr std::array k_types{
      "text/plain",
      "text/html",
      "text/rfc822-headers",
      "text/rfc822-header",
      "message/delivery-status",
      "message/global-delivery-status",
      "message/feedback-report",
      "message/disposition-notification",
      "message/global-disposition-notification",
      "message/rfc822-headers",
      "message/global-headers",
  };
  return std::find(k_types.begin(), k_types.end(), type) != k_types.end();
}

class Walk {
public:
  explicit Walk(Mail& mail) : m_mail(mail) {}

  void object(GMimeObject* object, int level, int depth) {
    if (object == nullptr || m_mail.parts.size() >= k_most_parts || depth > k_most_levels) {
      return;
    }
    if (gmime().is(object, gmime().g_mime_multipart_get_type)) {
      multipart(as<GMimeMultipart>(object), level, depth);
    } else if (gmime().is(object, gmime().g_mime_message_part_get_type)) {
      message(gmime().g_mime_message_part_get_message(as<GMimeMessagePart>(object)), level, depth);
    } else if (gmime().is(object, gmime().g_mime_part_get_type)) {
      leaf(as<GMimePart>(object), level);
    }
  }

private:
  void multipart(GMimeMultipart* parts, int level, int depth) {
    const int count = gmime().g_mime_multipart_get_count(parts);
    // The boundary that the header names never came: all of it is before the first part.
    if (const auto before = view(gmime().g_mime_multipart_get_prologue(parts)); count == 0) {
      m_mail.parts.push_back(
          {"text/plain", as_text(before.substr(0, k_most_text)), {}, level, false});
    }
    for (int i = 0; i < count; ++i) {
      object(gmime().g_mime_multipart_get_part(parts, i), level, depth + 1);
    }
  }

  void message(GMimeMessage* message, int level, int depth) {
    if (message == nullptr) {
      return;
    }
    m_mail.parts.push_back(
        {"message/rfc822", {}, header_of(as<GMimeObject>(message)), level, false});
    object(gmime().g_mime_message_get_mime_part(message), level + 1, depth + 1);
  }

  void leaf(GMimePart* part, int level) {
    auto type = type_of(as<GMimeObject>(part));
    if (is_read(type)) {
      const bool attached = gmime().g_mime_part_is_attachment(part) != 0;
      auto text = text_of(part);
      if (type.starts_with("text/") && text.size() > k_most_text) {
        text.resize(k_most_text);
      }
      m_mail.parts.push_back({std::move(type), std::move(text), {}, level, attached});
    }
  }

  Mail& m_mail;
};

} // namespace

const MailPart* Mail::find(std::initializer_list<std::string_view> types) const {
  const MailPart* best = nullptr;
  for (const auto& part : parts) {
    if (std::find(types.begin(), types.end(), part.type) != types.end() &&
        (best == nullptr || part.level < best->level)) {
      best = &part;
    }
  }
  return best;
}

Mail read_mail(std::string_view text, bool quoted) {
  Mail mail;
  auto bytes = with_plain_lines(text.substr(0, k_most_mail), quoted);
  bound_groups(bytes);
  const Owned<GMimeStream> stream(
      gmime().g_mime_stream_mem_new_with_buffer(bytes.data(), bytes.size()));
  const Owned<GMimeParser> parser(gmime().g_mime_parser_new_with_stream(stream.get()));
  const Owned<GMimeMessage> message(gmime().g_mime_parser_construct_message(parser.get(), nullptr));
  if (!message) {
    return mail;
  }
  mail.fields = header_of(as<GMimeObject>(message.get()));
  if (auto* const whole = gmime().g_mime_message_get_mime_part(message.get()); whole != nullptr) {
    mail.type = type_of(whole);
    mail.report_type =
        lower(view(gmime().g_mime_object_get_content_type_parameter(whole, "report-type")));
    Walk(mail).object(whole, 0, 0);
  }
  return mail;
}

MailFields read_header(std::string_view text) {
  if (!begins_with_field(text)) { // most inputs that are asked about are no mail
    return {};
  }
  const auto plain = with_plain_lines(text, false);
  std::string_view rest = plain;
  return take_fields(rest);
}

} // namespace mailfunnel
