// listmonk: analytics and subscriber exports, answers of the API, dumps of the database, bounces.
// What each looks like stands at the top of its file; words and oddities are in README.md.

#include "readers.hpp"

#include "adapter/registry.hpp"
#include "adapter/shared_secret.hpp"
#include "adapter/webhook_sender.hpp"

namespace mailfunnel::listmonk {

namespace {

class ListmonkAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "listmonk"; }
  Capabilities capabilities() const override { return {}; }
  std::vector<FormatInfo> formats() const override {
    return {{k_views.name, "events"},
            {k_clicks.name, "events"},
            {k_subscriber_table.name, "recipients"},
            {k_bounces.name, "events"},
            {k_campaigns.name, "campaigns"},
            {k_subscribers.name, "recipients"},
            {k_dump, "events, recipients and campaigns"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    for (const auto* const format : {&k_bounces, &k_campaigns, &k_subscribers}) {
      if (auto reader = open_json_log(head, *format, context)) {
        return reader;
      }
    }
    if (auto reader = open_dump(head, context)) {
      return reader;
    }
    for (const auto* const format : {&k_clicks, &k_views, &k_subscriber_table}) {
      if (auto reader = open_table(head, *format, context)) {
        return reader;
      }
    }
    return nullptr;
  }
  bool has_pull() const override { return true; }
  bool has_push() const override { return true; }
  std::vector<AccountKey> account_keys() const override {
    return {{"user", "name of the API user: Admin > Users"},
            {"api_key", "its token, shown once when it is made", true}};
  }
  Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) const override {
    return listmonk::open_api(account);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds /*now*/) const override {
    return check_shared_secrets(request, secrets, "listmonk");
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds /*now*/) const override {
    return bring_shared_secrets(request, secrets, "listmonk");
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& context,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_bounces, sink, InputFacts(context));
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("listmonk", std::make_unique<ListmonkAdapter>());
}

} // namespace mailfunnel::listmonk
