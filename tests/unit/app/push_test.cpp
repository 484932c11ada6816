#include "app/push.hpp"

#include "app/forget.hpp"
#include "app/segment_export.hpp"
#include "app/sync.hpp"
#include "test_workspace.hpp"
#include "toy_esp.hpp"

#include <cstdlib>
#include <random>
#include <set>

namespace mailfunnel {
namespace {

using toy::Fault;
using Action = MemberChange::Action;

constexpr std::string_view k_config = R"toml([[account]]
name = "news"
esp = "toy"
[scoring]
profile = "seed"
[[segment]]
name = "warm"
where = "clicked(at least 1)"
push = [{ account = "news", as = "tag", name = "Warm" },
        { account = "news", as = "fields", fields = { score = "SCORE", status = "STATUS" } }]
[schedule]
hold = "0d"
)toml";

struct PushTest : TestWorkspace {
  explicit PushTest(std::string_view config = k_config) : TestWorkspace(config) {
    workspace.registry.add("toy", std::make_unique<toy::ToyAdapter>());
    workspace.threads = 1;
  }
  const SegmentConfig& segment() const { return workspace.config.segments.front(); }
  const PushConfig& tag() const { return segment().push.at(0); }
  const PushConfig& fields() const { return segment().push.at(1); }

  ConnectionSettings settings() {
    auto out = toy::settings_for(platform);
    out.sleep = [](unsigned) {};
    return out;
  }
  /// As the command does it.
  PushResult push(const PushConfig& target, std::optional<Seconds> now = std::nullopt) {
    auto opened = store();
    Pusher pusher(opened, workspace, "news", settings(), now.value_or(k_now));
    PushResult result;
    if (const auto settled = pusher.settle(target); !settled) {
      result.error = settled.error();
      return result;
    }
    const auto made = pusher.plan(segment(), target);
    if (!made) {
      result.error = made.error();
      return result;
    }
    return pusher.apply(made->plan, {});
  }
  PushPlan plan(const PushConfig& target) {
    auto opened = store();
    Pusher pusher(opened, workspace, "news", settings(), k_now);
    const auto made = pusher.plan(segment(), target);
    REQUIRE(made.has_value());
    return made->plan;
  }
  void events(std::string_view ndjson) {
    static int s_file = 0; // NOLINT
    const auto summary = import(fmt::format("events-{}.ndjson", ++s_file), ndjson);
    REQUIRE_EQ(summary.failed, 0);
    REQUIRE_EQ(summary.total.rejected, 0);
  }
  std::set<std::string> in_target() const {
    std::set<std::string> out;
    for (const auto& [address, contact] : platform.contacts) {
      if (contact.in_target) {
        out.insert(address);
      }
    }
    return out;
  }

