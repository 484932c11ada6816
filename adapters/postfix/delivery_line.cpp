// One line, by log_adhoc() of Postfix:
//   to=<anna@example.com>, orig_to=<info@example.org>, relay=mail.example.com[192.0.2.25]:25,
//   conn_use=2, delay=1.1, delays=0.06/0.01/0.5/0.53, tls=dane, dsn=5.1.1, status=bounced (host
//   mail.example.com[192.0.2.25] said: 550 5.1.1 User unknown (in reply to RCPT TO command))
// Addresses stand in <>, but in old versions; orig_to, conn_use, delays, tls and dsn may be
// missing.

#include "delivery_line.hpp"

#include "adapter/smtp_status.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::postfix {

namespace {

using namespace std::string_view_literals;

constexpr auto k_cut = "the line is cut off: \", status=\" was expected behind \"to=\""sv;

/// "status=sent (text)" from behind the "=".
void read_status(std::string_view rest, DeliveryLine& into) {
  const auto end = std::min(rest.find_first_of(" ,"), rest.size());
  into.status = rest.substr(0, end);
  rest.remove_prefix(end);
  if (rest.starts_with(" ("sv)) {
    rest.remove_prefix(2);
    rest.remove_suffix(rest.ends_with(')') ? 1 : 0); // a line that was cut has none
  } else {
    rest = trim(rest.substr(rest.starts_with(',') ? 1 : 0)); // "expired, returned to sender"
  }
  into.text = rest;
}

std::string_view* place_of(std::string_view key, DeliveryLine& line) {
  return key == "to"sv        ? &line.to
         : key == "orig_to"sv ? &line.orig_to
         : key == "relay"sv   ? &line.relay
         : key == "dsn"sv     ? &line.dsn
                              : nullptr;
}

/// An address of the Internet, unlike "root" and "root@localhost".
bool is_public(std::string_view address) {
  const auto at = address.rfind('@');
  return at != std::string_view::npos && address.find('.', at) != std::string_view::npos;
}

/// Texts that begin by naming a host, whose name must not be judged. What counts stands behind
/// `end`, or is `words`.
struct Lead {
  std::string_view begin, end, words;
};
constexpr std::array k_leads{
    Lead{"host ", " said: ", ""},
    Lead{"host ", " refused to talk to me: ", ""},
    Lead{"connect to ", ": ", ""},
    Lead{"lost connection with ", " while ", "lost connection"},
    Lead{"conversation with ", " timed out", "timed out"},
};

} // namespace

std::string_view read_delivery(std::string_view line, DeliveryLine& into) {
  into = {};
  for (;;) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) {
      return k_cut;
    }
    const auto key = line.substr(0, equals);
    line.remove_prefix(equals + 1);
    if (key == "status"sv) {
      read_status(line, into);
      return {};
    }
    const bool address = line.starts_with('<'); // which may hold what ends another value
    const auto end = line.find(address ? ">, "sv : ", "sv);
    if (end == std::string_view::npos) {
      return k_cut;
    }
    if (auto* const place = place_of(key, into)) {
      *place = line.substr(address ? 1 : 0, end - (address ? 1 : 0));
    }
    line.remove_prefix(end + (address ? 3 : 2));
  }
}

std::string_view recipient_of(const DeliveryLine& line) {
  return is_public(line.orig_to) ? line.orig_to : line.to;
}

std::string_view answer_of(std::string_view text) {
  constexpr auto k_suspended = "delivery temporarily suspended: "sv;
  if (text.starts_with(k_suspended)) {
    text.remove_prefix(k_suspended.size());
  }
  for (const auto& lead : k_leads) {
    if (!text.starts_with(lead.begin)) {
      continue;
    }
    if (const auto end = text.find(lead.end); end != std::string_view::npos) {
      text = lead.words.empty() ? text.substr(end + lead.end.size()) : lead.words;
      break;
    }
  }
  if (const auto reply = text.rfind(" (in reply to "sv); reply != std::string_view::npos) {
    text = text.substr(0, reply);
  }
  return trim(text);
}

Bounce judge(const DeliveryLine& line) {
  const auto verdict = judge_smtp(line.dsn, answer_of(line.text));
  const auto klass = verdict.klass == BounceClass::none ? BounceClass::soft : verdict.klass;
  return {klass, verdict.reason, verdict.status, verdict.code, line.text};
}

} // namespace mailfunnel::postfix
