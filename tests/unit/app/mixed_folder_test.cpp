// A folder with everything in it, as somebody keeps it who has no time to sort.

#include "test_workspace.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {
namespace {

namespace fs = std::filesystem;

const AdapterRegistry& registry() {
  static const AdapterRegistry k_registry = builtin_adapters();
  return k_registry;
}

std::string config_of_all() {
  std::string config = "[[web]]\nclick = \"/c/{campaign}/{contact_id}\"\n";
  for (const auto& entry : registry().all()) {
    config +=
        fmt::format("[[account]]\nname = \"my {0}\"\nesp = \"{0}\"\nzone = \"UTC\"\n", entry.id);
  }
  return config + "[[account]]\nname = \"second sendgrid\"\nesp = \"sendgrid\"\n";
}

std::size_t lines_in(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::size_t lines = 0;
  for (std::string line; std::getline(in, line);) {
    ++lines;
  }
  return lines;
}

struct Kept {
  std::string adapter;
  std::size_t lines; // of its golden file: one a record
};

/// Copies what every adapter has a golden file of, under its own name: some formats name the
/// mailing there. By the copy's path.
std::map<std::string, Kept> copy_all(const fs::path& into) {
  std::map<std::string, Kept> kept;
  for (const auto& entry : registry().all()) {
    const auto folder = fs::path(MF_SOURCE_DIR) / "adapters" / entry.id / "testdata";
    if (!fs::is_directory(folder)) {
      continue;
    }
    for (const auto& file : fs::directory_iterator(folder)) {
      auto expected = file.path();
      expected.replace_extension(".expected.jsonl");
      if (expected == file.path() || !fs::exists(expected)) {
        continue;
      }
      const auto place = into / fmt::format("{}", kept.size());
      fs::create_directories(place);
      const auto copy = place / file.path().filename();
      fs::copy_file(file.path(), copy);
      kept[copy.string()] = {entry.id, lines_in(expected)};
    }
  }
  return kept;
}

void write(const fs::path& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
}

struct Strange {
  std::string_view name, text, message;
};
constexpr Strange k_strange[] = {
    {"shopping.txt", "\n\n  milk\nbread\n", "it begins: milk"},
    {"budget.csv", "\xEF\xBB\xBFpost,amount\nmail,12\n", "it begins: post,amount"},
    {"photo.jpg", "\xFF\xD8\xFF\xE0\x01\x02\x1b[31m", "\\x1b[31m"},
    {"people.csv", "Name,E-mail\nAnn,ann@example.com\n", "`mailfunnel recipients import`"},
};

TEST_CASE("a mixed folder is sorted out by itself, and nothing of it is lost") {
  TestWorkspace test(config_of_all());
  const auto folder = test.folder / "mixed";
  const auto kept = copy_all(folder);
  REQUIRE(kept.size() > 60);
  for (const auto& strange : k_strange) {
    write(folder / strange.name, strange.text);
  }
  write(folder / "long.txt", std::string(5000, 'x'));
  write(folder / "empty.log", "");
  ImportRequest request;
  request.paths = {folder.string()};
  request.rejects = (test.folder / "rejects").string();
  request.now = k_now;
  auto store = test.store();
  const auto summary = import_paths(store, test.workspace, request, {});

  CHECK(summary.files.size() == kept.size() + std::size(k_strange) + 2);
  std::map<std::string, const FileResult*> by_name;
  for (const auto& file : summary.files) {
    by_name[file.name] = &file;
  }
  std::uint64_t read = 0;
  for (const auto& copy : kept) {
    const auto& path = copy.first;
    const auto& of = copy.second;
    CAPTURE(path);
    CAPTURE(of.adapter);
    REQUIRE(by_name.contains(path));
    const auto& file = *by_name[path];
    CHECK(file.adapter == of.adapter);
    if (of.adapter == "sendgrid") {
      REQUIRE(file.error.has_value());
      CHECK(file.error->message.find("--account my sendgrid or --account second sendgrid") !=
            std::string::npos);
      continue;
    }
    CHECK(file.account == "my " + of.adapter);
    if (file.error) { // the mailing must be named
      CHECK(file.error->code == ErrorCode::usage);
      continue;
    }
    ++read;
    if (of.adapter == "weblog") {
      CHECK(file.counts.records + file.counts.rejected > 0); // what counts there, [[web]] says
    } else {
      CHECK(file.counts.records + file.counts.rejected == of.lines);
    }
  }
  CHECK(read > kept.size() / 2);
  for (const auto& strange : k_strange) {
    CAPTURE(strange.name);
    const auto& file = *by_name[(folder / strange.name).string()];
    CHECK(file.adapter.empty());
    REQUIRE(file.error.has_value());
    CHECK_MESSAGE(file.error->text().find(strange.message) != std::string::npos,
                  file.error->text());
  }
  const auto& long_one = *by_name[(folder / "long.txt").string()];
  REQUIRE(long_one.error.has_value());
  CHECK(long_one.error->message.size() < 400);
  CHECK_FALSE(by_name[(folder / "empty.log").string()]->error.has_value());
  const auto failed = std::count_if(summary.files.begin(), summary.files.end(),
                                    [](const FileResult& file) { return file.error.has_value(); });
  CHECK(summary.failed == static_cast<std::uint64_t>(failed));
}

// ---- one log of several accounts
// -------------------------------------------------------------------------------

constexpr std::string_view k_two_senders =
    R"(2026-03-02T09:10:00.000000+01:00 mx1 postfix/qmgr[911]: 5A0C13F2E1: from=<bounce+1@news.example.com>, size=5360, nrcpt=1 (queue active)
2026-03-02T09:10:00.500000+01:00 mx1 postfix/qmgr[911]: 5A0C13F2E2: from=<Orders@shop.example.com>, size=5360, nrcpt=1 (queue active)
2026-03-02T09:10:00.600000+01:00 mx1 postfix/qmgr[911]: 5A0C13F2E3: from=<root@mx1.example.com>, size=536, nrcpt=1 (queue active)
2026-03-02T09:10:01.000000+01:00 mx1 postfix/smtp[2105]: 5A0C13F2E1: to=<anna@example.com>, relay=mail.example.com[192.0.2.25]:25, delay=1.1, delays=0.06/0.01/0.5/0.53, dsn=2.0.0, status=sent (250 2.0.0 Ok)
2026-03-02T09:10:02.000000+01:00 mx1 postfix/smtp[2105]: 5A0C13F2E2: to=<bram@example.com>, relay=mail.example.com[192.0.2.25]:25, delay=1.1, delays=0.06/0.01/0.5/0.53, dsn=2.0.0, status=sent (250 2.0.0 Ok)
2026-03-02T09:10:03.000000+01:00 mx1 postfix/smtp[2105]: 5A0C13F2E3: to=<cleo@example.com>, relay=mail.example.com[192.0.2.25]:25, delay=1.1, delays=0.06/0.01/0.5/0.53, dsn=2.0.0, status=sent (250 2.0.0 Ok)
)";
constexpr std::string_view k_shared = R"([[account]]
name = "newsletter"
esp = "postfix"
sender = "*@news.example.com"
[[account]]
name = "shop"
esp = "postfix"
sender = ["orders@shop.*", "billing@shop.*"]
[[account]]
name = "rest"
esp = "postfix"
)";