  toy::Platform platform;
};

std::string event(std::string_view kind, std::string_view address, Seconds time) {
  auto line =
      fmt::format(R"({{"kind":"{}","account":"news","address":"{}","time":"{}","campaign":"c1")",
                  kind, address, format_time(time));
  if (kind == "click") {
    line += R"(,"link":"https://shop.example/pricing")";
  } else if (kind == "bounce") {
    line += R"(,"bounce":{"class":"hard","reason":"user_unknown"})";
  } else if (kind == "resubscribe") {
    line += R"(,"proof":"double opt-in")";
  }
  return line + "}\n";
}

/// Twelve who clicked; some of them may not be mailed.
void twelve(PushTest& test) {
  std::string all;
  for (int i = 0; i < 12; ++i) {
    const auto address = fmt::format("p{:02}@example.com", i);
    all += event("delivered", address, k_now - 10 * k_day) +
           event("click", address, k_now - 9 * k_day - i);
    test.platform.contacts[address];
  }
  test.events(all);
  test.platform.contacts["p01@example.com"].subscription = Subscription::unsubscribed;
  test.platform.contacts.erase("p02@example.com");
  test.events(event("unsubscribe", "p03@example.com", k_now - 5 * k_day));
  test.platform.contacts["stranger@example.com"].in_target = true;
}

TEST_CASE("push: a plan is the difference, with a reason for everybody who is kept out") {
  PushTest test;
  twelve(test);
  const auto plan = test.plan(test.tag());
  CHECK_EQ(plan.count(Action::add), 9);
  CHECK_EQ(plan.count(Action::remove), 1);
  CHECK(plan.first);
  CHECK(plan.may_start_automations);
  std::map<std::string, std::string> why;
  for (const auto& [address, reason] : plan.blocked) {
    why[address] = reason;
  }
  const std::map<std::string, std::string> expected{{"p01@example.com", "unsubscribed at news"},
                                                    {"p02@example.com", "no contact at news"},
                                                    {"p03@example.com", "unsubscribed"}};
  CHECK((why == expected));

  const auto result = test.push(test.tag());
  CHECK_FALSE(result.error.has_value());
  CHECK_EQ(result.added, 9);
  CHECK_EQ(result.removed, 1);
  CHECK_EQ(result.requests, 2); // ten changes, five a request
  CHECK_EQ(test.in_target().size(), 9);
  const auto again = test.push(test.tag());
  CHECK_EQ(again.run, 0); // nothing to do
  CHECK_FALSE(test.plan(test.tag()).first);
}

TEST_CASE("push: fields are set where they differ, and emptied for those who left the segment") {
  PushTest test;
  twelve(test);
  test.platform.contacts["stranger@example.com"] = {Subscription::subscribed, false, {"7", "MQL"}};
  const auto first = test.push(test.fields());
  CHECK_EQ(first.set, 10);
  CHECK_EQ(test.platform.contacts["p05@example.com"].fields, std::vector<std::string>{"20", "MQL"});
  CHECK_EQ(test.platform.contacts["stranger@example.com"].fields, std::vector<std::string>{"", ""});
  CHECK_EQ(test.platform.contacts["p03@example.com"].fields, std::vector<std::string>{"", ""});
  CHECK_EQ(test.push(test.fields()).run, 0);
}

TEST_CASE("push: fields are emptied also where those alone are told who are asked for") {
  PushTest test;
  twelve(test);
  test.platform.tells_asked_only = true;
  test.platform.contacts["stranger@example.com"] = {Subscription::subscribed, false, {"7", "MQL"}};
  CHECK_EQ(test.push(test.fields()).set, 9);
  const std::vector<std::string> empty{"", ""};
  test.workspace.config.segments.front().expression = // none of them is in it any more
      parse_expression("clicked(at least 2)").expression;
  CHECK_EQ(test.push(test.fields()).set, 9);
  CHECK_EQ(test.platform.contacts["p05@example.com"].fields, empty);
  CHECK_EQ(test.platform.contacts["stranger@example.com"].fields.front(), "7"); // not ours
  CHECK_EQ(test.push(test.fields()).run, 0);
}

TEST_CASE("push: who leaves between the plan and the request is not sent") {
  PushTest test;
  twelve(test);
  auto opened = test.store();
  Pusher pusher(opened, test.workspace, "news", test.settings(), k_now);
  auto made = pusher.plan(test.segment(), test.tag());
  REQUIRE(made.has_value());
  test.events(event("complaint", "p07@example.com", k_now - k_day));
  const auto result = pusher.apply(made->plan, {});
  CHECK_EQ(result.added, 8);
  REQUIRE_EQ(result.refused.size(), 1);
  CHECK_EQ(result.refused.front().address, "p07@example.com");
  CHECK_EQ(result.refused.front().reason, "complained");
  CHECK_FALSE(test.in_target().contains("p07@example.com"));
}

TEST_CASE("push: cut off before or after any request, it ends in the same state") {
  PushTest calm;
  twelve(calm);
  CHECK_FALSE(calm.push(calm.tag()).error.has_value());
  const auto expected = calm.in_target();
  const auto requests = calm.platform.requests;
  for (const auto kind :
       {Fault::unreachable, Fault::lost_reply, Fault::cut_json, Fault::server_error}) {
    for (std::uint64_t cut = 0; cut < requests; ++cut) {
      CAPTURE(cut);
      CAPTURE(static_cast<int>(kind));
      PushTest test;
      twelve(test);
      test.platform.fault = [&](std::uint64_t number, const HttpRequest&) {
        return number == cut ? kind : Fault::none;
      };
      test.push(test.tag());
      test.platform.fault = {};
      CHECK_FALSE(test.push(test.tag()).error.has_value());
      CHECK_EQ(test.in_target(), expected);
      CHECK_LE(test.platform.changes, 10 + 5); // at most one request's changes were made twice
    }
  }
}

TEST_CASE("push: a lost answer is settled by looking, and sent once") {
  PushTest test;
  twelve(test);
  test.platform.fault = [](std::uint64_t, const HttpRequest& request) {
    static bool s_lost = false; // NOLINT
    const bool lose = request.url.ends_with("/change") && !std::exchange(s_lost, true);
    return lose ? Fault::lost_reply : Fault::none;
  };
  const auto result = test.push(test.tag());
  CHECK_FALSE(result.error.has_value());
  CHECK_EQ(result.added + result.removed, 10);
  CHECK_EQ(test.platform.changes, 10);
}

TEST_CASE("push: a request that fails refuses its members once, and the next push has them") {
  PushTest test;
  twelve(test);
  test.platform.fault = [](std::uint64_t, const HttpRequest& request) {
    return request.url.ends_with("/change") ? Fault::server_error : Fault::none;
  };
  const auto planned = test.plan(test.tag()).changes.size();
  const auto result = test.push(test.tag());
  CHECK_FALSE(result.error.has_value());
  CHECK_EQ(result.refused.size(), planned);
  for (const auto& refused : result.refused) {
    CHECK_NE(refused.reason.find("500"), std::string::npos);
  }
  CHECK_EQ(test.platform.changes, 0);
  auto opened = test.store();
  const auto runs = PushJournal(opened).runs();
  REQUIRE_EQ(runs.size(), 1);
  CHECK_EQ(runs.front().refused, planned);
  CHECK_EQ(runs.front().why, result.refused.front().reason);
  test.platform.fault = {};
  CHECK(test.push(test.tag()).refused.empty());
  CHECK(test.plan(test.tag()).changes.empty());
}

TEST_CASE("push: a job that nobody tells of is settled by looking") {
  PushTest plain;
  twelve(plain);
  plain.push(plain.tag());
  for (const int status : {404, 500, 400}) {
    PushTest one;
    twelve(one);
    one.platform.job = [status] { return status; };
    const auto result = one.push(one.tag());
    CHECK_FALSE(result.error.has_value());
    CHECK(result.refused.empty());
    CHECK_EQ(one.in_target(), plain.in_target());
    CHECK_EQ(result.added, plain.in_target().size());
  }
}

TEST_CASE("push: a kept plan is refused when the platform changed, and bars who left since") {
  PushTest test;
  twelve(test);
  const auto saved = to_json(test.plan(test.tag()));
  auto opened = test.store();
  const auto apply = [&]() -> Result<PushResult> {
    MF_TRY(plan, read_plan(saved));
    Pusher pusher(opened, test.workspace, "news", test.settings(), k_now);
    MF_CHECK(pusher.refresh(plan));
    return pusher.apply(std::move(plan), {});
  };
  SUBCASE("somebody is in it already") {
    test.platform.contacts["p05@example.com"].in_target = true;
    CHECK_EQ(apply().error().code, ErrorCode::conflict);
    CHECK_EQ(test.platform.changes, 0);
  }
  SUBCASE("somebody unsubscribed there") {
    test.platform.contacts["p05@example.com"].subscription = Subscription::unsubscribed;
    CHECK_EQ(apply().error().code, ErrorCode::conflict);
  }
  SUBCASE("somebody left by what we know") {
    test.events(event("unsubscribe", "p05@example.com", k_now - k_day));
    const auto result = apply();
    REQUIRE(result.has_value());
    CHECK_EQ(result->added, 8);
    CHECK_FALSE(test.in_target().contains("p05@example.com"));
  }
  SUBCASE("what the file says of guards does not count") {
    auto edited = saved;
    edited.replace(edited.find("\"use\":\"mailing\""), 15, "\"use\":\"sales\"");
    auto plan = read_plan(edited);
    REQUIRE(plan.has_value());
    test.platform.contacts["p05@example.com"].subscription = Subscription::unsubscribed;
    Pusher pusher(opened, test.workspace, "news", test.settings(), k_now);
    CHECK_EQ(pusher.refresh(*plan).error().code, ErrorCode::conflict);
    CHECK_EQ(plan->use, SegmentUse::mailing);
    edited.replace(edited.find("\"segment\":\"warm\""), 16, "\"segment\":\"other\"");
    plan = read_plan(edited);
    REQUIRE(plan.has_value());
    CHECK_EQ(pusher.refresh(*plan).error().code, ErrorCode::conflict);
  }
  SUBCASE("it is no plan") {
    CHECK_EQ(read_plan("{}").error().code, ErrorCode::bad_syntax);
    CHECK_EQ(read_plan("nothing").error().code, ErrorCode::bad_syntax);
  }
}

TEST_CASE("push --revert: the inverse, with all guards") {
  PushTest test;
  twelve(test);
  const auto pushed = test.push(test.tag());
  test.events(event("unsubscribe", "p05@example.com", k_now - k_day));
  test.platform.contacts["p06@example.com"].in_target = false; // by hand
  auto opened = test.store();
  Pusher pusher(opened, test.workspace, "news", test.settings(), k_now);
  auto plan = pusher.inverse(pushed.run);
  REQUIRE(plan.has_value());
  CHECK_EQ(plan->count(Action::remove), 8);
  CHECK_EQ(plan->count(Action::add), 0); // the stranger is nobody of ours
  const auto result = pusher.apply(*plan, {}, pushed.run);
  CHECK_EQ(result.removed, 8);
  CHECK(test.in_target().empty());
}

/// An attribute as another account's contacts bring it.
std::string left_elsewhere(std::string_view address, std::string_view state) {
  return fmt::format(
      R"({{"recipient":{{"account":"other","address":"{}","subscription":"{}","changed_at":"2026-03-01T00:00:00Z"}}}})"
      "\n",
      address, state);
}

constexpr std::string_view k_two_accounts = R"toml([[account]]
name = "news"
esp = "toy"
[[account]]
name = "other"
esp = "mailfunnel"
[scoring]
profile = "seed"
[[segment]]
name = "warm"
where = "clicked(at least 1)"
push = [{ account = "news", as = "tag", name = "Warm" }]
[schedule]
hold = "0d"
)toml";

