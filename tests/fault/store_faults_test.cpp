// The n-th thing that SQLite asks of the system fails, n = 1, 2, 3 … until nothing fails any more:
// use cases over a small store. Each time the store opens and is sound, an error says what to do,
// and the same once more gives what an undisturbed run gives.
//
// MF_FAULT_STRIDE: only every so many-th place of memory is tried, which are many; 1: all.

#include "fault/faulty_sqlite.hpp"

#include "app/forget.hpp"
#include "app/score_run.hpp"
#include "store/hook_spool.hpp"
#include "unit/app/test_workspace.hpp"

#include <cstdlib>
#include <map>

namespace mailfunnel {
namespace {

using fault::Fault;
namespace fs = std::filesystem;

[[maybe_unused]] const bool k_installed = [] { // before doctest's main opens anything
  fault::install_faulty_sqlite();
  return true;
}();

constexpr std::string_view k_gone = "p3@example.com";

std::string log_of(unsigned people, Seconds from) {
  std::string out;
  for (unsigned i = 0; i < people; ++i) {
    for (const auto* kind : {"delivered", "open", "click"}) {
      out += fmt::format(
          R"({{"kind":"{}","account":"a","address":"p{}@example.com","time":"{}","campaign":"c{}"{}}})"
          "\n",
          kind, i, format_time(from + 60 * i), i % 3,
          std::string_view(kind) == "click" ? R"(,"link":"https://shop.example/pricing")" : "");
    }
  }
  return out;
}

/// A workspace that can be put back to how it was.
struct World : TestWorkspace {
  World() : TestWorkspace("[[account]]\nname = \"a\"\nesp = \"generic\"\n") {
    workspace.threads = 1; // so that the n-th is the same in each run
    REQUIRE(write_file((folder / "more.ndjson").string(), log_of(9, k_now - k_day)).has_value());
    CHECK_EQ(import("log.ndjson", log_of(12, k_now - 9 * k_day)).failed, 0);
    fs::remove(folder / "log.ndjson"); // `forget` leaves files of others alone, and says so
  }
  void keep() {
    for (const auto& entry : fs::directory_iterator(folder)) {
      std::ifstream in(entry.path(), std::ios::binary);
      m_files[entry.path()] = {std::istreambuf_iterator<char>(in), {}};
    }
  }
  void put_back() const {
    for (const auto& entry : fs::directory_iterator(folder)) {
      fs::remove_all(entry.path());
    }
    for (const auto& [path, bytes] : m_files) {
      std::ofstream(path, std::ios::binary) << bytes;
    }
  }

private:
  std::map<fs::path, std::string> m_files;
};

struct UseCase {
  std::string_view name;
  void (*act)(World&); // Failure where it can't be done
  std::string (*look)(World&);
};

std::string events(World& world) {
  return world.exported();
}
std::string scores(World& world) {
  auto store = world.store();
  const auto run = run_of(store, world.workspace, k_now);
  return world.exported() + (run ? "scored" : "not scored");
}

constexpr std::string_view k_hook = "the body of a request";
SpooledHook hook(int number) {
  return {
      "a", k_now + number, "/hooks/a", {{"X-Number", std::to_string(number)}}, std::string(k_hook)};
}
std::string hooks(World& world) {
  HookSpool spool(world.workspace.store_path());
  std::string out;
  for (const auto& one : spool.read(1 << 20).hooks) {
    out += one.headers.front().second + (one.body == k_hook ? " " : "! ");
  }
  return out;
}

const UseCase k_use_cases[] = {
    {"import",
     [](World& world) {
       auto store = world.store();
       ImportRequest request;
       request.paths = {(world.folder / "more.ndjson").string()};
       request.rejects = (world.folder / "rejects").string();
       request.now = k_now;
       const auto summary = import_paths(store, world.workspace, request, {});
       for (const auto& file : summary.files) {
         if (file.error) {
           throw Failure(*file.error);
         }
       }
     },
     events},
    {"score",
     [](World& world) {
       auto store = world.store();
       run_scores(store, world.workspace, world.workspace.config.rules, k_now, true);
     },
     scores},
    {"forget",
     [](World& world) {
       auto store = world.store();
       forget(store, world.workspace, {{std::string(k_gone)}, false, "test", k_now}, {});
     },
     events},
    {"spool",
     [](World& world) {
       HookSpool spool(world.workspace.store_path());
       const auto waiting = spool.waiting().requests;
       for (int number = static_cast<int>(waiting); number < 3; ++number) {
         const auto one = hook(number);
         spool.append({&one});
       }
     },
     hooks},
    {"drop of the spool",
     [](World& world) {
       {
         HookSpool spool(world.workspace.store_path());
         const auto one = hook(7);
         if (spool.waiting().requests == 0) {
           spool.append({&one});
         }
         spool.drop(spool.read(1 << 20).last);
       }
     },
     hooks},
};

bool is_sound(World& world) {
  auto store = world.store();
  auto query = store.database().use("PRAGMA quick_check");
  return query.step() && query.text(0) == "ok" && !query.step();
}

unsigned stride() {
  const char* asked = std::getenv("MF_FAULT_STRIDE"); // NOLINT(concurrency-mt-unsafe)
  return asked == nullptr ? 37 : static_cast<unsigned>(std::atoi(asked));
}

/// Lets the n-th call fail. Was there one?
bool goes_on(World& world, const UseCase& use_case, Fault what, std::uint64_t n,
             const std::string& expected) {
  CAPTURE(n);
  world.put_back();
  std::string error;
  bool done = true;
  fault::arm(what, n);
  try {
    use_case.act(world);
  } catch (const Failure& failure) {
    done = false;
    error = failure.error.message;
  }
  const bool hit = fault::disarm();
  CHECK(is_sound(world));
  if (done) {
    CHECK_EQ(use_case.look(world), expected);
  } else {
    const bool advises =
        error.find("again") != error.npos || error.find("`mailfunnel ") != error.npos;
    CHECK_MESSAGE(advises, error);
    use_case.act(world);
    CHECK_EQ(use_case.look(world), expected);
  }
  return hit;
}

void every_place(Fault what, unsigned step) {
  for (const auto& use_case : k_use_cases) {
    CAPTURE(use_case.name);
    World world;
    world.keep();
    use_case.act(world);
    const auto expected = use_case.look(world);
    std::uint64_t places = 0;
    for (std::uint64_t n = 1; goes_on(world, use_case, what, n, expected); n += step) {
      ++places;
    }
    CHECK_GT(places, 3);
    MESSAGE(fault::name_of(what), ", ", use_case.name, ": ", places, " places");
  }
}

TEST_CASE("faults: a full disk") {
  every_place(Fault::full, 1);
}
TEST_CASE("faults: a broken disk") {
  every_place(Fault::broken, 1);
}
TEST_CASE("faults: one call that fails") {
  every_place(Fault::glitch, 1);
}
TEST_CASE("faults: a write that is cut short") {
  every_place(Fault::half_write, 1);
}
TEST_CASE("faults: a sync that fails") {
  every_place(Fault::sync, 1);
}
TEST_CASE("faults: no memory") {
  every_place(Fault::memory, stride());
}

} // namespace
} // namespace mailfunnel
