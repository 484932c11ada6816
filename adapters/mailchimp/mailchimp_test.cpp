#include "adapter/decode_sink.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "base/json.hpp"
#include "readers.hpp"

#include <doctest/doctest.h>

#include <string>

namespace mailfunnel::mailchimp {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

std::unique_ptr<LogReader> open(std::string_view text, const LogContext& context = {}) {
  AdapterRegistry registry;
  mailchimp::register_adapter(registry);
  return registry.find("mailchimp")->open_log(text, context);
}

std::string decode(std::string text, const LogContext& context = {}) {
  text.reserve(text.size() + k_padding);
  const auto reader = open(text, context);
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

const std::string k_opens = "Timestamp,IP,Email\n2026-03-02 09:14:55,203.0.113.7,ann@example.com\n";
const std::string k_click = "timestamp,email,url\n2026-03-02 "
                            "09:14:55,ann@example.com,https://example.com/?mc_cid=ba5052d3e9\n";
const std::string k_member = "Email Address,LAST_CHANGED,LEID,EUID\nann@example.com,,1,e1\n";

} // namespace

TEST_CASE("mailchimp: the campaign in a file's name") {
  struct Row {
    const char* name;
    const char* campaign;
  };
  for (const auto& row : {
           Row{"ba5052d3e9.csv", "ba5052d3e9"}, Row{"opens_ba5052d3e9_march.csv", "ba5052d3e9"},
           Row{"march sale - BA5052D3E9.csv", "BA5052D3E9"}, Row{"opens.csv", ""},
           Row{"xba5052d3e9.csv", ""}, Row{"ba5052d3e9a.csv", ""}, Row{"ba5052d3e.csv", ""},
           Row{"opens-2026030210.csv", ""}, // more likely a date
       }) {
    CAPTURE(row.name);
    CHECK(mailchimp::campaign_in(row.name) == row.campaign);
  }
}

TEST_CASE("mailchimp: the campaign in a tracked URL") {
  CHECK(mailchimp::campaign_of_url("https://e.com/?mc_cid=ba5052d3e9&x=1") == "ba5052d3e9");
  CHECK(mailchimp::campaign_of_url("https://e.com/?mc_cid=").empty());
  CHECK(mailchimp::campaign_of_url("https://e.com/").empty());
}

TEST_CASE("mailchimp: which campaign activity belongs to") {
  CHECK(has(decode(k_opens, {.campaign = "77"}), R"("campaign":"77")"));
  CHECK(has(decode(k_opens, {.file_name = "ba5052d3e9.csv"}), R"("campaign":"ba5052d3e9")"));
  CHECK(has(decode(k_click), R"("campaign":"ba5052d3e9")"));
  CHECK(open(k_opens)->needs_campaign());
  CHECK_FALSE(open(k_opens, {.campaign = "77"})->needs_campaign());
  CHECK_FALSE(open(k_click)->needs_campaign());
}

TEST_CASE("mailchimp: whose zone times are in") {
  const auto zone = find_zone("Europe/Brussels");
  REQUIRE(zone.has_value());
  const LogContext brussels{.zone = *zone, .zone_given = true};
  CHECK(has(decode(k_opens, brussels), "2026-03-02T08:14:55Z"));
  CHECK(has(decode(k_opens), "2026-03-02T09:14:55Z"));
  CHECK(open(k_opens)->assumes_utc());
  CHECK_FALSE(open(k_opens, brussels)->assumes_utc());
  CHECK_FALSE(open(k_member)->assumes_utc());
  CHECK(open("Email Campaign Report\n")->assumes_utc());
}

TEST_CASE("mailchimp: a file of members tells their subscription") {
  struct Row {
    const char* file;
    const char* expected;
  };
  for (const auto& row : {
           Row{"subscribed_members_export_1.csv", R"("subscription":"subscribed"})"},
           Row{"cleaned_members_export_1.csv", R"("subscription":"cleaned")"},
           Row{"unsubscribed_Klanten_export_1.csv",
               R"("list":"Klanten","subscription":"unsubscribed")"},
           Row{"export.csv", R"("subscription":"subscribed"})"},
       }) {
    CAPTURE(row.file);
    CHECK(has(decode(k_member, {.file_name = row.file}), row.expected));
  }
}

TEST_CASE("mailchimp: times that reports write") {
  for (const std::string time :
       {"Mon, Apr 26, 2021 12:25", "4/26/21 12:25", "Apr 26, 2021 12:25 pm"}) {
    CAPTURE(time);
    CHECK(has(decode("Email Campaign Report\n\"Delivery Date/Time:\",\"" + time + "\"\n",
                     {.campaign = "77"}),
              R"("sent_at":"2021-04-26T12:25:00Z")"));
  }
  CHECK(has(decode("Email Campaign Report\n\"Delivery Date/Time:\",\"soon\"\n", {.campaign = "77"}),
            "rejected"));
  CHECK(has(decode("Email Campaign Report\n\"Title:\",\"x\"\n"), "name the campaign"));
}

TEST_CASE("mailchimp: a list of mails that ends early is rejected after what was read") {
  const auto out =
      decode(R"({"emails":[{"email_address":"ann@example.com","activity":[{"action":"open",)"
             R"("timestamp":"2026-03-02T09:14:50+00:00"}]},{"email_address":)");
  CHECK(has(out, "rejected"));
}

TEST_CASE("mailchimp: other people's files are left alone") {
  for (const std::string text :
       {"", "{\"emails\":1}", "Email,Timestamp\n", "Timestamp,Email,Campaign\n",
        "Email Address,First Name\n", "Title,Subject\n", "<a/>", "email\n"}) {
    CAPTURE(text);
    CHECK(open(text) == nullptr);
  }
}