TEST_CASE("push: who left a list of another account is not added, nor when that comes in between") {
  for (const auto* state : {"unsubscribed", "cleaned"}) {
    CAPTURE(state);
    PushTest test(k_two_accounts);
    twelve(test);
    test.events(left_elsewhere("p05@example.com", state));
    CHECK_EQ(test.plan(test.tag()).count(Action::add), 8);
    auto opened = test.store();
    Pusher pusher(opened, test.workspace, "news", test.settings(), k_now);
    auto made = pusher.plan(test.segment(), test.tag());
    REQUIRE(made.has_value());
    test.events(left_elsewhere("p06@example.com", state));
    const auto result = pusher.apply(made->plan, {});
    CHECK_EQ(result.added, 7);
    CHECK_FALSE(test.in_target().contains("p05@example.com"));
    CHECK_FALSE(test.in_target().contains("p06@example.com"));
  }
}

TEST_CASE("push: who leaves by a clock that is ahead of ours is not sent") {
  PushTest test;
  twelve(test);
  auto opened = test.store();
  Pusher pusher(opened, test.workspace, "news", test.settings(), k_now);
  auto made = pusher.plan(test.segment(), test.tag());
  REQUIRE(made.has_value());
  test.events(event("unsubscribe", "p07@example.com", k_now + 3600));
  CHECK_EQ(pusher.apply(made->plan, {}).added, 8);
  CHECK_FALSE(test.in_target().contains("p07@example.com"));
}