ImportSummary import_shared(TestWorkspace& test, const std::string& account) {
  const auto path = (test.folder / "mail.log").string();
  REQUIRE(write_file(path, k_two_senders).has_value());
  auto store = test.store();
  ImportRequest request;
  request.paths = {path};
  request.account = account;
  request.rejects = (test.folder / "rejects").string();
  request.now = k_now;
  return import_paths(store, test.workspace, request, {});
}

/// "account address" of each event of an export.
std::set<std::string> owners(const std::string& exported) {
  std::set<std::string> found;
  const auto text_of = [](std::string_view line, std::string_view key) {
    const auto at = line.find(key);
    REQUIRE(at != std::string_view::npos);
    line.remove_prefix(at + key.size());
    return std::string(line.substr(0, line.find('"')));
  };
  std::istringstream in(exported);
  for (std::string line; std::getline(in, line);) {
    found.insert(text_of(line, "\"account\":\"") + " " + text_of(line, "\"address\":\""));
  }
  return found;
}

TEST_CASE("a log that accounts share is split by envelope sender") {
  TestWorkspace test(k_shared);
  const auto summary = import_shared(test, "");
  CHECK_FALSE(summary.files.at(0).error.has_value());
  CHECK(owners(test.exported()) ==
        std::set<std::string>{"newsletter anna@example.com", "shop bram@example.com"});
  CHECK(summary.total.rejected == 1);
  const auto rejects = read_file((test.folder / "rejects").string());
  REQUIRE(rejects.has_value());
  CHECK_MESSAGE(rejects->find(R"(its envelope sender \"root@mx1.example.com\" is of no account)") !=
                    std::string::npos,
                *rejects);
}

TEST_CASE("what no sender tells is the account's that is named") {
  TestWorkspace test(k_shared);
  const auto summary = import_shared(test, "rest");
  CHECK(summary.total.rejected == 0);
  CHECK(owners(test.exported()) == std::set<std::string>{"newsletter anna@example.com",
                                                         "shop bram@example.com",
                                                         "rest cleo@example.com"});
}

