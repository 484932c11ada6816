#include "adapter/passing_sink.hpp"

#include "support/note_sink.hpp"

#include <doctest/doctest.h>

using namespace mailfunnel;

TEST_CASE("passing sink: records of one reason are skipped, the others go on") {
  NoteSink notes;
  PassingSink sink(notes, "nobody");
  sink.reject("nobody", "a");
  sink.reject("no time", "b");
  sink.accept(EventView{});
  sink.reject("nobody", "c");
  CHECK(sink.held() == 2);
  CHECK(notes.lines ==
        std::vector<std::string>{"skipped", "rejected: no time", "unknown ", "skipped"});
}
