// Others write while an import runs: nobody gets another's events, no link another's clicks.

#include "base/text.hpp"
#include "store/catalog.hpp"
#include "store/recipients.hpp"

#include "test_workspace.hpp"

#include <vector>

namespace mailfunnel {
namespace {

constexpr std::string_view k_config = R"(
[[account]]
name = "a"
esp = "generic"
)";

/// Of people `first` to `end` in that order, a click each on a link of its own.
std::string log_of(int first, int end, int step = 1) {
  std::string out;
  for (int i = first; step > 0 ? i < end : i > end; i += step) {
    out += fmt::format(
        R"({{"kind":"click","account":"a","address":"p{}@example.com","contact_id":"c{}","time":"{}","campaign":"m{}","link":"https://shop.example/{}","note":"{:600}"}})"
        "\n",
        i, i, format_time(k_now - k_day - i), i % 3, i % 2'000, "");
  }
  return out;
}

struct Beside : TestWorkspace {
  Beside() : TestWorkspace(k_config) {
    workspace.threads = 1;
    workspace.memory = 1 << 20; // several batches
  }
  /// Imports `text`, and each of `others` when so many pieces of it were read, over a connection of
  /// its own as another process would.
  void import_beside(std::string_view text, std::vector<std::string> others) {
    const auto path = (folder / "long.ndjson").string();
    REQUIRE(write_file(path, text).has_value());
    auto opened = store();
    ImportRequest request;
    request.paths = {path};
    request.rejects = (folder / "rejects").string();
    request.now = k_now;
    ImportHooks hooks;
    std::size_t pieces = 0;
    hooks.progress = [&](const std::string&, std::uint64_t, std::uint64_t) {
      if (pieces < others.size() && !others[pieces].empty()) {
        CHECK_EQ(import(fmt::format("other-{}.ndjson", pieces), others[pieces]).failed, 0);
      }
      ++pieces;
    };
    CHECK_EQ(import_paths(opened, workspace, request, hooks).failed, 0);
    CHECK_GE(pieces, others.size());
  }
};

TEST_CASE("import beside another: the same store as one after the other") {
  const auto text = log_of(0, 6'000);
  REQUIRE_GT(text.size(), 3 << 20);
  struct Row {
    const char* name;
    std::vector<std::string> others; // behind each MiB or so
  };
  for (const auto& row : {
           Row{"new people", {log_of(7'000, 8'000)}},
           Row{"the same people in another order", {log_of(5'999, -1, -1)}},
           Row{"some of both, again and again",
               {log_of(8'000, 7'000, -1), log_of(500, 100, -1), log_of(5'990, 4'000, -3)}},
           Row{"contact ids alone",
               {replace_all(log_of(5'000, 7'000), R"("address":"p)", R"("ignored":"p)")}},
       }) {
    CAPTURE(row.name);
    Beside calm;
    CHECK_EQ(calm.import("long.ndjson", text).failed, 0);
    for (const auto& other : row.others) {
      CHECK_EQ(calm.import("other.ndjson", other).failed, 0);
    }
    Beside busy;
    busy.import_beside(text, row.others);
    CHECK(busy.exported() == calm.exported());
    auto store = busy.store();
    Recipients recipients(store.database());
    for (RecipientId id = 0; id < recipients.count(); ++id) {
      const auto keys = recipients.keys_of(id);
      if (keys.size() > 1) { // p7 is c7
        CHECK_EQ(keys[0].substr(1, keys[0].find('@') - 1), keys[1].substr(keys[1].rfind('c') + 1));
      }
    }
  }
}

TEST_CASE("import beside another: mailings that the input names long after another wrote them") {
  const auto late = replace_all(log_of(4'000, 7'000), R"("campaign":"m)", R"("campaign":"late)");
  const auto other = replace_all(log_of(7'000, 7'300), R"("campaign":"m)", R"("campaign":"late)");
  for (const bool empty : {true, false}) {
    CAPTURE(empty);
    Beside calm, busy;
    for (auto* test : {&calm, &busy}) {
      if (!empty) {
        CHECK_EQ(test->import("before.ndjson", log_of(0, 50)).failed, 0);
      }
    }
    CHECK_EQ(calm.import("long.ndjson", log_of(0, 4'000) + late).failed, 0);
    CHECK_EQ(calm.import("other.ndjson", other).failed, 0);
    busy.import_beside(log_of(0, 4'000) + late, {other});
    CHECK(busy.exported() == calm.exported());
  }
}

TEST_CASE("import beside another: hundreds of mailings of both") {
  const auto many = [](int first, int end) {
    std::string out;
    for (int i = first; i < end; ++i) {
      out += replace_all(log_of(i, i + 1), fmt::format(R"("campaign":"m{}")", i % 3),
                         fmt::format(R"("campaign":"n{}")", i % 700));
    }
    return out;
  };
  Beside calm, busy;
  CHECK_EQ(calm.import("before.ndjson", many(0, 300)).failed, 0); // some are stored
  CHECK_EQ(busy.import("before.ndjson", many(0, 300)).failed, 0);
  CHECK_EQ(calm.import("long.ndjson", many(0, 6'000)).failed, 0);
  CHECK_EQ(calm.import("other.ndjson", many(8'000, 8'500)).failed, 0);
  busy.import_beside(many(0, 6'000), {"", many(8'000, 8'500)});
  CHECK(busy.exported() == calm.exported());
}

TEST_CASE("import beside another: a number that was given twice is told in no event") {
  Beside busy;
  busy.import_beside(log_of(0, 6'000), {log_of(9'000, 8'000, -1)});
  const auto exported = busy.exported();
  std::size_t lines = 0;
  for (const auto line : split(exported, '\n')) {
    if (line.empty()) {
      continue;
    }
    ++lines;
    const auto at = line.find("\"address\":\"p") + 12;
    const auto number = line.substr(at, line.find('@', at) - at);
    const auto link = fmt::format("shop.example/{}\"", *parse_int(number) % 2'000);
    CHECK(line.find(link) != line.npos);
  }
  CHECK_EQ(lines, 7'000);
}

} // namespace
} // namespace mailfunnel
