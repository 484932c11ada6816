// What a stage by hand would change, told before it is stored.

#include "app/link_preview.hpp"

#include "app/campaign_list.hpp"
#include "test_workspace.hpp"

namespace mailfunnel {
namespace {

/// Two mailings with one link; two people click on it in each.
std::string log() {
  std::string out;
  for (const auto* mailing : {"m1", "m2"}) {
    for (const auto* person : {"ann", "bob", "cas"}) {
      const auto add = [&](std::string_view kind, Seconds time, std::string_view more) {
        out += fmt::format("{{\"kind\":\"{}\",\"account\":\"news\",\"address\":\"{}@example.com\","
                           "\"time\":\"{}\",\"campaign\":\"{}\"{}}}\n",
                           kind, person, format_time(time), mailing, more);
      };
      add("delivered", k_now - 10 * k_day, "");
      if (person != std::string_view("cas")) {
        add("click", k_now - 9 * k_day, R"(,"link":"https://shop.example/about?utm_source=x")");
      }
    }
  }
  return out;
}

struct LinkWorld : TestWorkspace {
  LinkWorld()
      : TestWorkspace("[[account]]\nname = \"news\"\nesp = \"sendgrid\"\n"
                      "[scoring]\nprofile = \"seed\"\n") {
    import("log.ndjson", log());
  }
  LinkPreview preview(const std::string& pattern, const std::string& campaign, Stage stage) {
    auto opened = store();
    return preview_link(opened, workspace, {0, pattern, campaign, stage, 0}, k_now);
  }
};

TEST_CASE("who moves is told, and nothing is stored") {
  LinkWorld world;
  const auto one = world.preview("https://shop.example/about", "m1", Stage::bofu);
  CHECK(one.links == 1);
  CHECK(one.clicks == 2);
  CHECK(one.other_score == 2);
  std::uint64_t people = 0, moved = 0;
  for (std::size_t a = 0; a < one.transitions.size(); ++a) {
    for (std::size_t b = 0; b < one.transitions.size(); ++b) {
      people += one.transitions[a][b];
      moved += a == b ? 0 : one.transitions[a][b];
    }
  }
  CHECK(people == 3);
  CHECK(moved == one.other_status);
  CHECK(moved == 2);
  const auto all = world.preview("https://shop.example/about", "", Stage::bofu);
  CHECK(all.links == 2);
  CHECK(all.clicks == 4);
  auto opened = world.store();
  CHECK(Catalog(opened.database()).links_by_hand().empty());
  set_links(opened, {{0, "https://shop.example/about", "", Stage::bofu, k_now}});
  CHECK(world.preview("https://shop.example/about", "", Stage::bofu).links == 0);
  CHECK(world.preview("https://shop.example/about", "m1", Stage::tofu).links == 1);
}

TEST_CASE("a link that nobody knows changes nothing") {
  LinkWorld world;
  const auto none = world.preview("https://elsewhere.example/", "", Stage::bofu);
  CHECK(none.links == 0);
  CHECK(none.other_score == 0);
  CHECK(none.transitions.empty());
}

} // namespace
} // namespace mailfunnel
