#include "app/api_connection.hpp"
#include "app/scheduler.hpp"
#include "test_workspace.hpp"

#include <doctest/doctest.h>

namespace mailfunnel {
namespace {

constexpr Seconds k_hour = 3'600;

Timetable table(std::string_view text) {
  return Timetable::parse(text).value();
}

TEST_CASE("scheduler: when a job is run, and for which moment") {
  const auto daily = table("daily 06:00");
  const Seconds six = 1'772'431'200; // 2026-03-02T06:00:00Z
  CHECK(due_now(daily, {}, six - k_hour, six - 1, 0) == std::nullopt);
  CHECK(due_now(daily, {}, six - k_hour, six, 0) == six);
  // What was due before anything was known of it is not made up for.
  CHECK(due_now(daily, {}, six + 1, six + k_hour, 0) == std::nullopt);
  // What was missed is run once, for its newest moment.
  CHECK(due_now(daily, {.last_due = six - 5 * k_day}, six + k_hour, six + k_hour, 0) == six);
  CHECK(due_now(daily, {.last_due = six}, six + k_hour, six + 2 * k_hour, 0) == std::nullopt);
  // `every` begins at once, then keeps to its multiples.
  const auto often = table("every 15m");
  CHECK(due_now(often, {}, six + 7, six + 7, 0) == six + 7);
  CHECK(due_now(often, {.last_due = six + 7}, six + 7, six + 899, 0) == std::nullopt);
  CHECK(due_now(often, {.last_due = six + 7}, six + 7, six + 900, 0) == six + 900);
  // Jitter puts it off.
  CHECK(due_now(daily, {.last_due = six - k_day}, 0, six + 30, 60) == std::nullopt);
  CHECK(due_now(daily, {.last_due = six - k_day}, 0, six + 60, 60) == six);
}

TEST_CASE("scheduler: a job that failed is tried again, later each time") {
  const auto daily = table("daily 06:00");
  const Seconds six = 1'772'431'200;
  JobPast past{.last_due = six, .failures = 1, .last_end = six + 10};
  CHECK(due_now(daily, past, 0, six + 69, 0) == std::nullopt);
  CHECK(due_now(daily, past, 0, six + 70, 0) == six);
  past.failures = 3;
  CHECK(due_now(daily, past, 0, six + 10 + 959, 0) == std::nullopt);
  CHECK(due_now(daily, past, 0, six + 10 + 960, 0) == six);
  past.failures = 100;
  CHECK(due_now(daily, past, 0, six + 10 + k_hour, 0) == six);
  // By the next morning it is that morning's.
  CHECK(due_now(daily, past, 0, six + k_day, 0) == six + k_day);
}

TEST_CASE("scheduler: an account that only gets webhooks is not pulled") {
  const TestWorkspace hooks(R"(
[schedule]
sync = "every 15m"
[[account]]
name = "hooks"
esp = "mailgun"
signing_key = "s"
)");
  CHECK(pulled_accounts(hooks.workspace).empty());
  REQUIRE(jobs_of(hooks.workspace).size() == 1);
  CHECK(jobs_of(hooks.workspace)[0].commands ==
        std::vector<std::vector<std::string>>{{"score", "-q"}});
  const TestWorkspace both(R"(
[schedule]
push = "daily 06:30"
[[account]]
name = "both"
esp = "mailgun"
signing_key = "s"
api_key = "k"
domain = "mg.example.com"
)");
  CHECK(pulled_accounts(both.workspace) == std::vector<std::string>{"both"});
  CHECK(jobs_of(both.workspace)[0].commands.size() == 3);
}

} // namespace
} // namespace mailfunnel
