#include "base/parallel.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <set>
#include <stdexcept>

#include <sched.h>

namespace mailfunnel {
namespace {

cpu_set_t allowed() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  return set;
}

TEST_CASE("each number is handed out once, whatever the threads") {
  for (const auto threads : {0U, 1U, 2U, 3U, 17U}) {
    CAPTURE(threads);
    std::vector<std::atomic<int>> seen(1000);
    std::mutex mutex;
    std::set<unsigned> who;
    parallel_for(seen.size(), threads, [&](std::size_t i, unsigned thread) {
      ++seen[i];
      const std::lock_guard lock(mutex);
      who.insert(thread);
    });
    for (const auto& times : seen) {
      CHECK_EQ(times, 1);
    }
    CHECK_LT(*who.rbegin(), std::max(threads, 1U));
  }
}

TEST_CASE("the first failure of a thread is the caller's, when all have ended") {
  std::atomic<int> ended = 0;
  CHECK_THROWS_AS(on_threads(4,
                             [&](unsigned thread) {
                               ++ended;
                               if (thread == 2) {
                                 throw std::runtime_error("two");
                               }
                             }),
                  std::runtime_error);
  CHECK_EQ(ended, 4);
}

TEST_CASE("threads may run wherever their maker may, once they are sent off") {
  const auto before = allowed();
  std::atomic<int> free = 0;
  on_threads(5, [&](unsigned) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (auto mine = allowed(); std::chrono::steady_clock::now() < end; mine = allowed()) {
      if (CPU_EQUAL(&mine, &before)) {
        ++free;
        return;
      }
      std::this_thread::yield();
    }
  });
  CHECK_EQ(free, 5);
  const auto after = allowed();
  CHECK(CPU_EQUAL(&before, &after));
}

TEST_CASE("who may use one processor only gets threads all the same") {
  std::thread([] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0) {
      return;
    }
    std::atomic<int> ran = 0;
    on_threads(3, [&](unsigned) { ++ran; });
    CHECK_EQ(ran, 3);
  }).join();
}

} // namespace
} // namespace mailfunnel
