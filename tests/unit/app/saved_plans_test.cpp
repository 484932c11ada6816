// Plans that wait for somebody: who may carry out what, and how long they stay.

#include "app/saved_plans.hpp"

#include "app/forget.hpp"
#include "app/notices.hpp"
#include "test_workspace.hpp"

#include <doctest/doctest.h>

namespace mailfunnel {
namespace {

using Action = MemberChange::Action;

PushPlan plan_with(std::vector<std::string> added, std::string target = "Warm") {
  PushPlan plan;
  plan.segment = "warm";
  plan.target.account = "news";
  plan.target.as = TargetKind::tag;
  plan.target.name = std::move(target);
  plan.members = 10;
  for (auto& address : added) {
    PlannedChange planned{k_nobody, {}, {}};
    planned.change = {Action::add, std::move(address), "", {}};
    plan.changes.push_back(std::move(planned));
  }
  plan.blocked.push_back({"out@example.com", "unsubscribed"});
  return plan;
}

struct Plans : TestWorkspace {
  SavedPlan save(const PushPlan& plan, Seconds now = k_now) {
    return plans.save(plan, {"", "nothing was ever sent to this target"}, "anna", now);
  }
  PushRules rules(unsigned approvals) const {
    PushRules out;
    out.approvals = approvals;
    return out;
  }
  PlanState state(std::int64_t id) { return plans.find(id).value().state; }

