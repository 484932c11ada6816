// Saved plans of a push: what is read is written again, and that reads the same.

#include "fuzz/target.hpp"

#include "app/push_plan.hpp"

#include <cstdlib>

bool mailfunnel::fuzz::run(std::string_view text) {
  const auto plan = read_plan(text);
  if (!plan) {
    return false;
  }
  const auto written = to_json(*plan);
  const auto again = read_plan(written);
  if (!again || to_json(*again) != written) {
    std::abort();
  }
  return true;
}
