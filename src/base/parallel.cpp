#include "base/parallel.hpp"

#ifdef __linux__
#include <pthread.h>
#include <sched.h>
#endif

namespace mailfunnel {

#ifdef __linux__
void send_off(std::thread::native_handle_type thread, unsigned number) {
  cpu_set_t allowed;
  const int here = sched_getcpu();
  if (here < 0 || here >= CPU_SETSIZE || sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
    return; // more of them than a set has room for
  }
  const auto count = static_cast<unsigned>(CPU_COUNT(&allowed));
  auto steps = count == 0 ? 0 : number % count; // over allowed ones, around
  if (steps == 0) {
    return;
  }
  int there = here;
  while (steps != 0) {
    there = (there + 1) % CPU_SETSIZE;
    steps -= CPU_ISSET(there, &allowed) ? 1U : 0U;
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(there, &one);
  // Where neither is permitted it begins where it would have.
  if (pthread_setaffinity_np(thread, sizeof one, &one) == 0) {
    pthread_setaffinity_np(thread, sizeof allowed, &allowed);
  }
}
#else
void send_off(std::thread::native_handle_type, unsigned) {}
#endif

} // namespace mailfunnel
