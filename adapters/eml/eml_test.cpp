#include "support/adapter_case.hpp"

namespace mailfunnel::eml {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_case("eml", eml::register_adapter);

std::string mail(const std::string& fields, const std::string& body = "<p>hi</p>") {
  return "From: Shop <info@example.com>\nSubject: New\nDate: Mon, 11 May 2026 08:00:08 +0200\n" +
         fields + "Content-Type: text/html\n\n" + body;
}

} // namespace

TEST_CASE("eml: what is ours: mass mail, or a mail whose campaign the user names") {
  CHECK(k_case.takes(mail("List-Unsubscribe: <https://m.example.com/u>\n")));
  CHECK(k_case.takes(mail("X-Campaign: c12\n")));
  CHECK(k_case.takes(mail(""), {.campaign = "c12"}));
  CHECK_FALSE(k_case.takes(mail("")));
  CHECK_FALSE(k_case.takes("X-Campaign: c12\nA: b\n\nhi"));
  CHECK_FALSE(k_case.takes("From: a@x.be\nSubject: s\n\nhi", {.campaign = "c12"})); // no MIME
}

TEST_CASE("eml: what tells of other mails is not ours, nor is an mbox") {
  const std::string mass = "List-Unsubscribe: <https://m.example.com/u>\n";
  for (const char* const field : {"Return-Path: <>\n", "Auto-Submitted: auto-replied\n",
                                  "X-Failed-Recipients: a@x.be\n", "X-Autoreply: yes\n"}) {
    CAPTURE(field);
    CHECK_FALSE(k_case.takes(mail(field + mass)));
    CHECK_FALSE(k_case.takes(mail(field), {.campaign = "c12"}));
  }
  CHECK_FALSE(k_case.takes(mail("", "this is the qmail-send program at x"), {.campaign = "c12"}));
  CHECK_FALSE(k_case.takes("From a@x.be Mon May 11 08:30:03 2026\n" + mail(mass)));
}

TEST_CASE("eml: the subject of mass mail makes no report of it") {
  for (const char* const subject :
       {"Vacation deals", "Out of office? Read this", "Undelivered joy"}) {
    CAPTURE(subject);
    const std::string fields = "From: a@x.be\nSubject: " + std::string(subject) + "\n";
    CHECK(k_case.takes(fields + "List-Unsubscribe: <https://m.example.com/u>\n\nhi"));
    CHECK_FALSE(k_case.takes(fields + "Content-Type: text/plain\n\nhi", {.campaign = "c12"}));
  }
}

TEST_CASE("eml: whose id it is") {
  struct Row {
    const char* name;
    const char* fields;
    const char* campaign;
    const char* id;
    bool asks;
  };
  for (const auto& row : {
           Row{"the user's", "X-Campaign: c12\n", "u1", "u1", false},
           Row{"the header's", "X-Campaign: c12\nMessage-ID: <m@x>\n", "", "c12", false},
           Row{"Message-ID", "List-Unsubscribe: <x>\nMessage-ID: <m@x>\n", "", "m@x", true},
       }) {
    CAPTURE(row.name);
    const LogContext context{.campaign = row.campaign};
    CHECK(k_case.adapter().open_log(mail(row.fields), context)->needs_campaign() == row.asks);
    check_has(k_case.line(mail(row.fields), context),
              R"({"campaign":{"id":")" + std::string(row.id) + '"');
  }
  check_has(k_case.line(mail("List-Unsubscribe: <x>\n")), "name the campaign");
}

TEST_CASE("eml: who it is from") {
  struct Row {
    const char* from;
    const char* part;
  };
  for (const auto& row : {
           Row{"\"Shop, Ghent\" <info@example.com>",
               R"("from_name":"Shop, Ghent","from_address":"info@example.com")"},
           Row{"info@example.com", R"("subject":"s","from_address":"info@example.com")"},
           Row{"=?utf-8?q?Caf=C3=A9?= <info@example.com>", R"("from_name":"Café")"},
       }) {
    CAPTURE(row.from);
    check_has(k_case.line("From: " + std::string(row.from) + "\nSubject: s\nX-Campaign: c\n\nhi"),
              row.part);
  }
}
