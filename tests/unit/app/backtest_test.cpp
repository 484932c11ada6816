// The backtest: its figures against what can be counted by hand, and people who convert by chance
// or by what they clicked.

#include "app/backtest.hpp"
#include "test_workspace.hpp"

#include <random>

namespace mailfunnel {
namespace {

TEST_CASE("area under the curve: pairs in the right order, ties half") {
  CHECK(area_under_curve({{3, 1, 0}, {2, 1, 0}, {1, 0, 5}}) == doctest::Approx(1.0));
  CHECK(area_under_curve({{3, 0, 4}, {1, 2, 0}}) == doctest::Approx(0.0));
  CHECK(area_under_curve({{7, 3, 9}}) == doctest::Approx(0.5));
  CHECK(area_under_curve({}) == doctest::Approx(0.5));
  std::mt19937 random(3); // NOLINT: the same every time
  for (int round = 0; round < 50; ++round) {
    std::vector<RankedCount> rows;
    for (std::int64_t value = 0; value < 8; ++value) {
      rows.push_back({value, random() % 4, random() % 4});
    }
    double right = 0, pairs = 0;
    for (const auto& a : rows) {
      for (const auto& b : rows) {
        const auto count = static_cast<double>(a.converted * b.others);
        pairs += count;
        right += count * (a.value > b.value ? 1 : a.value == b.value ? 0.5 : 0);
      }
    }
    if (pairs > 0) {
      CHECK(area_under_curve(rows) == doctest::Approx(right / pairs));
    }
  }
}

TEST_CASE("odds, and when they contradict the points") {
  struct Row {
    Points points;
    std::uint64_t with, with_converted, without, without_converted;
    bool contradicts;
  };
  for (const auto& row : {Row{5, 1000, 100, 1000, 10, false}, Row{5, 1000, 10, 1000, 100, true},
                          Row{-5, 1000, 100, 1000, 10, true}, Row{5, 1000, 99, 1000, 100, false},
                          Row{0, 1000, 10, 1000, 100, false}, Row{5, 0, 0, 1000, 100, false}}) {
    const RuleOdds odds{"x",         row.points * k_point, row.with, row.with_converted,
                        row.without, row.without_converted};
    CAPTURE(row.with_converted);
    CHECK(odds.contradicts() == row.contradicts);
  }
  CHECK(RuleOdds{"x", 1, 200, 100, 300, 100}.odds() == doctest::Approx(2.0).epsilon(0.01));
}

TEST_CASE("conversions are read by the names of their columns") {
  const auto read = read_conversions("Date;Order;E-mail Address\r\n2026-03-01;1;Ann@Example.com\r\n"
                                     "soon;2;bob@example.com\r\n2026-03-02;3;\r\n"
                                     "2026-03-02T10:00:00Z;4;example.org\r\n2026-03-02\r\n",
                                     nullptr);
  REQUIRE(read.has_value());
  REQUIRE(read->conversions.size() == 2);
  CHECK(read->conversions[0].who == "Ann@Example.com");
  CHECK(read->conversions[1].who == "example.org");
  CHECK(format_time(read->conversions[1].time) == "2026-03-02T10:00:00Z");
  CHECK(read->problems.size() == 3);
  CHECK_FALSE(read_conversions("name,when\nann,2026-01-01\n", nullptr).has_value());
  CHECK_FALSE(read_conversions("", nullptr).has_value());
}

Seconds date(std::string_view text) {
  return parse_time(text)->seconds;
}

/// 400 people get a mail a fortnight for half a year; every tenth clicks on the prices in November.
constexpr unsigned k_people = 400, k_firms = 50;
std::string log() {
  std::string out;
  const auto add = [&](unsigned person, std::string_view kind, std::string_view time,
                       std::string_view more) {
    out +=
        fmt::format(R"({{"kind":"{}","account":"a","address":"p{}@firm{}.example","time":"{}"{}}})",
                    kind, person, person % k_firms, time, more) +
        "\n";
  };
  for (unsigned mailing = 0; mailing < 12; ++mailing) {
    const auto time = format_time(date("2025-10-01") + mailing * 14 * k_day);
    for (unsigned person = 0; person < k_people; ++person) {
      add(person, "delivered", time, fmt::format(R"(,"campaign":"m{}")", mailing));
    }
  }
  for (unsigned person = 0; person < k_people; person += 10) {
    add(person, "click", "2025-11-20T10:00:00Z",
        R"(,"campaign":"m3","link":"https://example.com/pricing","evidence":["agent_seen"])");
  }
  return out;
}

std::vector<Conversion> every(unsigned step) {
  std::vector<Conversion> out;
  for (unsigned person = 0; person < k_people; person += step) {
    out.push_back(
        {fmt::format("P{}@firm{}.example", person, person % k_firms), date("2026-01-10")});
  }
  return out;
}

TEST_CASE("who clicks on prices and buys is ranked first; who buys by chance is not") {
  TestWorkspace test;
  test.import("log.ndjson", log());
  auto store = test.store();
  BacktestRequest request;
  request.window = 60 * k_day;
  request.conversions = every(10);
  request.conversions.push_back({"stranger@example.org", date("2026-01-10")});
  const auto found = backtest(store, test.workspace, test.workspace.config.rules, request);
  REQUIRE(found.has_value());
  // The last events are of 4 March: 1 January is the last date with 60 days behind it. On 1
  // November the conversions are not within 60 days yet.
  CHECK(found->dates.size() == 3);
  CHECK(found->unknown == 1);
  CHECK(found->people_converted == 40);
  CHECK_FALSE(found->too_few());
  CHECK(found->observations == 3 * k_people);
  CHECK(found->converted == 80);
  CHECK(found->at_best.people == 80);
  CHECK(found->at_best.converted == 80);
  CHECK(found->best > 0);
  CHECK(found->best_low == found->best); // however they are drawn
  CHECK(found->best_high == found->best);
  CHECK(found->rankings[0].auc == doctest::Approx(1.0));
  CHECK(found->rankings[0].lift.front() == doctest::Approx(10.0));
  CHECK(found->odds[0].rule == "click.BOFU");
  CHECK(found->odds[0].with == 80);
  CHECK(found->odds[0].with_converted == 80);
  CHECK(found->odds[0].odds() > 100);
  for (const unsigned threads : {1U, 8U}) {
    test.workspace.threads = threads;
    const auto again = backtest(store, test.workspace, test.workspace.config.rules, request);
    REQUIRE(again.has_value());
    CHECK(again->rankings[0].auc == found->rankings[0].auc);
    CHECK(again->best_low == found->best_low);
  }
  request.conversions = every(7); // nothing to do with the clicks
  const auto chance = backtest(store, test.workspace, test.workspace.config.rules, request);
  REQUIRE(chance.has_value());
  CHECK(chance->rankings[0].low < 0.5);
  CHECK(chance->rankings[0].high > 0.5);
}

TEST_CASE("those who converted before are left out, and a gap does not count") {
  TestWorkspace test;
  test.import("log.ndjson", log());
  auto store = test.store();
  BacktestRequest request;
  request.window = 30 * k_day;
  request.from = date("2025-12-01");
  request.to = date("2026-02-05");
  request.conversions = {{"p1@firm1.example", date("2025-11-05")},
                         {"p2@firm2.example", date("2025-12-05")},
                         {"firm3.example", date("2025-12-20")}};
  const auto found = backtest(store, test.workspace, test.workspace.config.rules, request);
  REQUIRE(found.has_value());
  CHECK(found->dates.size() == 2); // 1 December, 1 January
  constexpr unsigned k_at_firm = k_people / k_firms;
  CHECK(found->observations == (k_people - 1) + (k_people - 1 - 1 - k_at_firm));
  CHECK(found->converted == 1 + k_at_firm);
  CHECK(found->too_few());
  request.gap = 10 * k_day; // 5 December is within it, and 1 January has too little behind it
  const auto later = backtest(store, test.workspace, test.workspace.config.rules, request);
  REQUIRE(later.has_value());
  CHECK(later->converted == k_at_firm);
  request.window = 200 * k_day;
  CHECK_FALSE(backtest(store, test.workspace, test.workspace.config.rules, request).has_value());
}

} // namespace
} // namespace mailfunnel
