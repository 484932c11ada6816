// Copernica (Marketing Suite and Publisher) and SMTPeter, which shares their logs: log files,
// answers of the REST API, webhooks. What each looks like stands at the top of its file; words and
// oddities are in README.md.

#include "readers.hpp"

#include "adapter/registry.hpp"
#include "adapter/webhook.hpp"

namespace mailfunnel::copernica {

namespace {

class CopernicaAdapter : public Adapter {
public:
  std::string_view title() const override { return "Copernica, SMTPeter"; }
  Capabilities capabilities() const override {
    return {.delivery_events = true, .delivery_times = true, .agents = true, .networks = true};
  }
  std::vector<FormatInfo> formats() const override {
    return {{"log files, CSV without and with a header, JSON, XML", "events"},
            {k_statistics.name, "events"},
            {k_webhooks.name, "events or recipients"},
            {k_emailings.name, "campaigns"},
            {k_profiles.name, "recipients"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    if (auto reader = open_log_file(head, context)) {
      return reader;
    }
    for (const auto* const format : {&k_statistics, &k_emailings, &k_profiles}) {
      if (auto reader = open_json_log(head, *format, context)) {
        return reader;
      }
    }
    return open_form_log(head, k_webhooks, context);
  }
  bool has_pull() const override { return true; }
  bool has_push() const override { return true; }
  std::vector<AccountKey> account_keys() const override {
    return {{"api_key", "the token of an application: Configuration > API access tokens", true},
            {"email_field", "the database's field with the address; Email where it is left out",
             false, false},
            {"optin_field", "the field that tells who wants mail, for a push", false, false},
            {"optin_value", "its value then", false, false}};
  }
  Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) const override {
    return copernica::open_api(account);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds now) const override {
    MF_TRY(key, need_secret(secrets, "copernica", {"public_key"}));
    auto account = find_secret(secrets, "copernica", "webhook_account");
    account = account.empty() ? find_secret(secrets, "copernica", "account") : account;
    if (account.empty()) {
      return Error{ErrorCode::unauthorized, "no \"webhook_account\" is set: the number of the "
                                            "account that may send"};
    }
    return check_request(request, key, account, now);
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    return read_form_body(request.body, k_webhooks, sink);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("copernica", std::make_unique<CopernicaAdapter>());
}

} // namespace mailfunnel::copernica
