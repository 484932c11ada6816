#include "support/adapter_case.hpp"

namespace mailfunnel::klaviyo {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_klaviyo("klaviyo", klaviyo::register_adapter);

std::string event(const std::string& topic, const std::string& properties = "{}") {
  return R"({"data":[{"external_id":"e","topic":")" + topic +
         R"(","payload":{"data":{"type":"event","id":"e","attributes":{"timestamp":1772443507,)"
         R"("event_properties":)" +
         properties + R"(},"relationships":{"profile":{"data":{"type":"profile","id":"p"}}}}}}]})";
}

} // namespace

TEST_CASE("klaviyo: what is ours") {
  CHECK(k_klaviyo.takes(event("event:klaviyo.opened_email")));
  CHECK(k_klaviyo.takes(R"({"type":"event","id":"1","attributes":{"event_properties":{}}})"));
  CHECK(k_klaviyo.takes(R"({"data":{"type":"profile","attributes":{"email":"a@x.be"}}})"));
  CHECK_FALSE(k_klaviyo.takes(R"({"data":[{"type":"event","id":"1"}]})")); // any JSON:API
  CHECK_FALSE(k_klaviyo.takes(R"({"data":[]})"));
  CHECK_FALSE(k_klaviyo.takes("Email,First Name\na@x.be,Ann\n"));
  CHECK_FALSE(k_klaviyo.takes("Campaign Name,Send Time\na,b\n"));
}

TEST_CASE("klaviyo: words of topics and metrics, in every spelling") {
  struct Row {
    const char* topic;
    const char* part;
  };
  for (
      const auto& row : {
          Row{"event:klaviyo.received_email", R"({"kind":"delivered")"},
          Row{"event:klaviyo.marked_email_as_spam", R"({"kind":"complaint")"},
          Row{"event:klaviyo.dropped_email",
              R"({"kind":"dropped","contact_id":"p","time":"2026-03-02T09:25:07Z","event_id":"e","bounce":{"reason":"suppressed"})"},
          Row{"event:klaviyo.manually_suppressed_from_email_marketing", R"({"kind":"unsubscribe")"},
          Row{"event:klaviyo.subscribed_to_email_marketing", R"({"kind":"resubscribe")"},
          Row{"event:klaviyo.bounced_email", R"("bounce":{"class":"soft","reason":"other"})"},
          Row{"event:klaviyo.clicked_sms", R"({"kind":"unknown")"},
          Row{"Opened Email", R"({"kind":"open")"},
          Row{"Unsubscribed", R"({"kind":"unsubscribe")"},
      }) {
    CAPTURE(row.topic);
    check_has(k_klaviyo.line(event(row.topic)), row.part);
  }
}

TEST_CASE("klaviyo: machines and agents, where the event tells them") {
  const auto open = [](const char* properties) {
    return k_klaviyo.line(event("event:klaviyo.opened_email", properties));
  };
  check_has(open(R"({"Machine Open":true})"), R"("evidence":["esp_machine_flag"])");
  check_has(open(R"({"machine_open":true})"), R"("evidence":["esp_machine_flag"])");
  CHECK(open(R"({"Machine Open":"true"})").find("evidence") == std::string::npos);
  check_has(open(R"({"$internal":{"User Agent":""}})"), R"("evidence":["empty_agent"])");
}

TEST_CASE("klaviyo: a template belongs to the campaign that the user names") {
  const std::string text =
      R"({"data":{"type":"template","id":"X","attributes":{"name":"n","editor_type":"CODE",)"
      R"("html":"<a href=\"https://www.example.com/demo\">Demo</a>","text":null}}})";
  check_has(k_klaviyo.line(text), "name the campaign");
  check_has(k_klaviyo.line(text, {.campaign = "01J"}), R"({"campaign":{"id":"01J")");
}

TEST_CASE("klaviyo: a webhook is read when it is signed") {
  HttpRequest request;
  request.body = R"({"data":[],"meta":{}})";
  // printf '%s%s' "$body" 1767323045 | openssl dgst -sha256 -hmac 0123456789abcdef
  request.headers = {
      {"Klaviyo-Signature", "b229eb1e2136d6c3a24e3b33a71769b27b7907358c212ed6ab48ecdb6a895ec6"},
      {"Klaviyo-Timestamp", "1767323045"}};
  const Secrets secrets{{"webhook_secret", "0123456789abcdef"}};
  CHECK(k_klaviyo.webhook(request, secrets).empty());
  k_klaviyo.check_either_key(request, "0123456789abcdef");
  check_has(k_klaviyo.refusal(request, {}), "no secret");
  check_has(k_klaviyo.refusal(request, {{"webhook_secret", "another"}}), "wrong");
  auto changed = request;
  changed.body += " ";
  check_has(k_klaviyo.refusal(changed, secrets), "wrong");
  changed = request;
  changed.headers[1].second = "1767323046";
  check_has(k_klaviyo.refusal(changed, secrets), "wrong");
  changed.headers.pop_back();
  check_has(k_klaviyo.refusal(changed, secrets), "no header Klaviyo-Timestamp");
  changed = request; // openssl dgst -sha256 -hmac 0123456789abcdef, over the body
  changed.headers[0].second = "f1297311789d08e14e95baa054b5c16652da51544c0ff73efb50f99513c6740a";
  check_has(k_klaviyo.refusal(changed, secrets), "of the body alone");
}
