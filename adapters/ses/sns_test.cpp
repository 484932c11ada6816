#include "adapter/webhook_sender.hpp"
#include "support/adapter_case.hpp"
#include "support/sample_certificate.hpp"

#include "adapter/signature.hpp"

#include <map>

namespace mailfunnel::ses {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_ses("ses", ses::register_adapter);

// By the key of the certificate.
const std::string k_signature_1 =
    "QSlwacBm+G2UxJD7Q3n+pVdpOn+sfxCAaaRGADJ2sLl214vmj2cJdcnKPLQUdVz3yECD+Oa0Daxm073Kq/IQUF4k"
    "SWBrd46vo2XAMYLvvCXoXQfRh6jiNeRPEGuEMp/QnB0Zsu8xQzwngJjekoMLISszMJKuo/KZ/gGdwRb6w2U=";
const std::string k_signature_2 =
    "YYg49pptENRnRQiBlmuxk5va14uiFILtG7a6O60ZkB8IKufb/YtpEbzo8DplRN9z4nAxb2Co69kAzzhEsWEZB9uS"
    "olcmiHpDN40ekQSGW9+93grMCYBmXeDDHOdSjVj2q47TopWzy35EXqH7wAPX41H9zOii6W7dB3f/OlQlGL8=";
const std::string k_signature_of_confirmation =
    "HFn84hEY5d1yZLtq+MqGJqlu8VxV1LkHg33fLWjAf5jqk9pr8IYHxpH5gOLfVd85TK0YYxRBpo0SSzphrRqTQPU8"
    "S122IVHClgxxQgH+Pau3GNQDEeCD/t7hhxVoOMn0Kx/CTgPLzL3BNSyU2KyFffQciHZrZXbrXOCIXMninh0=";

const std::string k_event =
    R"({"eventType":"Click","mail":{"timestamp":"2026-03-02T09:10:00.100Z","messageId":"0100018e-1",)"
    R"("destination":["ann@example.com"]},"click":{"timestamp":"2026-03-02T10:01:02Z",)"
    R"("link":"https://www.example.com/pricing?a=b&é"}})";
const std::string k_topic = "arn:aws:sns:eu-west-1:123456789012:mail";
const std::string k_subscribe =
    "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn="
    "arn:aws:sns:eu-west-1:123456789012:mail&Token=2336412f37";

using Members = std::map<std::string, std::string>;

Members notification() {
  return {
      {"Type", "Notification"},
      {"MessageId", "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324"},
      {"TopicArn", k_topic},
      {"Message", k_event},
      {"Timestamp", "2026-03-02T10:01:03.000Z"},
      {"SignatureVersion", "1"},
      {"Signature", k_signature_1},
      {"SigningCertURL", "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-a.pem"}};
}

Members confirmation() {
  auto members = notification();
  members["Type"] = "SubscriptionConfirmation";
  members["MessageId"] = "165545c9-2a5c-472c-8df2-7ff2be2b3b1b";
  members["Message"] = "You have chosen to subscribe to the topic.";
  members["Timestamp"] = "2026-03-02T09:00:00.000Z";
  members["Token"] = "2336412f37";
  members["SubscribeURL"] = k_subscribe;
  members["Signature"] = k_signature_of_confirmation;
  return members;
}

Members with(Members members, const std::string& name, const std::string& value) {
  members[name] = value;
  return members;
}

HttpRequest request_of(const Members& members) {
  HttpRequest request;
  for (const auto& [name, value] : members) {
    request.body += request.body.empty() ? '{' : ',';
    append_json_string(request.body, name);
    request.body += ':';
    append_json_string(request.body, value);
  }
  request.body += '}';
  request.body.reserve(request.body.size() + k_padding);
  return request;
}

HttpRequest bare() {
  HttpRequest request;
  request.url = "/hooks/mail?key=open-sesame";
  request.body = k_event;
  return request;
}

const Secrets k_secrets{{"certificate", k_sample_certificate}, {"webhook_topic", k_topic}};

Secrets secrets_with(const std::string& name, const std::string& value) {
  auto secrets = k_secrets;
  secrets[name] = value;
  return secrets;
}

/// "certificate" and "confirmation" that are to be fetched, or why nothing is.
std::string needs(const Members& members, const Secrets& secrets = k_secrets) {
  const auto result = k_ses.adapter().webhook_needs(request_of(members), secrets);
  return result ? result->certificate + " " + result->confirmation : result.error().message;
}

} // namespace

