#include "adapter/decode_sink.hpp"
#include "adapter/framing.hpp"
#include "base/json.hpp"
#include "readers.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mailfunnel;

namespace {

std::string decode(std::string text) {
  text.reserve(text.size() + k_padding);
  const auto reader = mailchimp::open_api_details(text);
  if (!reader) {
    return "not ours";
  }
  std::string out;
  DecodeSink sink("mailchimp", "x", [&out](std::string_view line) { out += line; });
  sink.begin_chunk(text);
  read_text(*reader, text, sink);
  sink.end_chunk();
  return out;
}

bool has(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

std::string answer(const std::string& list, const std::string& fields) {
  return "{ \"" + list +
         R"(":[{"campaign_id":"ba5052d3e9","list_id":"aa11","email_address":"ann@example.com",)" +
         fields + R"(}],"campaign_id":"ba5052d3e9","total_items":1})";
}

} // namespace

TEST_CASE("mailchimp: details of a report") {
  struct Row {
    const char* name;
    std::string text;
    const char* part;
  };
  for (
      const auto& row : {
          Row{"an open",
              answer("members",
                     R"("opens_count":1,"opens":[{"timestamp":"2026-03-02T09:14:55+00:00"}])"),
              R"({"kind":"open","address":"ann@example.com","time":"2026-03-02T09:14:55Z","campaign":"ba5052d3e9","native")"},
          Row{"through a proxy",
              answer(
                  "members",
                  R"("opens_count":1,"opens":[{"timestamp":"2026-03-02T09:14:55Z","is_proxy_open":true}])"),
              R"("evidence":["privacy_proxy"])"},
          Row{"opens that are only counted", answer("members", R"("opens_count":1)"),
              R"({"rejected":"a count)"},
          Row{"an unsubscribe",
              answer("unsubscribes", R"("timestamp":"2026-03-02T11:14:55+02:00")"),
              R"({"kind":"unsubscribe","address":"ann@example.com","time":"2026-03-02T09:14:55Z")"},
          Row{"of a list", answer("unsubscribes", R"("timestamp":"2026-03-02T09:14:55Z")"),
              R"("scope":"aa11")"},
          Row{"a complaint", answer("abuse_reports", R"("date":"2026-03-02T09:14:55Z")"),
              R"({"kind":"complaint")"},
          Row{"no time", answer("abuse_reports", R"("date":"soon")"), R"({"rejected":"no time")"},
          Row{"mails that were sent", answer("sent_to", R"("status":"sent")"),
              R"({"rejected":"sent-to does not tell when)"},
          Row{"links",
              R"({"urls_clicked":[{"id":"1","url":"https://www.example.com/","total_clicks":2,"campaign_id":"ba5052d3e9"}]})",
              R"("links":[{"url":"https://www.example.com/"}])"},
          Row{"a list that ends early",
              R"({"unsubscribes":[{"campaign_id":"b","list_id":"a","email_address":)", "rejected"},
          Row{"no object",
              R"({"unsubscribes":[17,{"campaign_id":"b","list_id":"a","email_address":"a"}]})",
              R"({"rejected":"not a JSON object")"},
          Row{"somebody else's members", R"({"members":[{"email_address":"a","list_id":"b"}]})",
              "not ours"},
          Row{"somebody else's unsubscribes", R"({"unsubscribes":[{"email":"a"}]})", "not ours"},
      }) {
    CAPTURE(row.name);
    CHECK(has(decode(row.text), row.part));
  }
}

TEST_CASE("mailchimp: details cut at any byte") {
  const auto whole =
      answer("members", R"("opens_count":1,"opens":[{"timestamp":"2026-03-02T09:14:55Z"}])");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    (void)decode(whole.substr(0, size));
  }
}
