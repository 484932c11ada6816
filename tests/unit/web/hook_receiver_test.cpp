#include "web/hook_receiver.hpp"

#include "../app/test_workspace.hpp"
#include "app/hook_drain.hpp"

#include <doctest/doctest.h>

#include <future>
#include <string>
#include <vector>

namespace mailfunnel {
namespace {

constexpr auto k_config = R"(
[[account]]
name = "mj"
esp = "mailjet"
webhook_secret = "s3cret"

[[account]]
name = "old"
esp = "mailjet"
webhook_secret = "s3cret"
state = "archived"

[[account]]
name = "bv"
esp = "brevo"
webhook_secret = "s3cret"

[[account]]
name = "open"
esp = "brevo"

[[account]]
name = "aws"
esp = "ses"
webhook_topic = "arn:aws:sns:eu-west-1:1:t"
)";

std::string event(int number) {
  return fmt::format(R"({{"event":"open","time":{},"MessageID":{},"email":"reader{}@example.com",)"
                     R"("mj_campaign_id":7,"mj_contact_id":1,"customcampaign":"spring",)"
                     R"("ip":"192.0.2.1","geo":"BE","agent":"Mozilla/5.0"}})",
                     1'774'900'000 + number, number, number);
}

struct Receiving {
  explicit Receiving(const std::function<void(ReceiverSettings&)>& change = {}) {
    ReceiverSettings settings;
    settings.now = [] { return k_now; };
    settings.fetch = [](const std::string&) -> Result<std::string> {
      return Error{ErrorCode::unreachable, "nobody is to be asked"};
    };
    if (change) {
      change(settings);
    }
    receiver.emplace(hook_endpoints(world.workspace), spool, std::move(settings), metrics, log);
  }
  HttpResponse post(const std::string& account, std::string body,
                    std::string url = "http://h/hooks/mj/s3cret", std::string method = "POST") {
    WebRequest request;
    request.http.method = std::move(method);
    request.http.url = std::move(url);
    request.http.headers = {{"Content-Type", "application/json"}, {"Authorization", "Basic eA=="}};
    request.http.body = std::move(body);
    request.http.body.reserve(request.http.body.size() + 64);
    std::promise<HttpResponse> answer;
    receiver->take(account, std::move(request),
                   [&answer](HttpResponse response) { answer.set_value(std::move(response)); });
    return answer.get_future().get();
  }
  ImportCounts drain() {
    auto store = world.store();
    return drain_hooks(store, world.workspace, 2, spool, k_now).counts;
  }

  TestWorkspace world{k_config};
  HookSpool spool{world.workspace.store_path()};
  Metrics metrics;
  std::string logged;
  EventLog log{EventLog::Form::json, [this](std::string_view line) { logged += line; },
               [] { return k_now; }};
  std::optional<HookReceiver> receiver;
};

TEST_CASE("hook receiver: what is answered 200 is in the spool, and then in the store, once") {
  Receiving r;
  for (int i = 0; i < 20; ++i) {
    CHECK(r.post("mj", event(i)).status == 200);
  }
  CHECK(r.post("mj", "[" + event(100) + "," + event(101) + "," + event(3) + "]").status == 200);
  CHECK(r.spool.waiting().requests == 21);
  const auto kept = r.spool.read(1 << 20);
  REQUIRE(kept.hooks.size() == 21);
  CHECK(kept.hooks[0].account == "mj");
  CHECK(kept.hooks[0].body == event(0));
  CHECK(kept.hooks[0].headers.size() == 1); // Authorization is not kept
  const auto counts = r.drain();
  CHECK(counts.events == 23);
  CHECK(counts.fresh == 22);
  CHECK(r.spool.waiting().requests == 0);
  CHECK(HookSpool::waiting(r.world.workspace.store_path()) == false);
}

TEST_CASE("hook receiver: a crash between store and spool brings nothing twice") {
  Receiving r;
  CHECK(r.post("mj", event(1)).status == 200);
  const auto batch = r.spool.read(1 << 20);
  CHECK(r.drain().fresh == 1);
  std::vector<const SpooledHook*> again;
  for (const auto& hook : batch.hooks) {
    again.push_back(&hook);
  }
  r.spool.append(again); // as if it had never been dropped
  const auto counts = r.drain();
  CHECK(counts.fresh == 0);
  CHECK(counts.duplicate == 1);
}

TEST_CASE("hook receiver: the same request again is answered alike and kept once") {
  Receiving r;
  CHECK(r.post("mj", event(1)).status == 200);
  const auto again = r.post("mj", event(1));
  CHECK(again.status == 200);
  CHECK(again.body.find("repeated") != std::string::npos);
  CHECK(r.spool.waiting().requests == 1);
  CHECK(r.post("mj", event(1), "http://h/hooks/mj/wrong").status == 401); // who can't prove it
}

TEST_CASE("hook receiver: what is not taken, and how that is said") {
  Receiving r;
  CHECK(r.post("mj", event(1), "http://h/hooks/mj").status == 401);
  CHECK(r.post("mj", event(1), "http://h/hooks/mj/s3cre").status == 401);
  CHECK(r.post("nobody", event(1)).status == 404);
  CHECK(r.post("old", event(1)).status == 404);
  CHECK(r.post("open", event(1)).status == 401); // it has no secret, so nobody can prove anything
  CHECK(r.post("mj", "no JSON").status == 400);
  CHECK(r.post("mj", "", "http://h/hooks/mj/s3cret", "PUT").status == 405);
  CHECK(r.post("mj", "", "http://h/hooks/mj", "GET").status == 200);
  CHECK(r.post("mj", "", "http://h/hooks/mj", "HEAD").status == 200);
  CHECK(r.spool.waiting().requests == 0);
  CHECK(r.logged.find("s3cret") == std::string::npos);
}

TEST_CASE("hook receiver: a certificate that can't be had is not asked for again at once") {
  int asked = 0;
  Receiving r([&asked](ReceiverSettings& settings) {
    settings.fetch = [&asked](const std::string&) -> Result<std::string> {
      ++asked;
      return std::string("<html>no certificate</html>");
    };
  });
  const std::string body =
      R"({"Type":"Notification","MessageId":"1","TopicArn":"arn:aws:sns:eu-west-1:1:t",)"
      R"("Message":"{}","Timestamp":"2026-03-31T12:00:00Z","SignatureVersion":"1",)"
      R"("Signature":"AAAA","SigningCertURL":"https://sns.eu-west-1.amazonaws.com/a.pem"})";
  for (int i = 0; i < 3; ++i) {
    const auto answer = r.post("aws", body, "http://h/hooks/aws");
    CHECK(answer.status == 503);
    CHECK_FALSE(answer.header("Retry-After").empty());
  }
  CHECK(asked == 1);
  CHECK(r.spool.waiting().requests == 0);
}

TEST_CASE("hook receiver: too much at once is put off, not lost") {
  Receiving r([](ReceiverSettings& settings) { settings.queue_bytes = 100; });
  const auto answer = r.post("mj", event(1));
  CHECK(answer.status == 503);
  CHECK_FALSE(answer.header("Retry-After").empty());
  const auto dropped_after_5xx = r.post(
      "bv",
      R"({"event":"delivered","email":"reader1@example.com","ts_event":1774900000,"message-id":"<1@x>"})",
      "http://h/hooks/bv/s3cret");
  CHECK(dropped_after_5xx.status == 429);
  CHECK_FALSE(dropped_after_5xx.header("Retry-After").empty());
  CHECK(r.spool.waiting().requests == 0);
}

TEST_CASE("hook receiver: unknown kinds and broken records are kept or told, never an error") {
  Receiving r;
  const std::string odd = R"([{"event":"teleported","time":1774900000,"email":"a@example.com"},)"
                          R"({"event":"open","time":"never","email":7}])";
  CHECK(r.post("mj", odd).status == 200);
  auto store = r.world.store();
  const auto report = drain_hooks(store, r.world.workspace, 2, r.spool, k_now);
  CHECK(report.requests == 1);
  CHECK(report.counts.unknown + report.counts.rejected == 2);
}

TEST_CASE("hook receiver: webhooks of an account that is gone are set aside, not lost") {
  Receiving r;
  CHECK(r.post("mj", event(1)).status == 200);
  r.world.workspace.config.accounts.clear();
  auto store = r.world.store();
  const auto report = drain_hooks(store, r.world.workspace, 2, r.spool, k_now);
  CHECK(report.remarks.size() == 1);
  REQUIRE_FALSE(report.rejects.empty());
  std::ifstream in(report.rejects);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  CHECK(text.find("reader1@example.com") != std::string::npos);
}

TEST_CASE("hook receiver: coverage grows while webhooks come, and breaks where nobody listened") {
  Receiving r;
  auto store = r.world.store();
  const auto& account = r.world.workspace.config.accounts.front();
  for (const Seconds moment : {k_now, k_now + 1'000, k_now + 4'000, k_now + 90'000}) {
    cover_hooks(store, account, moment);
  }
  const auto spans = Catalog(store.database()).coverage();
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].starts == k_now);
  CHECK(spans[0].ends == k_now + 4'000);
  CHECK(spans[1].starts == k_now + 90'000);
}

} // namespace
} // namespace mailfunnel
