// [schedule]: when `serve` syncs, scores and pushes, and what a push waits for.

#include "app/config_sections.hpp"

namespace mailfunnel {

void read_schedule(Section& top, Config& config) {
  auto section = top.section("schedule", "[schedule]");
  if (!section) {
    return;
  }
  config.push.hold = section->duration("hold").value_or(config.push.hold);
  config.schedule.jitter = section->duration("jitter").value_or(0);
  for (const auto* job : {"sync", "score", "push"}) {
    const auto text = section->text(job);
    if (!text || *text == "off") {
      continue;
    }
    if (auto timetable = Timetable::parse(*text)) {
      config.schedule.jobs.emplace(job, *std::move(timetable));
    } else {
      section->error(job, timetable.error().message);
    }
  }
  section->finish();
}

} // namespace mailfunnel
