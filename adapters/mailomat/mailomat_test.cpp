#include "support/adapter_case.hpp"

namespace mailfunnel::mailomat {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_mailomat("mailomat", mailomat::register_adapter);

std::string event(const std::string& word, const std::string& payload = "") {
  return R"({"id":"e","eventType":")" + word +
         R"(","occurredAt":"2026-03-02T10:25:07+01:00","messageId":"m","recipient":"ann@example.com",)"
         R"("payload":{)" +
         payload + "}}";
}
std::string failure(const std::string& word, const std::string& status) {
  return event(word, R"("delivery-status":)" + status);
}

} // namespace

TEST_CASE("mailomat: what is ours") {
  CHECK(k_mailomat.takes(event("accepted")));
  CHECK(k_mailomat.takes(event("levitated")));
  CHECK_FALSE(k_mailomat.takes(R"({"eventType":"Send","mail":{"messageId":"1"}})"));
}

TEST_CASE("mailomat: one event, what comes of it") {
  struct Row {
    const char* name;
    std::string record;
    const char* part;
  };
  for (
      const auto& row : {
          Row{"class and reason by the codes",
              failure("failure_perm", R"({"code":550,"enhanced-code":"5.1.1","message":"gone"})"),
              R"("bounce":{"class":"hard","status":"5.1.1","code":550,"reason":"user_unknown","diagnostic":"gone"})"},
          Row{"a failure that tells nothing is soft", failure("failure_perm", "null"),
              R"("bounce":{"class":"soft","reason":"other"})"},
          Row{"a temporary one stays soft",
              failure("failure_tmp", R"({"code":"550","enhanced-code":"5.1.1"})"),
              R"("bounce":{"class":"soft","status":"5.1.1","code":550,"reason":"user_unknown"})"},
          Row{"not accepted", event("not_accepted"), R"({"kind":"dropped")"},
          Row{"an open", event("opened", R"("client":{"ip":"203.0.113.7","user-agent":"UA/1"})"),
              R"("time":"2026-03-02T09:25:07Z","message_id":"m","event_id":"e","user_agent":"UA/1","ip":"203.0.113.7")"},
          Row{"a word that is new", event("levitated"), R"({"kind":"unknown")"},
      }) {
    CAPTURE(row.name);
    check_has(k_mailomat.line(row.record), row.part);
  }
}

TEST_CASE("mailomat: a webhook is read when its headers are signed, and fresh") {
  HttpRequest request;
  request.body = event("opened");
  request.headers = {{"X-MOM-Webhook-Id", "w-1"},
                     {"X-MOM-Webhook-Event", "opened"},
                     {"X-MOM-Webhook-Timestamp", "1772443507"},
                     {"X-MOM-Webhook-Signature",
                      "sha256=8b37475657679cfbc80a8866876342642091dbaca9efd204e99d54694c8bf57d"}};
  const Secrets secrets{{"webhook_secret", "test webhook secret"}};
  constexpr Seconds k_moment = 1772443507;
  CHECK(k_mailomat.webhook(request, secrets, k_moment).size() == 1);
  CHECK(
      k_mailomat.webhook(request, {{"mailomat_secret", "test webhook secret"}}, k_moment).size() ==
      1);
  check_has(k_mailomat.refusal(request, secrets, k_moment + 301), "5m off");
  check_has(k_mailomat.refusal(request, secrets, k_moment - 301), "5m off");
  check_has(k_mailomat.refusal(request, {}, k_moment), "no secret");
  k_mailomat.check_either_key(request, "test webhook secret", k_moment);
  check_has(k_mailomat.refusal(request, {{"webhook_secret", "another"}}, k_moment), "wrong");
  for (std::size_t i = 0; i < 4; ++i) {
    auto changed = request;
    changed.headers[i].second.clear();
    check_has(k_mailomat.refusal(changed, secrets, k_moment), "no header X-MOM-Webhook-");
  }
  auto changed = request;
  changed.headers[1].second = "clicked";
  check_has(k_mailomat.refusal(changed, secrets, k_moment), "wrong");
  // the right HMAC, but by an algorithm that the sender chose
  changed = request;
  changed.headers[3].second = "md5=d548fcf1bd90a89f8622fc53a63bff37";
  check_has(k_mailomat.refusal(changed, secrets, k_moment), "not one of HMAC-SHA256");
}