TEST_CASE("sns: signatures of both versions") {
  const auto one = k_ses.webhook(request_of(notification()), k_secrets);
  REQUIRE(one.size() == 1);
  check_has(one.front(), R"({"kind":"click","address":"ann@example.com")");
  auto second = with(notification(), "Subject", "Amazon SES Email Event Notification");
  second["SignatureVersion"] = "2";
  second["Signature"] = k_signature_2;
  CHECK(k_ses.webhook(request_of(second), k_secrets).size() == 1);
  CHECK(k_ses.webhook(request_of(confirmation()), k_secrets).empty()); // nothing happened
}

TEST_CASE("sns: what is refused") {
  struct Row {
    const char* name;
    Members members;
    const char* why;
  };
  for (const auto& row : {
           Row{"changed", with(notification(), "Message", "{}"), "the signature is wrong"},
           Row{"a subject put in", with(notification(), "Subject", "x"), "the signature is wrong"},
           Row{"no signature", with(notification(), "Signature", ""), "the signature is wrong"},
           Row{"the wrong hash", with(notification(), "SignatureVersion", "2"),
               "the signature is wrong"},
           Row{"a version that is new", with(notification(), "SignatureVersion", "3"),
               R"("SignatureVersion" is "3")"},
           Row{"a type that is new", with(notification(), "Type", "Levitation"), R"("Type" is)"},
           Row{"passed off as a notification", with(confirmation(), "Type", "Notification"),
               "the signature is wrong"},
           Row{"a member within another", with(notification(), "Timestamp", "1\nTopicArn\nx"),
               "a line end in \"Timestamp\""},
       }) {
    CAPTURE(row.name);
    check_has(k_ses.refusal(request_of(row.members), k_secrets), row.why);
  }
  auto no_token = confirmation();
  no_token.erase("Token");
  check_has(k_ses.refusal(request_of(no_token), k_secrets), "no \"Token\"");
  check_has(k_ses.refusal(request_of(notification()), {{"webhook_topic", k_topic}}),
            "no \"certificate\"");
  check_has(k_ses.refusal(request_of(notification()), secrets_with("certificate", "garbage")),
            "the certificate can't be read");
  auto two = request_of(notification());
  two.body += k_event; // a second, unsigned document behind the first
  check_has(k_ses.refusal(two, k_secrets), "no secret is set");
}

TEST_CASE("sns: headers say what the body says") {
  auto request = request_of(notification());
  request.headers = {{"X-Amz-Sns-Message-Type", "Notification"},
                     {"X-Amz-Sns-Message-Id", "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324"}};
  CHECK(k_ses.webhook(request, k_secrets).size() == 1);
  request.headers[1].second = "another";
  check_has(k_ses.refusal(request, k_secrets), "x-amz-sns-message-id");
  request.headers = {{"x-amz-sns-message-type", "SubscriptionConfirmation"}};
  check_has(k_ses.refusal(request, k_secrets), "x-amz-sns-message-type");
}

TEST_CASE("sns: without a topic nobody knows whose it is, unless it brings a secret") {
  const Secrets none{{"certificate", k_sample_certificate}};
  check_has(k_ses.refusal(request_of(notification()), none), "no \"webhook_topic\" is set");
  check_has(needs(confirmation(), none), "no \"webhook_topic\" is set"); // nothing is fetched
  const auto& sender = webhook_sender(k_ses.adapter());
  check_has(sender.webhook_gap({}), "no \"webhook_topic\" is set");
  CHECK(sender.webhook_gap({{"webhook_topic", k_topic}}).empty());
  auto secrets = none;
  secrets["url_secret"] = "open-sesame";
  CHECK(sender.webhook_gap(secrets).empty());
  auto request = request_of(notification());
  check_has(k_ses.refusal(request, secrets), "does not bring the secret");
  request.url = "/hooks/mail/open-sesame";
  CHECK(k_ses.webhook(request, secrets).size() == 1);
}

TEST_CASE("sns: one topic only, where it is set") {
  CHECK(k_ses.webhook(request_of(notification()), secrets_with("webhook_topic", k_topic)).size() ==
        1);
  const auto other = secrets_with("webhook_topic", k_topic + "s");
  check_has(k_ses.refusal(request_of(notification()), other), "another than webhook_topic");
  check_has(needs(confirmation(), other), "another than webhook_topic");
}

