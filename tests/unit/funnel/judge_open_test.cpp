#include "funnel/robots.hpp"

#include <doctest/doctest.h>

namespace mailfunnel {
namespace {

TEST_CASE("an open: its record first, then the seconds after the delivery") {
  struct Row {
    const char* name;
    std::uint32_t time;
    std::uint16_t evidence;
    Verdict verdict;
    std::uint16_t signs;
  };
  const RobotRules rules;
  const MailFacts mail{.delivered = 1000};
  for (const auto& row :
       {Row{"a crawler", 5000, evidence::crawler_agent, Verdict::machine, sign::record},
        Row{"a proxy, at once", 1000, evidence::privacy_proxy, Verdict::proxy, 0},
        Row{"61 s before", 939, evidence::agent_seen, Verdict::machine, sign::before_delivery},
        Row{"60 s before", 940, evidence::agent_seen, Verdict::human, 0},
        Row{"in its second", 1000, evidence::agent_seen, Verdict::unknown, sign::two_seconds},
        Row{"a second after", 1001, evidence::agent_seen, Verdict::unknown, sign::two_seconds},
        Row{"2 s after", 1002, evidence::agent_seen, Verdict::human, sign::five_seconds},
        Row{"5 s after", 1005, evidence::agent_seen, Verdict::human, 0}}) {
    CAPTURE(row.name);
    const auto judged = judge_open(row.time, row.evidence, mail, rules);
    CHECK(judged.verdict == row.verdict);
    CHECK(judged.signs == row.signs);
  }
}

} // namespace
} // namespace mailfunnel
