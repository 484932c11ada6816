// [[kind]] of the config: what mailings are, said when they are looked at.

#include "app/score_run.hpp"
#include "app/world.hpp"

#include "test_workspace.hpp"

#include <map>

namespace mailfunnel {
namespace {

constexpr std::string_view k_mail = R"([[account]]
name = "server"
esp = "mailfunnel"
)";
constexpr std::string_view k_rules = R"([[kind]]
kind = "transactional"
campaign = ["order-*", "invoice-*"]
[[kind]]
kind = "test"
subject = "[test]*"
)";
constexpr std::string_view k_campaigns = R"(<campaigns account="server">
<campaign id="order-7"/><campaign id="spring"><subject>[Test] Spring</subject></campaign>
<campaign id="receipt" kind="transactional"/><campaign id="news"/></campaigns>)";

std::map<std::string, CampaignKind> kinds(const TestWorkspace& test, const Rules& rules) {
  auto store = test.store();
  std::map<std::string, CampaignKind> found;
  for (const auto& campaign : build_world(store, test.workspace, rules, k_now).campaigns) {
    found[campaign.external_id] = campaign.kind;
  }
  return found;
}

Rules rules_of(const std::string& config) {
  auto loaded = parse_config(config, "mailfunnel.toml");
  REQUIRE(loaded.good());
  return loaded.config.rules;
}

TEST_CASE("kinds by rules need no new import, and a rule goes before the source") {
  TestWorkspace test(k_mail);
  test.import("campaigns.xml", k_campaigns);
  const std::map<std::string, CampaignKind> told{{"order-7", CampaignKind::campaign},
                                                 {"spring", CampaignKind::campaign},
                                                 {"receipt", CampaignKind::transactional},
                                                 {"news", CampaignKind::campaign}};
  CHECK((kinds(test, default_rules()) == told));
  auto ruled = told;
  ruled["order-7"] = CampaignKind::transactional;
  ruled["spring"] = CampaignKind::test;
  CHECK((kinds(test, rules_of(std::string(k_rules))) == ruled));
  ruled = told;
  ruled["receipt"] = CampaignKind::automation;
  CHECK((kinds(test, rules_of("[[kind]]\nkind = \"automation\"\ncampaign = \"receipt\"\n")) ==
         ruled));
}

TEST_CASE("a transactional mailing gives no points") {
  TestWorkspace test(k_mail);
  test.import(
      "events.ndjson",
      R"({"kind":"delivered","account":"server","address":"ann@example.com","time":"2026-03-20T09:00:00Z","campaign":"order-7"}
{"kind":"form","account":"server","address":"ann@example.com","time":"2026-03-20T11:00:00Z","campaign":"order-7","link":"https://example.com/x"}
)");
  auto store = test.store();
  const auto best = [&](const Rules& rules) {
    return run_scores(store, test.workspace, rules, k_now, false).histogram.rbegin()->first;
  };
  CHECK(best(default_rules()) > 0);
  CHECK(best(rules_of(std::string(k_rules))) == 0);
}

TEST_CASE("kinds are rules: in the fingerprint, and in what a run keeps") {
  const auto with = rules_of(std::string(k_rules)), without = rules_of("");
  CHECK(with.fingerprint != without.fingerprint);
  const auto again = parse_rules(with.texts);
  REQUIRE(again.kinds.size() == 2);
  CHECK(again.fingerprint == with.fingerprint);
  CHECK(again.kinds[0].kind == CampaignKind::transactional);
  CHECK(again.kinds[0].campaign == std::vector<std::string>{"order-*", "invoice-*"});
  CHECK(again.kinds[1].subject == std::vector<std::string>{"[test]*"});
}

TEST_CASE("what is wrong with a [[kind]]") {
  const auto loaded = parse_config("[[kind]]\nkind = \"newsletter\"\ncampaign = \"a\"\n"
                                   "[[kind]]\nkind = \"test\"\n",
                                   "mailfunnel.toml");
  REQUIRE(loaded.problems.size() == 2);
  CHECK(loaded.problems[0].line == 2);
  CHECK(loaded.problems[0].message.find("\"transactional\"") != std::string::npos);
  CHECK(loaded.problems[1].message.find("at least one of campaign, subject, account") !=
        std::string::npos);
}

TEST_CASE("a record that says no kind leaves what is known") {
  TestWorkspace test(k_mail);
  test.import("campaigns.xml", k_campaigns);
  test.import("again.xml", R"(<campaigns account="server"><campaign id="receipt"><subject>Your )"
                           R"(receipt</subject></campaign></campaigns>)");
  CHECK(kinds(test, default_rules()).at("receipt") == CampaignKind::transactional);
}

} // namespace
} // namespace mailfunnel