TEST_CASE("mail of others is skipped where the config says so, but not what tells no sender") {
  TestWorkspace test("[[account]]\nname = \"shop\"\nesp = \"postfix\"\n"
                     "sender = \"orders@*\"\nothers = \"skip\"\n");
  const std::string headless =
      "2026-03-02T09:10:04.000000+01:00 mx1 postfix/smtp[2105]: 5A0C13F2E4: to=<dora@example.com>, "
      "relay=mail.example.com[192.0.2.25]:25, delay=1.1, delays=0.06/0.01/0.5/0.53, dsn=2.0.0, "
      "status=sent (250 2.0.0 Ok)\n";
  const auto summary = test.import("mail.log", std::string(k_two_senders) + headless);
  CHECK(owners(test.exported()) == std::set<std::string>{"shop bram@example.com"});
  CHECK(summary.total.rejected == 1);
  CHECK(summary.total.skipped == 5); // three lines of senders, two mails of others
}

constexpr std::string_view k_jobs =
    "type,timeLogged,orig,rcpt,dsnStatus,dsnDiag,bounceCat,jobId,envId,header_Return-Path\n"
    "d,2026-05-11 08:29:41+0200,b@x.example,anna@example.com,2.0.0,,,news-7,,\n"
    "d,2026-05-11 08:29:42+0200,b@x.example,bram@example.com,2.0.0,,,,order-1,\n"
    "d,2026-05-11 08:29:43+0200,shop@x.example,cleo@example.com,2.0.0,,,news-8,,\n"
    "d,2026-05-11 08:29:44+0200,b@x.example,dora@example.com,2.0.0,,,test-1,,\n"
    "f,2026-05-11 08:29:45+0200,fbl@provider.example,,,,,,,v+news-7-emil=example.com@x.example\n"
    "f,2026-05-11 08:29:46+0200,fbl@provider.example,,,,,,,plain@x.example\n";

TEST_CASE("a log that accounts share is split by job, and VERP tells whose complaint it is") {
  TestWorkspace test(R"([[account]]
name = "shop"
esp = "powermta"
sender = "shop@x.example"
job = "ORDER-*"
[[account]]
name = "newsletter"
esp = "powermta"
sender = "v+{campaign}-{address}@x.example"
job = ["news-*", "weekly"]
)");
  const auto summary = test.import("acct.csv", k_jobs);
  const auto exported = test.exported();
  CHECK(owners(exported) == std::set<std::string>{"newsletter anna@example.com",
                                                  "shop bram@example.com", "shop cleo@example.com",
                                                  "newsletter emil@example.com"});
  CHECK(exported.find(R"("address":"emil@example.com","time":"2026-05-11T06:29:45Z",)"
                      R"("campaign":"news-7")") != std::string::npos);
  CHECK(summary.total.rejected == 2);
  const auto rejects = read_file((test.folder / "rejects").string());
  REQUIRE(rejects.has_value());
  CHECK_MESSAGE(
      rejects->find(R"(its envelope sender \"b@x.example\" and its job \"test-1\" are of )"
                    R"(no account: add it to the `sender` or the `job` of one)") !=
          std::string::npos,
      *rejects);
}

TEST_CASE("bounces by mail are of the account whose sender they came back to") {
  TestWorkspace test(R"([[account]]
name = "newsletter"
esp = "postfix"
sender = "bounce+{campaign}-{contact_id}@news.example.com"
)");
  test.import("bounce.eml",
              "From: MAILER-DAEMON@mx.example.net\n"
              "To: bounce+c12-4711@news.example.com\n"
              "Date: Mon, 02 Mar 2026 09:10:00 +0000\n"
              "Subject: Undelivered Mail Returned to Sender\n"
              "MIME-Version: 1.0\n"
              "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\n\n"
              "--b1\nContent-Type: message/delivery-status\n\n"
              "Reporting-MTA: dns; mx.example.net\n\n"
              "Final-Recipient: rfc822; anna@example.com\nAction: failed\nStatus: 5.1.1\n"
              "Diagnostic-Code: smtp; 550 5.1.1 user unknown\n\n--b1--\n");
  test.import("words.eml", "Return-Path: <>\n"
                           "From: MAILER-DAEMON@mx.example.net\n"
                           "To: bounce+c12-4712@news.example.com\n"
                           "Date: Mon, 02 Mar 2026 09:11:00 +0000\n"
                           "Subject: failure notice\n\n"
                           "Your message was not delivered: mailbox is full.\n");
  const auto exported = test.exported();
  CHECK_MESSAGE(exported.find(R"("contact_id":"4712")") != std::string::npos, exported);
  CHECK_MESSAGE(exported.find(R"("account":"newsletter","address":"anna@example.com")") !=
                    std::string::npos,
                exported);
  CHECK_MESSAGE(exported.find(R"("campaign":"c12")") != std::string::npos, exported);
}

TEST_CASE("without `sender` several accounts of a mail server are still an error") {
  TestWorkspace test("[[account]]\nname = \"a\"\nesp = \"postfix\"\n"
                     "[[account]]\nname = \"b\"\nesp = \"postfix\"\n");
  const auto summary = import_shared(test, "");
  REQUIRE(summary.files.at(0).error.has_value());
  CHECK(summary.files.at(0).error->code == ErrorCode::usage);
}

} // namespace
} // namespace mailfunnel
