#include "funnel/kind_rules.hpp"

#include <doctest/doctest.h>

#include <array>

namespace mailfunnel {
namespace {

TEST_CASE("the first rule that matches says what a mailing is") {
  const std::array rules{
      KindRule{CampaignKind::test, {"*test*"}, {}, {}},
      KindRule{CampaignKind::test, {}, {"[test]*", "proof:*"}, {}},
      KindRule{CampaignKind::automation, {"welcome-?"}, {}, {"shop"}},
      KindRule{CampaignKind::transactional, {}, {}, {"shop"}},
  };
  struct Row {
    const char* what;
    KindInput mailing;
    std::optional<CampaignKind> want;
  };
  const Row k_rows[] = {
      {"by id", {"TEST-7", "Spring", "", "news"}, CampaignKind::test},
      {"by name", {"7", "Spring (test)", "", "shop"}, CampaignKind::test},
      {"by the second pattern", {"7", "", "Proof: spring", "news"}, CampaignKind::test},
      {"by both", {"welcome-2", "", "", "shop"}, CampaignKind::automation},
      {"one of two is not enough", {"welcome-2", "", "", "news"}, std::nullopt},
      {"a day's rest has an account", {"", "", "", "shop"}, CampaignKind::transactional},
      {"none", {"7", "Spring", "Spring", "news"}, std::nullopt},
  };
  for (const auto& row : k_rows) {
    CAPTURE(row.what);
    CHECK((kind_by_rule(rules, row.mailing) == row.want));
  }
}

} // namespace
} // namespace mailfunnel
