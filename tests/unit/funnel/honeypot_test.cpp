#include "scoring_world.hpp"

namespace mailfunnel {
namespace {

TEST_CASE("a honeypot, by the record's mark or by its link, takes the clicks around it along") {
  auto world = world_of(1);
  world.campaigns[0].honeypots = {4};
  struct Row {
    const char* name;
    LinkNumber link;
    std::uint16_t evidence;
    Seconds apart;
    Points points; // of the click on a BOFU link so long after it
  };
  for (const auto& row : {Row{"by its link", 4, evidence::agent_seen, 10, 0},
                          Row{"by its link, long before", 4, evidence::agent_seen, 11, 20},
                          Row{"by its mark", 7, evidence::honeypot, 10, 0},
                          Row{"by its mark, long before", 7, evidence::honeypot, 11, 20},
                          Row{"another link", 7, evidence::agent_seen, 10, 22}}) {
    CAPTURE(row.name);
    TestSource source;
    source.add(1, EventKind::click, k_start, row.link, row.evidence);
    source.add(1, EventKind::click, k_start + row.apart, k_bofu);
    CHECK(score(source, seed_rules(), world, k_later).score == row.points * k_point);
  }
}

} // namespace
} // namespace mailfunnel
