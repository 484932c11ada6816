#include "adapter/adapter.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "base/json.hpp"
#include "support/adapter_case.hpp"
#include "support/note_sink.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace mailfunnel::kumomta {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

using Lines = std::vector<std::string>;

std::unique_ptr<LogReader> open(std::string text, const LogContext& context = {}) {
  static const AdapterRegistry k_registry = [] {
    AdapterRegistry registry;
    kumomta::register_adapter(registry);
    return registry;
  }();
  text.reserve(text.size() + k_padding);
  return k_registry.find("kumomta")->open_log(text, context);
}

/// A record with these fields, and a recipient and time.
NoteSink read(const std::string& fields, const LogContext& context = {}) {
  auto text = R"({"recipient":"anna@example.com","timestamp":1778481002,"response":{"code":250},)" +
              fields + "}\n";
  text.reserve(text.size() + k_padding);
  const auto reader = open(R"({"type":"Delivery","response":{}})", context);
  REQUIRE(reader);
  NoteSink notes;
  read_text(*reader->clone(), text, notes);
  return notes;
}

std::string bounce_of(const std::string& type, const std::string& klass,
                      const std::string& answer) {
  auto text = R"({"recipient":"anna@example.com","timestamp":1778481002,"type":")" + type +
              R"(","bounce_classification":")" + klass + R"(","response":)" + answer + "}\n";
  text.reserve(text.size() + k_padding);
  NoteSink notes;
  read_text(*open(R"({"type":"Delivery","response":{}})"), text, notes);
  return notes.lines.front().substr(0, notes.lines.front().find(' ')) + " " + notes.bounces.front();
}

} // namespace

TEST_CASE("kumomta: what is ours") {
  struct Row {
    const char* text;
    bool ours;
  };
  for (const auto& row : {
           Row{R"({"type":"Reception","response":{"code":250}})", true},
           Row{"{oops\n{\"type\":\"Bounce\",\"response\":{}}", true},
           Row{R"({"type":"Feedback","feedback_report":{}})", true},
           Row{R"({"type":"Bounce","email":"anna@example.com"})", false},
           Row{R"({"type":"bounce","response":{}})", false},
           Row{R"({"response":{}})", false},
           Row{"[]", false},
           Row{"", false},
       }) {
    CAPTURE(row.text);
    CHECK((open(row.text) != nullptr) == row.ours);
  }
}

TEST_CASE("kumomta: the mailing") {
  struct Row {
    const char* fields;
    const char* campaign;
  };
  for (const auto& row : {
           Row{R"("queue":"c12:news@example.com")", "c12"},
           Row{R"("queue":"news@example.com")", "given"},
           Row{R"("queue":"example.com:25")", "example.com"},
           Row{R"("queue":"c12:news@example.com","headers":{"x-job":"c13"})", "c13"},
           Row{R"("queue":"c12:x@example.com","headers":{"X-Job":"c13"},"meta":{"campaign":"c14"})",
               "c14"},
           Row{R"("queue":7,"headers":[],"meta":"x")", "given"},
       }) {
    CAPTURE(row.fields);
    const auto notes =
        read(std::string(R"("type":"Delivery",)") + row.fields, {.campaign = "given"});
    CHECK(notes.events() == Lines{"delivered anna@example.com"});
    CHECK(notes.campaigns == Lines{row.campaign});
  }
}

TEST_CASE("kumomta: failures are judged by the classification, then by the answer") {
  struct Row {
    const char* type;
    const char* klass;
    const char* answer;
    const char* bounce;
  };
  for (const auto& row : {
           Row{"Bounce", "InvalidRecipient", R"({"code":550,"content":"no"})",
               "bounce hard user_unknown"},
           Row{"Bounce", "AuthenticationFailed",
               R"({"code":550,"content":"blocked using spamhaus"})", "bounce block blocked_ip"},
           Row{"Bounce", "HouseRule",
               R"({"code":550,"enhanced_code":{"class":5,"subject":2,"detail":1},"content":"x"})",
               "bounce hard mailbox_disabled"},
           Row{"Bounce", "Uncategorized", R"({"code":550,"content":"user unknown"})",
               "bounce hard user_unknown"},
           Row{"Bounce", "Uncategorized", "{}", "bounce soft other"},
           Row{"TransientFailure", "InvalidRecipient", R"({"code":450,"content":"no"})",
               "deferred soft user_unknown"},
           Row{"Expiration", "BadDomain", R"({"code":551,"content":"too old"})",
               "bounce soft expired"},
           Row{"AdminBounce", "Uncategorized", R"({"code":551,"content":"blocked using spamhaus"})",
               "bounce soft other"},
           Row{"OOB", "Uncategorized", R"({"code":450,"content":"mailbox full"})",
               "bounce soft mailbox_full"},
       }) {
    CAPTURE(row.type);
    CAPTURE(row.answer);
    CHECK(bounce_of(row.type, row.klass, row.answer) == row.bounce);
  }
}

TEST_CASE("kumomta: what a log hook sends is no mail") {
  CHECK(read(R"("type":"Delivery","reception_protocol":"LogRecord")").events().empty());
  CHECK(read(R"("type":"Delivery","reception_protocol":"HTTP")").events().size() == 1);
}

TEST_CASE("kumomta: the sender is handed on") {
  CHECK(read(R"("type":"Reception","sender":"bounce+77@news.example.com")").senders ==
        Lines{"bounce+77@news.example.com"});
}

TEST_CASE("kumomta: what a log hook posts") {
  const AdapterCase kumo("kumomta", kumomta::register_adapter);
  const std::string record =
      R"({"type":"Delivery","recipient":"anna@example.com","timestamp":1778481002,"response":{"code":250}})";
  const Secrets secrets{{"webhook_key", "open-sesame"}};
  HttpRequest request;
  request.headers = {{"Authorization", "Bearer open-sesame"}};
  for (const auto& body : {record, "[" + record + "]", record + "\n"}) {
    request.body = body;
    CHECK(kumo.webhook(request, secrets).size() == 1);
  }
  request.body = record + "\n" + record;
  CHECK(kumo.webhook(request, secrets).size() == 2);
  request.headers.clear();
  check_has(kumo.refusal(request, secrets), "does not bring the secret");
}
