#include "app/sync.hpp"

#include "app/account_lease.hpp"
#include "app/reconcile.hpp"
#include "store/sync_state.hpp"
#include "test_workspace.hpp"
#include "toy_esp.hpp"

namespace mailfunnel {
namespace {

using toy::Fault;

constexpr std::string_view k_config = R"([[account]]
name = "news"
esp = "toy"
)";

toy::Platform platform_with_mailings() {
  toy::Platform platform;
  for (int m = 4; m > 0; --m) {
    toy::Mailing mailing{fmt::format("m{}", m), k_now - 20 * k_day + m * k_day, {}};
    for (int p = 0; p < 5; ++p) {
      const auto address = fmt::format("p{}@example.com", (p * m) % 7);
      mailing.events.push_back({"delivered", address, mailing.sent + 5});
      if (p % 2 == 0) {
        mailing.events.push_back({"open", address, mailing.sent + 60 + p});
      }
    }
    mailing.events.push_back({"click", "p1@example.com", mailing.sent + 90});
    platform.mailings.push_back(std::move(mailing));
  }
  return platform;
}

struct SyncTest : TestWorkspace {
  SyncTest() : TestWorkspace(k_config) {
    workspace.registry.add("toy", std::make_unique<toy::ToyAdapter>());
  }
  SyncSummary sync(toy::Platform& platform, bool full = false) {
    auto opened = store();
    auto settings = toy::settings_for(platform);
    settings.sleep = [](unsigned) {};
    SyncRequest request;
    request.account = "news";
    request.now = k_now;
    request.full = full;
    return sync_account(opened, workspace, request, settings, {});
  }
  std::size_t coverage() const {
    auto opened = store();
    return Catalog(opened.database()).coverage().size();
  }
};

TEST_CASE("sync: all that the platform has comes in, and the next time one request is enough") {
  SyncTest test;
  auto platform = platform_with_mailings();
  const auto first = test.sync(platform);
  CHECK(first.complete());
  CHECK_EQ(first.counts.events, 4 * 9);
  CHECK_EQ(first.counts.campaigns, 4);
  CHECK_EQ(test.coverage(), 1);
  const auto exported = test.exported();
  CHECK_NE(exported.find("p1@example.com"), std::string::npos);

  platform.log.clear();
  const auto second = test.sync(platform);
  CHECK(second.complete());
  CHECK_EQ(second.counts.fresh, 0);
  CHECK_EQ(platform.log, std::vector<std::string>{"GET /mailings", "GET /mailings"}); // two pages
  CHECK_EQ(test.exported(), exported);
}

TEST_CASE("sync: the newest mailing comes first, and stands in the store before the next is over") {
  SyncTest test;
  auto platform = platform_with_mailings();
  platform.fault = [](std::uint64_t number, const HttpRequest&) {
    return number < 5 ? Fault::none : Fault::unreachable; // the list of mailings, and one mailing
  };
  const auto summary = test.sync(platform);
  CHECK(summary.error.has_value());
  CHECK_GT(summary.left, 0);
  const auto exported = test.exported();
  CHECK_NE(exported.find("\"m4\""), std::string::npos);
  CHECK_EQ(exported.find("\"m1\""), std::string::npos);
  CHECK_EQ(test.coverage(), 0); // nobody's silence counts yet
}

TEST_CASE("sync: cut off before any request, it goes on where it was") {
  auto platform = platform_with_mailings();
  SyncTest undisturbed;
  CHECK(undisturbed.sync(platform).complete());
  const auto requests = platform.requests;
  const auto expected = undisturbed.exported();
  for (std::uint64_t cut = 0; cut < requests; ++cut) {
    CAPTURE(cut);
    SyncTest test;
    auto other = platform_with_mailings();
    other.fault = [cut](std::uint64_t number, const HttpRequest&) {
      return number == cut ? Fault::unreachable : Fault::none;
    };
    CHECK(test.sync(other).error.has_value());
    other.fault = {};
    CHECK(test.sync(other).complete());
    CHECK_EQ(test.exported(), expected);
  }
}

TEST_CASE("sync: answers that are cut off are asked for again; what fails is, the next time") {
  auto platform = platform_with_mailings();
  SyncTest undisturbed;
  undisturbed.sync(platform);
  const auto expected = undisturbed.exported();

  SUBCASE("cut JSON") {
    SyncTest test;
    platform.requests = 0;
    platform.fault = [](std::uint64_t number, const HttpRequest&) {
      return number % 3 == 1 ? Fault::cut_json : Fault::none;
    };
    CHECK(test.sync(platform).complete());
    CHECK_EQ(test.exported(), expected);
  }
  SUBCASE("errors of the server") {
    SyncTest test;
    platform.requests = 0;
    platform.fault = [](std::uint64_t number, const HttpRequest&) {
      return number % 4 == 3 ? Fault::server_error : Fault::none;
    };
    auto summary = test.sync(platform);
    CHECK_FALSE(summary.failed.empty());
    CHECK_FALSE(summary.complete());
    platform.fault = {};
    CHECK(test.sync(platform).complete());
    CHECK_EQ(test.exported(), expected);
  }
  SUBCASE("a key that is refused stops it at once") {
    SyncTest test;
    platform.fault = [](std::uint64_t, const HttpRequest&) { return Fault::refused_key; };
    platform.requests = 0;
    const auto summary = test.sync(platform);
    REQUIRE(summary.error.has_value());
    CHECK_EQ(summary.error->code, ErrorCode::unauthorized);
    CHECK_LE(platform.requests, 2);
    CHECK_EQ(test.sync(platform).left, 1); // and is not asked twice the next time
  }
  SUBCASE("where everything is forbidden it is the key; where something is, that fails alone") {
    SyncTest test;
    platform.fault = [](std::uint64_t, const HttpRequest&) { return Fault::forbidden; };
    const auto all = test.sync(platform);
    REQUIRE(all.error.has_value());
    CHECK_EQ(all.error->code, ErrorCode::unauthorized);
    CHECK_NE(all.error->message.find("key"), std::string::npos);
    platform.fault = [](std::uint64_t, const HttpRequest& request) {
      return request.url.ends_with("mailing=m2&offset=0") ? Fault::forbidden : Fault::none;
    };
    const auto some = test.sync(platform);
    CHECK_FALSE(some.error.has_value());
    CHECK_EQ(some.failed.size(), 1);
    platform.fault = {};
    CHECK(test.sync(platform).complete());
    CHECK_EQ(test.exported(), expected);
  }
}

TEST_CASE("sync: a token that is over is replaced, and the task asked again with the new one") {
  auto platform = platform_with_mailings();
  SyncTest undisturbed;
  undisturbed.sync(platform);
  const auto requests = platform.requests;
  const auto expected = undisturbed.exported();
  const auto refreshes = [&platform] {
    return std::count(platform.log.begin(), platform.log.end(), "GET /token");
  };
  SyncTest test;
  platform.log.clear();
  platform.requests = 0;
  platform.token = "t0"; // not ours
  platform.gives_tokens = true;

  SUBCASE("status 401") {
    CHECK(test.sync(platform).complete());
    REQUIRE_GT(platform.log.size(), 3);
    CHECK_EQ(platform.log[0], "GET /mailings");
    CHECK_EQ(platform.log[1], "GET /token");
    CHECK_EQ(platform.log[2], "GET /mailings");
    CHECK_EQ(refreshes(), 1);
    CHECK_EQ(platform.requests, requests + 2);
    CHECK_EQ(test.exported(), expected);
  }
  SUBCASE("status 200, and the adapter's reader says it") {
    platform.refuses_with_200 = true;
    CHECK(test.sync(platform).complete());
    CHECK_EQ(refreshes(), 1);
    CHECK_EQ(platform.requests, requests + 2);
    CHECK_EQ(test.exported(), expected);
  }
  SUBCASE("more than once while it runs, with two asked at a time") {
    platform.fault = [&platform](std::uint64_t number, const HttpRequest&) {
      platform.token = number % 6 == 5 ? "over" : platform.token;
      return Fault::none;
    };
    CHECK(test.sync(platform).complete());
    CHECK_GT(refreshes(), 1);
    CHECK_EQ(test.exported(), expected);
  }
  SUBCASE("the new one is not taken either: the task is not asked a third time") {
    platform.fault = [](std::uint64_t, const HttpRequest& request) {
      return request.url.ends_with("/token") ? Fault::none : Fault::refused_key;
    };
    const auto summary = test.sync(platform);
    REQUIRE(summary.error.has_value());
    CHECK_EQ(summary.error->code, ErrorCode::unauthorized);
    CHECK_EQ(refreshes(), 1);
    CHECK_EQ(platform.requests, 3);
  }
  SUBCASE("there is no new one: it stops at once, and goes on when there is") {
    platform.gives_tokens = false;
    for (const bool with_200 : {false, true}) {
      CAPTURE(with_200);
      platform.refuses_with_200 = with_200;
      platform.requests = 0;
      const auto summary = test.sync(platform);
      REQUIRE(summary.error.has_value());
      CHECK_EQ(summary.error->code, ErrorCode::unauthorized);
      CHECK_LE(platform.requests, 3); // two are asked at a time
      CHECK_GT(summary.left, 0);
    }
    platform.gives_tokens = true;
    CHECK(test.sync(platform).complete());
    CHECK_EQ(test.exported(), expected);
  }
}

TEST_CASE("sync: --full asks for all of it again, and adds nothing") {
  SyncTest test;
  auto platform = platform_with_mailings();
  const auto requests = test.sync(platform).requests;
  const auto exported = test.exported();
  const auto again = test.sync(platform, true);
  CHECK_EQ(again.requests, requests);
  CHECK_EQ(again.counts.fresh, 0);
  CHECK_EQ(test.exported(), exported);
}

TEST_CASE("sync: two of one account at once: the second leaves") {
  SyncTest test;
  auto platform = platform_with_mailings();
  const AccountLease lease(test.workspace.store_path(), "news");
  try {
    test.sync(platform);
    FAIL("it went on");
  } catch (const Failure& failure) {
    CHECK_EQ(failure.error.code, ErrorCode::locked);
  }
  CHECK_EQ(platform.requests, 0);
}

TEST_CASE("sync --estimate: mailings are listed, nothing is kept") {
  SyncTest test;
  auto platform = platform_with_mailings();
  auto opened = test.store();
  SyncRequest request;
  request.account = "news";
  request.now = k_now;
  const auto estimate = estimate_sync(opened, test.workspace, request, toy::settings_for(platform));
  CHECK_FALSE(estimate.error.has_value());
  CHECK_EQ(estimate.mailings, 4);
  CHECK_EQ(estimate.calls, 2 + 4 * 2);
  CHECK_EQ(platform.log.size(), 2);
  CHECK_EQ(test.exported(), "");
}

TEST_CASE("reconcile: our counts beside the platform's, and why they differ") {
  SyncTest test;
  auto platform = platform_with_mailings();
  test.sync(platform);
  auto opened = test.store();
  const auto mailings = reconcile(opened, test.workspace, "m4");
  REQUIRE(mailings.has_value());
  REQUIRE_EQ(mailings->size(), 1);
  REQUIRE_EQ(mailings->front().figures.size(), 1);
  const auto& opens = mailings->front().figures.front();
  CHECK_EQ(opens.name, "opens");
  CHECK_EQ(opens.ours, 3);
  CHECK_EQ(opens.theirs, 9); // the toy tells all its events as opens
  CHECK_NE(opens.why, "");
  CHECK_EQ(reconcile(opened, test.workspace, "m9").error().code, ErrorCode::not_found);
}

} // namespace
} // namespace mailfunnel
