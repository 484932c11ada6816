#include "adapter/adapter.hpp"

#include "adapter/api.hpp"

namespace mailfunnel {

namespace {

Error no_webhook(const Adapter& adapter) {
  return {ErrorCode::unsupported, std::string(adapter.title()) + " sends no webhook that we read"};
}

} // namespace

Result<void> Adapter::check_webhook(const HttpRequest&, const Secrets&, Seconds) const {
  return no_webhook(*this);
}

Result<void> Adapter::read_webhook(const HttpRequest&, const WebhookContext&, RecordSink&) const {
  return no_webhook(*this);
}

Result<WebhookNeeds> Adapter::webhook_needs(const HttpRequest&, const Secrets&) const {
  return WebhookNeeds{};
}

Result<std::unique_ptr<Api>> Adapter::open_api(const ApiAccount&) const {
  return Error{ErrorCode::unsupported, std::string(title()) + " has no API that we talk to"};
}

} // namespace mailfunnel