TEST_CASE("push: a kept plan brings back nobody who was erased, and names no target of its own") {
  PushTest test;
  twelve(test);
  auto saved = to_json(test.plan(test.tag()));
  auto opened = test.store();
  Pusher pusher(opened, test.workspace, "news", test.settings(), k_now);
  SUBCASE("somebody was erased") {
    forget(opened, test.workspace, {{"p05@example.com"}, false, "test", k_now}, {});
    auto plan = read_plan(saved);
    REQUIRE(plan.has_value());
    REQUIRE(pusher.refresh(*plan).has_value());
    const auto result = pusher.apply(*plan, {});
    CHECK_EQ(result.added, 8);
    CHECK_FALSE(test.in_target().contains("p05@example.com"));
  }
  SUBCASE("another target") {
    saved.replace(saved.find("\"name\":\"Warm\""), 13, "\"name\":\"Cold\"");
    auto plan = read_plan(saved);
    REQUIRE(plan.has_value());
    CHECK_EQ(pusher.refresh(*plan).error().code, ErrorCode::conflict);
  }
}

TEST_CASE("push --revert: adds nobody again who left since") {
  PushTest test;
  twelve(test);
  auto& contact = test.platform.contacts["p01@example.com"]; // unsubscribed, and still in it
  contact.in_target = true;
  const auto pushed = test.push(test.tag());
  CHECK_FALSE(contact.in_target);
  contact.subscription = Subscription::subscribed;
  const auto would_add = [&] {
    auto opened = test.store();
    Pusher pusher(opened, test.workspace, "news", test.settings(), k_now);
    const auto plan = pusher.inverse(pushed.run);
    REQUIRE(plan.has_value());
    return plan->count(Action::add);
  };
  CHECK_EQ(would_add(), 1);
  SUBCASE("there") {
    contact.subscription = Subscription::unsubscribed;
    CHECK_EQ(would_add(), 0);
  }
  SUBCASE("by what we know") {
    test.events(event("complaint", "p01@example.com", k_now - k_day));
    CHECK_EQ(would_add(), 0);
  }
}

