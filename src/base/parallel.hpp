#pragma once
// Work for several threads, without a pool: a job here runs for milliseconds or more.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace mailfunnel {

/// Threads to use when the user does not say.
inline unsigned default_threads() {
  const auto count = std::thread::hardware_concurrency();
  return count == 0 ? 1 : count;
}

/// Sends a new thread, which this one made as its `number`th, to a processor of its own; from there
/// it runs wherever there is room. Of itself Linux begins it where its maker runs, if that is a
/// virtual machine's processor (an idle one is taken for one that the host needs): both share it
/// for some ten milliseconds, which is as long as many jobs here take.
void send_off(std::thread::native_handle_type thread, unsigned number);

/// Calls body(thread) once on each of `threads` threads and waits. The first exception is thrown
/// again.
template<typename Body> void on_threads(unsigned threads, Body body) {
  std::exception_ptr failure;
  std::mutex mutex;
  const auto run = [&](unsigned thread) {
    try {
      body(thread);
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = failure ? failure : std::current_exception();
    }
  };
  std::vector<std::thread> others;
  for (unsigned thread = 1; thread < threads; ++thread) {
    others.emplace_back(run, thread);
    send_off(others.back().native_handle(), thread);
  }
  run(0);
  for (auto& other : others) {
    other.join();
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
}

/// Calls body(i, thread) for every i below count, handed out one by one.
template<typename Body> void parallel_for(std::size_t count, unsigned threads, Body body) {
  std::atomic<std::size_t> next{0};
  threads = static_cast<unsigned>(std::min<std::size_t>(threads, count));
  on_threads(threads == 0 ? 1 : threads, [&](unsigned thread) {
    for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) {
      body(i, thread);
    }
  });
}

} // namespace mailfunnel
