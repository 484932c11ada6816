#include "base/time.hpp"

#include <doctest/doctest.h>

#include <random>

namespace mailfunnel {
namespace {

TEST_CASE("many times are written as one is") {
  std::mt19937_64 random(7); // NOLINT: the same every time
  TimeWriter writer;
  Seconds near = 1'774'958'400;
  for (int i = 0; i < 20'000; ++i) {
    if (i % 50 == 0) {
      near = static_cast<Seconds>(random() % 8'000'000'000) - 2'000'000'000;
    }
    const auto time = near + static_cast<Seconds>(random() % 100'000);
    CHECK(writer.write(time) == format_time(time));
  }
  for (const Seconds time : {Seconds{0}, Seconds{-1}, Seconds{-86'400}, Seconds{-86'401}, k_day - 1,
                             k_day, Seconds{253'402'300'800} /* the year 10000 */}) {
    CHECK(writer.write(time) == format_time(time));
    CHECK(writer.write(time + 1) == format_time(time + 1));
  }
}

} // namespace
} // namespace mailfunnel