  Store opened = store();
  SavedPlans plans{opened};
};

TEST_CASE("plans: what was saved is there, with its counts and the question") {
  Plans test;
  const auto saved = test.save(plan_with({"a@example.com", "b@example.com"}));
  CHECK_EQ(saved.state, PlanState::waiting);
  CHECK_EQ(saved.by, "anna");
  CHECK_EQ(saved.adds, 2);
  CHECK_EQ(saved.blocked, 1);
  CHECK_EQ(saved.asks.confirm, "nothing was ever sent to this target");
  CHECK_EQ(to_json(test.plans.read(saved.id)),
           to_json(plan_with({"a@example.com", "b@example.com"})));
}

TEST_CASE("plans: as many people as the config says, each of them once") {
  struct Row {
    const char* name;
    unsigned wanted;
    std::vector<std::string> who;
    PlanState state;
  };
  for (const auto& row :
       {Row{"0: still one, as it was kept to be looked at", 0, {"anna"}, PlanState::approved},
        Row{"nobody yet", 0, {}, PlanState::waiting}, Row{"1", 1, {"bob"}, PlanState::approved},
        Row{"2: one is not enough", 2, {"anna"}, PlanState::waiting},
        Row{"2: the same twice is one", 2, {"anna", "anna"}, PlanState::waiting},
        Row{"2: its maker may be one of them", 2, {"anna", "bob"}, PlanState::approved}}) {
    CAPTURE(row.name);
    Plans test;
    const auto rules = test.rules(row.wanted);
    const auto id = test.save(plan_with({"a@example.com"})).id;
    for (const auto& who : row.who) {
      CHECK(test.plans.approve(id, who, rules, k_now).has_value());
    }
    CHECK_EQ(test.state(id), row.state);
    CHECK_EQ(test.plans.begin(id, rules).has_value(), row.state == PlanState::approved);
  }
}

TEST_CASE("plans: approved by the rules of then is not enough for stricter ones of now") {
  Plans test;
  const auto id = test.save(plan_with({"a@example.com"})).id;
  CHECK(test.plans.approve(id, "anna", test.rules(1), k_now).has_value());
  CHECK_EQ(test.plans.begin(id, test.rules(2)).error().code, ErrorCode::conflict);
  CHECK(test.plans.approve(id, "bob", test.rules(2), k_now).has_value());
  CHECK(test.plans.begin(id, test.rules(2)).has_value());
}

TEST_CASE("plans: each is carried out once, and one that is over is touched by nobody") {
  Plans test;
  const auto rules = test.rules(1);
  const auto id = test.save(plan_with({"a@example.com"})).id;
  CHECK_EQ(test.plans.begin(id, rules).error().code, ErrorCode::conflict); // waits
  CHECK(test.plans.approve(id, "anna", rules, k_now).has_value());
  CHECK(test.plans.begin(id, rules).has_value());
  CHECK_EQ(test.plans.begin(id, rules).error().code, ErrorCode::conflict);
  test.plans.end(id, PlanState::done, "", 3, k_now);
  CHECK_EQ(test.plans.find(id)->push, 3);
  CHECK_EQ(test.plans.approve(id, "bob", rules, k_now).error().code, ErrorCode::conflict);
  CHECK_EQ(test.plans.reject(id, "bob", "", k_now).error().code, ErrorCode::conflict);
  CHECK_EQ(test.plans.begin(id, rules).error().code, ErrorCode::conflict);
  CHECK_EQ(test.plans.approve(99, "bob", rules, k_now).error().code, ErrorCode::not_found);
  CHECK_EQ(test.plans.approve(id, " ", rules, k_now).error().code, ErrorCode::usage);
}

TEST_CASE("plans: a rejected one says who and why") {
  Plans test;
  const auto id = test.save(plan_with({"a@example.com"})).id;
  CHECK(test.plans.approve(id, "anna", test.rules(1), k_now).has_value());
  const auto rejected = test.plans.reject(id, "bob", "not on a Friday", k_now);
  REQUIRE(rejected.has_value());
  CHECK_EQ(rejected->state, PlanState::rejected);
  CHECK_EQ(rejected->note, "bob: not on a Friday");
  CHECK_EQ(rejected->ended, k_now);
}

TEST_CASE("plans: the same again stays one, with its approvals; another takes its place") {
  Plans test;
  const auto rules = test.rules(2);
  const auto first = test.save(plan_with({"a@example.com"})).id;
  CHECK(test.plans.approve(first, "anna", rules, k_now).has_value());
  auto later = plan_with({"a@example.com"});
  later.made = later.as_of = k_now + 60;
  later.run = 9;
  CHECK_EQ(test.save(later).id, first);
  CHECK_EQ(test.plans.find(first)->approvals.size(), 1);

  const auto other_target = test.save(plan_with({"a@example.com"}, "Cold")).id;
  const auto second = test.save(plan_with({"a@example.com", "b@example.com"})).id;
  CHECK_EQ(test.state(first), PlanState::outdated);
  CHECK_EQ(test.state(other_target), PlanState::waiting);

  CHECK(test.plans.approve(second, "anna", test.rules(1), k_now).has_value());
  const auto third = test.save(plan_with({"c@example.com"})).id;
  CHECK_EQ(test.state(second), PlanState::approved); // nobody takes that back but a person
  CHECK_EQ(test.plans.approved_for("warm", plan_with({}).target)->id, second);
  CHECK_FALSE(test.plans.approved_for("warm", plan_with({}, "Cold").target).has_value());
  CHECK_EQ(test.state(third), PlanState::waiting);
}

TEST_CASE("plans: what a killed push was applying is told as cut off, of its account alone") {
  Plans test;
  const auto id = test.save(plan_with({"a@example.com"})).id;
  CHECK(test.plans.approve(id, "anna", {}, k_now).has_value());
  CHECK(test.plans.begin(id, {}).has_value());
  test.plans.close_left("other", k_now);
  CHECK_EQ(test.state(id), PlanState::applying);
  test.plans.close_left("news", k_now);
  CHECK_EQ(test.state(id), PlanState::failed);
}

TEST_CASE("plans: some hundred stay, for 90 days; one that is being applied stays anyway") {
  Plans test;
  const auto old = test.save(plan_with({"a@example.com"}), k_now - 91 * k_day).id;
  const auto applying = test.save(plan_with({"b@example.com"}, "B"), k_now - 91 * k_day).id;
  CHECK(test.plans.approve(applying, "anna", {}, k_now).has_value());
  CHECK(test.plans.begin(applying, {}).has_value());
  CHECK_EQ(SavedPlans::drop_old(test.opened.database(), k_now, true), 1);
  CHECK(test.plans.find(old).has_value());
  for (int i = 0; i < SavedPlans::k_kept + 5; ++i) {
    test.save(plan_with({fmt::format("p{}@example.com", i)}, fmt::format("T{}", i)));
  }
  CHECK_FALSE(test.plans.find(old).has_value());
  CHECK(test.plans.find(applying).has_value());
  CHECK_EQ(test.plans.newest(1'000).size(), SavedPlans::k_kept + 1);
}

TEST_CASE("plans: who is erased is in no plan any more, nor in one that is saved afterwards") {
  Plans test;
  test.import("log.ndjson", R"({"kind":"delivered","account":"news","address":"ann@example.com",)"
                            R"("time":"2026-03-01T00:00:00Z","campaign":"m1"})"
                            "\n");
  const auto made = plan_with({"ann@example.com", "bob@example.com"});
  const auto id = test.save(made).id;
  CHECK(test.plans.approve(id, "clerk", {}, k_now).has_value());
  const auto result = forget(test.opened, test.workspace,
                             {{"ann@example.com", "out@example.com"}, false, "clerk", k_now}, {});
  CHECK_EQ(result.plans, 2);
  const auto kept = test.plans.read(id);
  REQUIRE_EQ(kept.changes.size(), 1);
  CHECK_EQ(kept.changes.front().change.address, "bob@example.com");
  CHECK(kept.blocked.empty());
  CHECK_EQ(test.plans.find(id)->adds, 1);
  CHECK_EQ(test.state(id), PlanState::approved);

  CHECK_EQ(test.save(made).id, id); // without her it is the same
}

TEST_CASE("plans: people are told of one that waits, once") {
  Plans test;
  const auto id = test.save(plan_with({"a@example.com"})).id;
  const auto plans_told = [&] {
    std::vector<std::string> out;
    for (const auto& notice : notify(test.opened, test.workspace, k_now, false).told) {
      if (notice.kind == "plans") {
        out.push_back(notice.text);
      }
    }
    return out;
  };
  const auto told = plans_told();
  REQUIRE_EQ(told.size(), 1);
  CHECK(told.front().starts_with(fmt::format("plan {} waits for approval: segment \"warm\"", id)));
  CHECK(plans_told().empty());
}

} // namespace
} // namespace mailfunnel
