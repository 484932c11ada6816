#include "adapter/decode_sink.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "base/json.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace mailfunnel::ses {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const std::filesystem::path k_testdata = MF_SOURCE_DIR "/adapters/ses/testdata";

const Adapter& adapter() {
  static const AdapterRegistry k_registry = [] {
    AdapterRegistry registry;
    ses::register_adapter(registry);
    return registry;
  }();
  return *k_registry.find("ses");
}

std::string padded(std::string text) {
  text.reserve(text.size() + k_padding);
  return text;
}

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return padded(out.str());
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

/// The lines that `decode` prints; "not ours" when the adapter does not take it.
std::string decode(const std::string& input, const std::string& file = "x") {
  const auto text = padded(input);
  const auto reader = adapter().open_log(text, {});
  if (!reader) {
    return "not ours";
  }
  std::string out;
  DecodeSink sink("ses", file, [&out](std::string_view line) { out += line; });
  sink.begin_chunk(text);
  read_text(*reader, text, sink);
  sink.end_chunk();
  return out;
}

bool has(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

/// An event with this detail object, to ann and bo.
std::string event(const std::string& type, const std::string& detail) {
  return R"({"eventType":")" + type +
         R"(","mail":{"timestamp":"2026-03-02T09:10:00.100Z","messageId":"0100018e-1","destination":["ann@example.com",)"
         R"("bo@example.com"]},)" +
         detail + "}";
}
std::string bounce(const std::string& type, const std::string& subtype,
                   const std::string& diagnostic = "") {
  return event("Bounce",
               R"("bounce":{"bounceType":")" + type + R"(","bounceSubType":")" + subtype +
                   R"(","bouncedRecipients":[{"emailAddress":"cy@example.com","diagnosticCode":")" +
                   diagnostic + R"("}],"timestamp":"2026-03-02T09:10:05Z"})");
}
std::string subscription(const std::string& now, const std::string& before) {
  return event("Subscription",
               R"("subscription":{"timestamp":"2026-03-02T09:10:05Z","newTopicPreferences":)" +
                   now + R"(,"oldTopicPreferences":)" + before + "}");
}
std::string topics(const std::string& status) {
  return R"({"unsubscribeAll":false,"topicSubscriptionStatus":[{"topicName":"news","subscriptionStatus":")" +
         status + R"("}]})";
}

} // namespace

TEST_CASE("ses: testdata is read as expected") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(k_testdata)) {
    auto expected = entry.path();
    expected.replace_extension(".expected.jsonl");
    if (!std::filesystem::exists(expected) || entry.path() == expected) {
      continue;
    }
    CAPTURE(entry.path().filename().string());
    ++files;
    const auto got = lines_of(decode(read_file(entry.path()), entry.path().filename().string()));
    const auto want = lines_of(read_file(expected));
    CHECK(got.size() == want.size());
    for (std::size_t i = 0; i < std::min(got.size(), want.size()); ++i) {
      CHECK(got[i] == want[i]);
    }
  }
  CHECK(files >= 2);
}

TEST_CASE("ses: what is ours") {
  const auto send = event("Send", R"("send":{})");
  struct Row {
    const char* name;
    std::string text;
    bool ours;
  };
  for (
      const auto& row : {
          Row{"an event", send, true},
          Row{"a list of events", "[" + send + "," + send + "]", true},
          Row{"a broken first line", "{oops\n" + send + "\n", true},
          Row{"a greeting of SNS",
              R"({"Type":"SubscriptionConfirmation","MessageId":"1","TopicArn":"a","Message":"m"})",
              true},
          Row{"SNS, but of somebody else",
              R"({"Type":"Notification","MessageId":"1","TopicArn":"a","Message":"{\"a\":1}"})",
              false},
          Row{"an event of somebody else", R"({"eventType":"Send","message":{}})", false},
          Row{"nothing", "", false},
          Row{"an empty list", "[]", false},
          Row{"CSV", "a,b\n1,2\n", false},
          Row{"a mail with an event in it", "From: no-reply@sns.amazonaws.com\n\n" + send + "\n",
              false},
      }) {
    CAPTURE(row.name);
    CHECK((adapter().open_log(row.text, {}) != nullptr) == row.ours);
  }
}