TEST_CASE("push: whom [audience] exclude names is kept out, and out of lists") {
  const auto config =
      std::string(k_config) + "[audience]\nexclude = 'email = \"p05@example.com\"'\n";
  PushTest test(config);
  twelve(test);
  test.push(test.tag());
  CHECK_EQ(test.in_target().size(), 8);
  CHECK_FALSE(test.in_target().contains("p05@example.com"));
  auto store = test.store();
  const auto list = run_segments(store, test.workspace, k_now, {request_of(test.segment())},
                                 SegmentForm{ExportFormat::machine})[0];
  CHECK_EQ(list.kept_out_excluded, 1);
  CHECK_EQ(list.text.find("p05@example.com"), list.text.npos);
}

TEST_CASE("push: only who is subscribed at the platform, not whom it cleaned or does not tell of") {
  for (const auto state : {Subscription::cleaned, Subscription::unknown}) {
    PushTest test;
    twelve(test);
    test.platform.contacts["p05@example.com"].subscription = state;
    test.push(test.tag());
    CHECK_EQ(test.in_target().size(), 8);
    CHECK_FALSE(test.in_target().contains("p05@example.com"));
  }
}

TEST_CASE("push: who leaves while the first request is on its way is in no second one") {
  PushTest test;
  twelve(test);
  bool left = false;
  test.platform.fault = [&](std::uint64_t, const HttpRequest& request) {
    if (request.url.ends_with("/change") && !std::exchange(left, true)) {
      std::string all;
      for (int i = 0; i < 12; ++i) {
        all += event("complaint", fmt::format("p{:02}@example.com", i), k_now - k_day);
      }
      test.events(all);
    }
    return Fault::none;
  };
  CHECK_LE(test.push(test.tag()).added, toy::k_batch);
  CHECK_LE(test.in_target().size(), toy::k_batch);
}

TEST_CASE("push: whom the platform refused to send to, as it knows of an earlier leaving") {
  for (const auto* reason : {"unsubscribed", "feedback"}) {
    CAPTURE(reason);
    PushTest test;
    twelve(test);
    test.events(fmt::format(
        R"({{"kind":"dropped","account":"news","address":"p05@example.com","time":"{}","campaign":"c1","bounce":{{"class":"soft","reason":"{}"}}}})"
        "\n",
        format_time(k_now - k_day), reason));
    test.push(test.tag());
    CHECK_EQ(test.in_target().size(), 8);
    CHECK_FALSE(test.in_target().contains("p05@example.com"));
  }
}

TEST_CASE("push: nobody is taken off a suppression list") {
  PushTest test(R"toml([[account]]
name = "news"
esp = "toy"
[[segment]]
name = "out"
use = "suppression"
where = "suppressed"
push = [{ account = "news", as = "suppression" }]
)toml");
  twelve(test);
  const auto result = test.push(test.tag());
  CHECK_FALSE(result.error.has_value());
  CHECK_EQ(result.removed, 0);
  CHECK(test.in_target().contains("stranger@example.com"));
  CHECK(test.in_target().contains("p03@example.com"));
}

TEST_CASE("push: who would leave in numbers, and a first push, ask first") {
  PushPlan plan;
  plan.members = 100;
  plan.changes.resize(60);
  for (auto& planned : plan.changes) {
    planned.change.action = Action::remove;
  }
  CHECK_NE(questions(plan, {}).large_removal, "");
  CHECK_EQ(questions(plan, {}).confirm, "");
  plan.changes.resize(49);
  CHECK_EQ(questions(plan, {}).large_removal, "");
  plan.first = true;
  CHECK_NE(questions(plan, {}).confirm, "");
  plan.first = false;
  plan.members = 6000;
  plan.changes.assign(601, {0, {Action::add, "", "", {}}, {}});
  CHECK_NE(questions(plan, {}).confirm, "");
  plan.changes.resize(500);
  CHECK_EQ(questions(plan, {}).confirm, "");
}

