// The envelope of SNS:
//   {"Type":"Notification","MessageId":"22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
//    "TopicArn":"arn:aws:sns:eu-west-1:123456789012:mail","Message":"{\"eventType\":\"Click\",…}",
//    "Timestamp":"2026-03-02T10:01:02.003Z","SignatureVersion":"1","Signature":"EXAMPLEpH+DcEw…",
//    "SigningCertURL":"https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-….pem",
//    "UnsubscribeURL":"https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&…"}
// Signed is "Message\n<its value>\nMessageId\n<its value>\n…", over some members in a fixed order.
// https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html

#include "sns.hpp"

#include "adapter/json_value.hpp"
#include "adapter/shared_secret.hpp"
#include "adapter/webhook.hpp"
#include "adapter/word_table.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace mailfunnel::ses {

namespace {

using namespace std::string_view_literals;

constexpr auto k_id = "ses"sv;

Error refused(std::string message) {
  return Error{ErrorCode::unauthorized, std::move(message)};
}

// ---- the envelope

struct Member {
  std::string_view name;
  bool needed = true;
};
constexpr std::array k_notification{Member{"Message"},        Member{"MessageId"},
                                    Member{"Subject", false}, Member{"Timestamp"},
                                    Member{"TopicArn"},       Member{"Type"}};
constexpr std::array k_confirmation{
    Member{"Message"}, Member{"MessageId"}, Member{"SubscribeURL"}, Member{"Timestamp"},
    Member{"Token"},   Member{"TopicArn"},  Member{"Type"}};

struct TypeRow {
  std::string_view word;
  std::span<const Member> covered; // by the signature, in this order
};
constexpr std::array k_types{TypeRow{"Notification", k_notification},
                             TypeRow{"SubscriptionConfirmation", k_confirmation},
                             TypeRow{"UnsubscribeConfirmation", k_confirmation}};

struct VersionRow {
  std::string_view word;
  Digest digest;
};
constexpr std::array k_versions{VersionRow{"1", Digest::sha1}, VersionRow{"2", Digest::sha256}};

class Envelope {
public:
  explicit Envelope(const std::string& body) : m_root(m_parser.parse(body)) {}
  Envelope(const Envelope&) = delete;
  Envelope& operator=(const Envelope&) = delete;
  /// An event of SES, which comes alone, has no "Type".
  bool is_one() const { return is_there(m_root["Type"]); }
  bool has(std::string_view name) const { return m_root[name].is_string(); }
  std::string_view operator[](std::string_view name) const { return text_of(m_root[name]); }

private:
  simdjson::dom::parser m_parser;
  Json m_root;
};

/// Only a message may hold line ends: in another member they could pass for the member after it.
Result<std::string> signed_text(const Envelope& envelope) {
  const auto* const type = find_word(k_types, envelope["Type"]);
  if (type == nullptr) {
    return refused("\"Type\" is \"" + printable(envelope["Type"], 40) +
                   "\", no type of message that SNS signs");
  }
  std::string text;
  for (const auto& [name, needed] : type->covered) {
    if (!envelope.has(name)) {
      if (needed) {
        return refused("the signature can't be checked: no \"" + std::string(name) + "\"");
      }
      continue;
    }
    const auto value = envelope[name];
    if (name != "Message"sv && value.find('\n') != std::string_view::npos) {
      return refused("there is a line end in \"" + std::string(name) + "\"");
    }
    text.append(name).append("\n").append(value).append("\n");
  }
  return text;
}

Result<void> check_signature_of(const Envelope& envelope, const Secrets& secrets) {
  const auto* const version = find_word(k_versions, envelope["SignatureVersion"]);
  if (version == nullptr) {
    return refused("\"SignatureVersion\" is \"" + printable(envelope["SignatureVersion"], 40) +
                   "\", neither 1 nor 2");
  }
  const auto certificate = find_secret(secrets, k_id, "certificate");
  if (certificate.empty()) {
    return refused("no \"certificate\" was given (it stands at SigningCertURL), so the signature "
                   "can't be checked");
  }
  const auto key = public_key_of(certificate);
  if (!key) {
    return refused("the certificate can't be read, so the signature can't be checked");
  }
  MF_TRY(text, signed_text(envelope));
  return check_public_key_signature(version->digest, *key, base64_decode(envelope["Signature"]),
                                    text);
}

// ---- what is told twice

struct HeaderRow {
  std::string_view header, member;
};
constexpr std::array k_headers{HeaderRow{"x-amz-sns-message-type", "Type"},
                               HeaderRow{"x-amz-sns-message-id", "MessageId"}};

Result<void> check_headers(const HttpRequest& request, const Envelope& envelope) {
  for (const auto& [header, member] : k_headers) {
    const auto value = request.header(header);
    if (!value.empty() && value != envelope[member]) {
      return refused("the header " + std::string(header) + " is another than \"" +
                     std::string(member) + "\" in the body");
    }
  }
  return {};
}

/// Whoever has an account at AWS can have SNS sign messages: the topic tells whose they are.
Result<void> check_topic(const Envelope& envelope, const Secrets& secrets) {
  const auto topic = find_secret(secrets, k_id, "webhook_topic");
  if (topic.empty()) {
    const auto gap = gap_of_sns(secrets);
    return gap.empty() ? Result<void>{} : Result<void>(refused(gap));
  }
  if (envelope["TopicArn"] != topic) {
    return refused("the topic \"" + printable(envelope["TopicArn"], 256) +
                   "\" is another than webhook_topic");
  }
  return {};
}

// ---- what may be fetched

/// sns.<region>.amazonaws.com, or .cn
bool is_host_of_sns(std::string_view host) {
  constexpr auto k_first = "sns."sv, k_china = ".cn"sv, k_last = ".amazonaws.com"sv;
  constexpr std::size_t k_least = 3;
  if (host.ends_with(k_china)) {
    host.remove_suffix(k_china.size());
  }
  if (!host.starts_with(k_first) || !host.ends_with(k_last) ||
      host.size() < k_first.size() + k_least + k_last.size()) {
    return false;
  }
  const auto region = host.substr(k_first.size(), host.size() - k_first.size() - k_last.size());
  return std::all_of(region.begin(), region.end(),
                     [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-'; });
}

/// Path and query, where it is an URL of SNS or of `origin`; else "". No user, no fragment, nothing
/// that two readers of URLs could take for different things.
std::string_view target_at_sns(std::string_view url, std::string_view origin) {
  constexpr auto k_scheme = "https://"sv;
  const bool plain = std::all_of(url.begin(), url.end(), [](char c) {
    return is_alnum(c) || "-._~/?&=%+:"sv.find(c) != std::string_view::npos;
  });
  if (!plain) {
    return {};
  }
  if (!origin.empty()) {
    origin = origin.ends_with('/') ? origin.substr(0, origin.size() - 1) : origin;
    const auto rest = url.starts_with(origin) ? url.substr(origin.size()) : ""sv;
    return rest.starts_with('/') ? rest : ""sv;
  }
  if (!url.starts_with(k_scheme)) {
    return {};
  }
  url.remove_prefix(k_scheme.size());
  const auto slash = std::min(url.find('/'), url.size());
  return is_host_of_sns(url.substr(0, slash)) ? url.substr(slash) : ""sv;
}

Error not_fetched(std::string_view name, std::string_view url) {
  return refused("\"" + std::string(name) + "\" is \"" + printable(url, 200) +
                 "\", which is not at SNS: it is not fetched");
}

} // namespace

std::string gap_of_sns(const Secrets& secrets) {
  const bool known =
      !find_secret(secrets, k_id, "webhook_topic").empty() || has_shared_secret(secrets, k_id);
  return known
             ? std::string()
             : "no \"webhook_topic\" is set, the ARN of the SNS topic: whoever has a topic of his "
               "own could send";
}

Result<void> check_sns(const HttpRequest& request, const Secrets& secrets) {
  const Envelope envelope(request.body);
  if (!envelope.is_one()) {
    return check_shared_secrets(request, secrets, k_id);
  }
  MF_CHECK(check_headers(request, envelope));
  MF_CHECK(check_topic(envelope, secrets));
  MF_CHECK(check_signature_of(envelope, secrets));
  return has_shared_secret(secrets, k_id) ? check_shared_secrets(request, secrets, k_id)
                                          : Result<void>{};
}

Result<WebhookNeeds> needs_of_sns(const HttpRequest& request, const Secrets& secrets) {
  const Envelope envelope(request.body);
  WebhookNeeds needs;
  if (!envelope.is_one()) {
    return needs;
  }
  MF_CHECK(check_topic(envelope, secrets));
  const auto origin = find_secret(secrets, k_id, "webhook_host");
  const auto certificate = envelope["SigningCertURL"];
  const auto path = target_at_sns(certificate, origin);
  if (!path.ends_with(".pem") || path.find('?') != std::string_view::npos) {
    return not_fetched("SigningCertURL", certificate);
  }
  needs.certificate = certificate;
  if (envelope["Type"] == "SubscriptionConfirmation"sv) {
    const auto confirmation = envelope["SubscribeURL"];
    if (target_at_sns(confirmation, origin).empty()) {
      return not_fetched("SubscribeURL", confirmation);
    }
    needs.confirmation = confirmation;
  }
  return needs;
}

} // namespace mailfunnel::ses