TEST_CASE("ses: one record, what comes of it") {
  struct Row {
    const char* name;
    std::string record;
    const char* part;
  };
  for (
      const auto& row : {
          Row{"no mailbox", bounce("Permanent", "NoEmail"),
              R"("bounce":{"class":"hard","reason":"user_unknown")"},
          Row{"the answer tells the reason",
              bounce("Permanent", "General", "smtp; 550 5.1.1 user unknown"),
              R"("bounce":{"class":"hard","status":"5.1.1","code":550,"reason":"user_unknown")"},
          Row{"suppressed is no fresh bounce", bounce("Permanent", "OnAccountSuppressionList"),
              R"({"kind":"dropped","address":"cy@example.com")"},
          Row{"content", bounce("Transient", "ContentRejected"),
              R"("class":"block","reason":"content")"},
          Row{"undetermined is soft", bounce("Undetermined", "Undetermined"), R"("class":"soft")"},
          Row{"a type that is new is soft", bounce("Quantum", "Entangled"), R"("class":"soft")"},
          Row{"each recipient of an open",
              event("Open", R"("open":{"timestamp":"2026-03-02T10:00:00Z"})"), "bo@example.com"},
          Row{"not spam", event("Complaint", R"("complaint":{"complaintFeedbackType":"not-spam"})"),
              R"({"kind":"unknown","address":"ann@example.com")"},
          Row{"a complaint of old",
              event("Complaint", R"("complaint":{"complaintSubType":"OnAccountSuppressionList"})"),
              R"({"kind":"dropped")"},
          Row{"a reader's agent only", event("Complaint", R"("complaint":{"userAgent":"FBL/1.0"})"),
              R"("message_id":"0100018e-1","native":"Complaint")"},
          Row{"everything left",
              subscription(R"({"unsubscribeAll":true})", R"({"unsubscribeAll":false})"),
              R"({"kind":"unsubscribe","address":"ann@example.com","time":"2026-03-02T09:10:05Z","message_id")"},
          Row{"a topic left", subscription(topics("OptOut"), topics("OptIn")), R"("scope":"news")"},
          Row{"a topic joined", subscription(topics("OptIn"), topics("OptOut")),
              R"("kind":"resubscribe")"},
          Row{"nothing changed", subscription(topics("OptIn"), topics("OptIn")),
              R"("kind":"unknown")"},
          Row{"a type that is new", event("Levitation", R"("x":{})"), R"("kind":"unknown")"},
          Row{"no mail", R"({"eventType":"Send"})", R"({"rejected":"no mail")"},
          Row{"no recipient",
              R"({"eventType":"Send","mail":{"timestamp":"2026-03-02T09:10:00Z","destination":[]}})",
              R"({"rejected":"no recipient")"},
          Row{"no time", R"({"eventType":"Send","mail":{"destination":["ann@example.com"]}})",
              R"({"rejected":"no timestamp")"},
          Row{"members of the wrong type", R"({"eventType":"Bounce","mail":[1],"bounce":7})",
              "rejected"},
          Row{"no object", "17", R"({"rejected":"not a JSON object")"},
          Row{"EventBridge",
              R"({"source":"aws.ses","id":"e-1","detail":)" + event("Send", R"("send":{})") + "}",
              R"("event_id":"e-1")"},
          Row{"SNS",
              R"({"Type":"Notification","MessageId":"m-1","Message":"{\"eventType\":\"Send\",\"mail\":{\"destination\":[\"di@)"
              R"(example.com\"]}}","Timestamp":"2026-03-02T09:10:07.5Z"})",
              R"("address":"di@example.com","time":"2026-03-02T09:10:07.5Z","event_id":"m-1")"},
          Row{"SNS with a broken event",
              R"({"Type":"Notification","MessageId":"m-1","Message":"{oops"})", "broken JSON"},
      }) {
    CAPTURE(row.name);
    const auto good = event("Send", R"("send":{})");
    CHECK(has(decode("[" + good + ",\n" + row.record + "]"), row.part));
    CHECK(has(decode(good + "\n" + row.record + "\n"), row.part));
  }
}

TEST_CASE("ses: inbound mail and greetings are skipped") {
  const auto out = decode(
      R"({"Type":"Notification","MessageId":"1","Message":"{\"notificationType\":\"Received\"}"})"
      "\n"
      R"({"Type":"SubscriptionConfirmation","MessageId":"1","TopicArn":"a","Message":"m"})"
      "\n"
      R"({"Type":"Notification","MessageId":"1","Message":"Successfully validated SNS topic for Amazon SES"})");
  CHECK(out.empty());
}

TEST_CASE("ses: cut at any byte, nested to any depth") {
  const auto whole = read_file(k_testdata / "sns.json");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    (void)decode(whole.substr(0, size));
  }
  const auto send = event("Send", R"("send":{})");
  CHECK(has(decode(send + "\n{\"a\":" + std::string(100'000, '[') + "\n"), "rejected"));
}