TEST_CASE(
    "push: a status goes out when it held long enough; to SQL and out of it by leaving at once") {
  constexpr std::string_view k_held = R"([[account]]
name = "news"
esp = "toy"
[scoring]
profile = "seed"
[[segment]]
name = "mql"
where = "status = MQL"
push = [{ account = "news", as = "tag" }]
)";
  PushTest test(k_held);
  for (const auto* address : {"old@example.com", "new@example.com"}) {
    test.platform.contacts[address];
  }
  test.events(event("delivered", "old@example.com", k_now - 9 * k_day) +
              event("click", "old@example.com", k_now - 8 * k_day) +
              event("delivered", "new@example.com", k_now - 9 * k_day) +
              event("click", "new@example.com", k_now - 3600));
  const auto plan = test.plan(test.tag());
  CHECK_EQ(plan.count(Action::add), 1);
  REQUIRE_EQ(plan.blocked.size(), 1);
  CHECK_EQ(plan.blocked.front().address, "new@example.com");
  CHECK_EQ(plan.blocked.front().reason.substr(0, 5), "held:");
}

// ---- histories
// -----------------------------------------------------------------------------------

/// What the rules say of one person, kept beside the program.
struct Model {
  bool suppressed = false; // by our own events
  bool final = false;      // complained or bounced: no opt-in by itself lifts that
};

unsigned histories() {
  const char* asked = std::getenv("MF_HISTORIES"); // NOLINT(concurrency-mt-unsafe)
  return asked == nullptr ? 300 : static_cast<unsigned>(std::atoi(asked));
}

TEST_CASE(
    "push: nobody is re-subscribed, in random histories of opt-in, opt-out, bounce, import and "
    "push") {
  constexpr unsigned k_people = 30, k_rounds = 8;
  for (unsigned seed = 0; seed < histories() / k_people + 1; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto one_in = [&random](unsigned n) { return random() % n == 0; };
    PushTest test;
    std::map<std::string, Model> people;
    for (unsigned i = 0; i < k_people; ++i) {
      const auto address = fmt::format("p{}@example.com", i);
      people[address];
      if (!one_in(6)) {
        auto& contact = test.platform.contacts[address];
        contact.subscription = one_in(5) ? Subscription::unsubscribed : Subscription::subscribed;
        contact.in_target = one_in(4);
      }
    }
    test.platform.must_not_add = [&](const std::string& address) {
      return people.at(address).suppressed ||
             test.platform.contacts.at(address).subscription != Subscription::subscribed;
    };
    Seconds clock = k_now - 40 * k_day;
    for (unsigned round = 0; round < k_rounds; ++round) {
      std::string log;
      for (auto& [address, model] : people) {
        clock += 60;
        if (one_in(3)) {
          log += event("delivered", address, clock) + event("click", address, clock + 30);
        }
        if (one_in(12)) {
          log += event("unsubscribe", address, clock + 31);
          model.suppressed = true;
        } else if (one_in(20)) {
          log += event(one_in(2) ? "complaint" : "bounce", address, clock + 31);
          model.suppressed = model.final = true;
        } else if (one_in(10) && model.suppressed && !model.final) {
          log += event("resubscribe", address, clock + 31);
          model.suppressed = false;
        }
        if (const auto contact = test.platform.contacts.find(address);
            contact != test.platform.contacts.end() && one_in(8)) {
          contact->second.subscription =
              one_in(2) ? Subscription::unsubscribed : Subscription::subscribed;
        }
      }
      if (!log.empty()) {
        test.events(log);
      }
      std::map<std::string, Subscription> before;
      for (const auto& [address, contact] : test.platform.contacts) {
        before[address] = contact.subscription;
      }
      const auto cut = random() % 12;
      const auto fault = static_cast<Fault>(random() % 5);
      test.platform.requests = 0;
      test.platform.fault = [&](std::uint64_t number, const HttpRequest&) {
        return number == cut ? fault : Fault::none;
      };
      const auto& target = one_in(2) ? test.tag() : test.fields();
      const auto result = test.push(target, clock + 60);
      CHECK_EQ(join(test.platform.wrongs, ", "), "");
      CHECK_EQ(test.platform.contacts.size(), before.size()); // nobody was made a contact
      for (const auto& [address, contact] : test.platform.contacts) {
        CHECK_EQ(contact.subscription, before.at(address));
        if (!result.error && result.refused.empty() && &target == &test.tag() &&
            contact.in_target) {
          CHECK_FALSE(people.at(address).suppressed);
        }
      }
    }
  }
}

} // namespace
} // namespace mailfunnel