TEST_CASE("sns: a secret that is set is asked for too") {
  const auto secrets = secrets_with("webhook_key", "open-sesame");
  auto request = request_of(notification());
  check_has(k_ses.refusal(request, secrets), "does not bring the secret");
  request.url = "/hooks/mail?key=open-sesame";
  CHECK(k_ses.webhook(request, secrets).size() == 1);
  request = request_of(with(notification(), "Message", "{}")); // it is no stand-in for a signature
  request.url = "/hooks/mail?key=open-sesame";
  check_has(k_ses.refusal(request, secrets), "the signature is wrong");
}

TEST_CASE("sns: a bare event is taken by its secret alone") {
  for (const std::string name :
       {"webhook_key", "webhook_secret", "url_secret", "ses_webhook_key"}) {
    CAPTURE(name);
    CHECK(k_ses.webhook(bare(), {{name, "open-sesame"}}).size() == 1);
    check_has(k_ses.refusal(bare(), {{name, "open-bar"}}), "does not bring the secret");
  }
  check_has(k_ses.refusal(bare(), k_secrets), "no secret is set");
  auto greeting = bare();
  greeting.body = "Successfully validated SNS topic for Amazon SES event publishing.";
  CHECK(k_ses.webhook(greeting, {{"webhook_key", "open-sesame"}}).empty());
}

TEST_CASE("sns: what is fetched") {
  const auto certificate = notification().at("SigningCertURL");
  CHECK(needs(notification()) == certificate + " ");
  CHECK(needs(confirmation()) == certificate + " " + k_subscribe);
  auto left = confirmation();
  left["Type"] = "UnsubscribeConfirmation"; // its SubscribeURL would undo it
  CHECK(needs(left) == certificate + " ");
  const auto none = k_ses.adapter().webhook_needs(bare(), {});
  REQUIRE(none.has_value());
  CHECK(none->certificate.empty());
  CHECK(none->confirmation.empty());
  CHECK(needs(with(notification(), "SigningCertURL",
                   "https://sns.cn-north-1.amazonaws.com.cn/a.pem")) ==
        "https://sns.cn-north-1.amazonaws.com.cn/a.pem ");
}

TEST_CASE("sns: what is never fetched") {
  for (const std::string url : {
           "http://sns.eu-west-1.amazonaws.com/a.pem",
           "https://sns.eu-west-1.amazonaws.com.example.com/a.pem",
           "https://example.com/sns.eu-west-1.amazonaws.com/a.pem",
           "https://sns.eu-west-1.amazonaws.com@example.com/a.pem",
           "https://x@sns.eu-west-1.amazonaws.com/a.pem",
           "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
           "https://sns.eu-west-1.amazonaws.com\\@example.com/a.pem",
           "https://sns.eu.west.amazonaws.com/a.pem",
           "https://sns.EU-WEST-1.amazonaws.com/a.pem",
           "https://sns.eu.amazonaws.com/a.pem",
           "https://mysns.eu-west-1.amazonaws.com/a.pem",
           "https://bucket.s3.amazonaws.com/a.pem",
           "https://sns.eu-west-1.amazonaws.com/a.crt",
           "https://sns.eu-west-1.amazonaws.com/?a.pem",
           "https://sns.eu-west-1.amazonaws.com?a.pem",
           "https://sns.eu-west-1.amazonaws.com/#.pem",
           "https://sns.eu-west-1.amazonaws.com",
           "//sns.eu-west-1.amazonaws.com/a.pem",
           "file:///etc/a.pem",
           "",
       }) {
    CAPTURE(url);
    check_has(needs(with(notification(), "SigningCertURL", url)), "it is not fetched");
  }
  check_has(needs(with(confirmation(), "SubscribeURL", "https://example.com/?Token=1")),
            "\"SubscribeURL\" is \"https://example.com/?Token=1\"");
}

TEST_CASE("sns: another origin in place of AWS") {
  const auto secrets = secrets_with("webhook_host", "http://127.0.0.1:9123");
  const auto here = with(notification(), "SigningCertURL", "http://127.0.0.1:9123/a.pem");
  CHECK(needs(here, secrets) == "http://127.0.0.1:9123/a.pem ");
  check_has(needs(here), "it is not fetched");
  check_has(needs(notification(), secrets), "it is not fetched");
  for (const std::string url :
       {"http://127.0.0.1:91234/a.pem", "http://127.0.0.1:9123@x/a.pem", "http://127.0.0.1:9123"}) {
    CAPTURE(url);
    check_has(needs(with(notification(), "SigningCertURL", url), secrets), "it is not fetched");
  }
}
