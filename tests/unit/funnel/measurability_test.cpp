// Measurability by itself: many people, in any order, to the second.

#include "funnel/measurability.hpp"

#include <doctest/doctest.h>

#include <map>

namespace mailfunnel {
namespace {

constexpr Seconds k_window = 7 * k_day;
constexpr Seconds k_far = 4'000'000'000;

using Verdicts = std::map<std::pair<std::uint16_t, std::uint32_t>, Silence>; // by (person, time)

Verdicts judged(Measurability& measurability) {
  Verdicts out;
  const CoveredTimes covered{{0, k_far}};
  measurability.judge(
      k_window, k_far, [&](std::uint32_t) -> const CoveredTimes& { return covered; },
      [&](std::uint16_t person, const MailReceived& mail, Silence silence, Seconds end) {
        CHECK(end == Seconds{mail.delivered()} + k_window);
        CHECK(out.emplace(std::pair(person, mail.delivered()), silence).second);
      });
  return out;
}

using People = std::vector<std::uint16_t>;

MailReceived mail(std::uint32_t delivered) {
  return {delivered, 0, Reaction::none, true, false};
}

TEST_CASE("mails that come in any order are judged by time, each person's for himself") {
  Measurability measurability;
  for (int round = 0; round < 2; ++round) { // its memory is used again
    measurability.start(9000, false);
    for (int i = 0; i < 4; ++i) {
      measurability.expect_mails(People{0, 7, 8, 4095, 4096, 8999});
    }
    for (int i = 0; i < 3; ++i) {
      measurability.expect_mails(People{5, 6});
    }
    measurability.make_room();
    for (const std::uint32_t delivered : {40, 10, 30, 20}) {
      for (const auto person : People{0, 7, 4095, 4096, 8999}) {
        measurability.add_mail(person, mail(person == 7 ? 100 - delivered : delivered));
      }
      measurability.add_mail(8, mail(50)); // all in one second
    }
    for (const std::uint32_t delivered : {1, 2, 3}) {
      measurability.add_mail(5, mail(delivered)); // too few to be kept
    }
    const Verdicts last{{{0, 40}, Silence::not_opened},
                        {{7, 90}, Silence::not_opened},
                        {{4095, 40}, Silence::not_opened},
                        {{4096, 40}, Silence::not_opened},
                        {{8999, 40}, Silence::not_opened}};
    CHECK(judged(measurability) == last);
  }
}

TEST_CASE("those that come too early are told where all are asked for") {
  Measurability measurability;
  measurability.start(2, true);
  measurability.expect_mails(People{1, 1, 1, 1});
  measurability.make_room();
  for (const std::uint32_t delivered : {4, 1, 2, 3}) {
    measurability.add_mail(1, mail(delivered));
  }
  const Verdicts all{{{1, 1}, Silence::few_mails},
                     {{1, 2}, Silence::few_mails},
                     {{1, 3}, Silence::few_mails},
                     {{1, 4}, Silence::not_opened}};
  CHECK(judged(measurability) == all);
}

TEST_CASE("an open shows for 180 days that images are seen, to the second") {
  constexpr std::uint32_t k_mail = 100'000'000;
  constexpr auto k_edge = static_cast<std::uint32_t>(k_mail + k_window - 180 * k_day);
  for (const auto& [opened, silence] :
       {std::pair{k_edge, Silence::images_blocked}, std::pair{k_edge + 1, Silence::not_opened}}) {
    Measurability measurability;
    measurability.start(1, false);
    measurability.expect_mails(People{0, 0, 0, 0, 0}); // more than come
    measurability.expect_opens(People{0});
    measurability.expect_clicks(People{0});
    measurability.make_room();
    for (const std::uint32_t delivered : {1U, 2U, 3U, k_mail}) {
      measurability.add_mail(0, mail(delivered));
    }
    measurability.add_click(0, 10, k_never);
    measurability.add_open(0, opened, false);
    CHECK(judged(measurability) == Verdicts{{{0, k_mail}, silence}});
  }
}

} // namespace
} // namespace mailfunnel
