// What the funnel knows of mailings, where they are many.

#include "app/world.hpp"

#include "test_workspace.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace mailfunnel {
namespace {

constexpr std::string_view k_config = R"([[account]]
name = "server"
esp = "mailfunnel"
[robots]
honeypot_links = ["*/trap"]
[[stage]]
url = "*/offer*"
stage = "BOFU"
)";
constexpr int k_mailings = 700; // enough for several threads

/// The oldest last; two of a pair share a family; each has a link of its own, one that all have,
/// and every seventh a trap.
std::string many_mailings() {
  std::string xml = "<campaigns account=\"server\">";
  for (int i = 0; i < k_mailings; ++i) {
    xml += fmt::format(R"(<campaign id="m{0}" sent="{1}" family="{2}"><links>)"
                       R"(<link url="https://example.com/{3}/{0}">one</link>)"
                       R"(<link url="https://example.com/all">all</link>{4}</links></campaign>)",
                       i, format_time(k_now - i * k_day / 2), i % 10 < 2 ? i / 10 + 1 : 0,
                       i % 2 == 0 ? "offer" : "blog",
                       i % 7 == 0 ? "<link url=\"https://example.com/trap\">no</link>" : "");
  }
  for (std::size_t at; (at = xml.find(" family=\"0\"")) != std::string::npos;) {
    xml.erase(at, std::string_view(" family=\"0\"").size());
  }
  return xml + "</campaigns>";
}

TEST_CASE("hundreds of mailings: in order of time, each with its own links, whoever tagged them") {
  TestWorkspace test(k_config);
  test.import("campaigns.xml", many_mailings());
  auto store = test.store();
  std::vector<World> worlds;
  for (const unsigned threads : {1U, 3U}) {
    test.workspace.threads = threads;
    worlds.push_back(build_world(store, test.workspace, test.workspace.config.rules, k_now));
  }
  const auto& world = worlds.front();
  REQUIRE(world.campaigns.size() == k_mailings);
  CHECK(std::is_sorted(world.campaigns.begin(), world.campaigns.end(),
                       [](const auto& a, const auto& b) { return a.time < b.time; }));
  CHECK(world.campaigns.front().external_id == fmt::format("m{}", k_mailings - 1));
  std::uint32_t all = 0; // the number of the link that all have
  for (std::uint32_t i = 0; i < world.campaigns.size(); ++i) {
    const auto& campaign = world.campaigns[i];
    CAPTURE(campaign.external_id);
    const auto number = std::stoi(campaign.external_id.substr(1));
    CHECK(world.by_id.at(campaign.id) == i);
    REQUIRE(campaign.links.size() == (number % 7 == 0 ? 3 : 2));
    CHECK(campaign.content_links == campaign.links.size());
    CHECK(campaign.honeypots.size() == (number % 7 == 0 ? 1 : 0));
    for (const auto& [link, one] : campaign.links) {
      CHECK(one.url.starts_with("https://example.com/"));
      CHECK(!one.identity.empty());
      CHECK(one.honeypot == one.url.ends_with("/trap"));
      CHECK(campaign.is_honeypot(link) == one.honeypot);
      if (one.url.ends_with("/all")) {
        all = all == 0 ? campaign.link_id(link) : all;
        CHECK(campaign.link_id(link) == all);
      } else if (!one.honeypot) {
        CHECK(one.text == "one");
        CHECK(one.url.ends_with(fmt::format("/{}", number)));
        CHECK(campaign.stage(link) == (number % 2 == 0 ? Stage::bofu : Stage::tofu));
      }
    }
    const auto& other = worlds.back().campaigns[i];
    CHECK(other.external_id == campaign.external_id);
    CHECK(other.stages == campaign.stages);
    CHECK(other.link_ids == campaign.link_ids);
    for (const auto& [link, one] : campaign.links) {
      const auto& same = other.links.at(link);
      CHECK(same.url == one.url);
      CHECK(same.identity == one.identity);
      CHECK(same.text == one.text);
      CHECK(same.tag.stage == one.tag.stage);
      CHECK(same.tag.why == one.tag.why);
    }
    CHECK(other.honeypots == campaign.honeypots);
  }
  CHECK(world.families == worlds.back().families);
  CHECK(world.families.size() == k_mailings - k_mailings / 10);
  CHECK(std::is_sorted(world.families.begin(), world.families.end()));
  std::vector<std::uint32_t> members;
  for (const auto& family : world.families) {
    members.insert(members.end(), family.begin(), family.end());
    if (family.size() == 2) {
      const auto number = [&](std::uint32_t i) {
        return std::stoi(world.campaigns[i].external_id.substr(1));
      };
      CHECK(number(family[0]) / 10 == number(family[1]) / 10);
      CHECK(number(family[0]) % 10 + number(family[1]) % 10 == 1);
    }
  }
  std::sort(members.begin(), members.end());
  CHECK(members.size() == k_mailings);
  CHECK(std::adjacent_find(members.begin(), members.end()) == members.end());
}

TEST_CASE("links of one target are tagged alike only where all is alike that tells their stage") {
  constexpr std::string_view k_links = R"(<campaigns account="server">
<campaign id="plain"><links><link url="https://example.com/x">here</link></links></campaign>
<campaign id="again"><links><link url="https://example.com/x">here</link></links></campaign>
<campaign id="text"><links><link url="https://example.com/x">Request a demo</link></links></campaign>
<campaign id="marked"><links><link url="https://example.com/x" stage="MOFU">here</link></links>
</campaign></campaigns>)";
  const auto stages = [&](std::string_view rules) {
    TestWorkspace test(std::string(k_config) + std::string(rules));
    test.import("campaigns.xml", k_links);
    auto store = test.store();
    std::map<std::string, Stage> found;
    for (const auto& campaign :
         build_world(store, test.workspace, test.workspace.config.rules, k_now).campaigns) {
      REQUIRE(campaign.links.size() == 1);
      found[campaign.external_id] = campaign.stage(campaign.links.begin()->first);
    }
    return found;
  };
  using Stages = std::map<std::string, Stage>;
  CHECK((stages("") == Stages{{"plain", Stage::untagged},
                              {"again", Stage::untagged},
                              {"text", Stage::bofu},
                              {"marked", Stage::mofu}}));
  const auto ruled = stages("[[stage]]\nurl = \"*/x\"\ncampaign = \"again\"\nstage = \"TOFU\"\n");
  CHECK(ruled.at("plain") == Stage::untagged);
  CHECK(ruled.at("again") == Stage::tofu);
}

} // namespace
} // namespace mailfunnel
