#include "adapter/adapter.hpp"

#include "adapter/api.hpp"

namespace mailfunnel {

Result<void> Adapter::read_webhook(const HttpRequest&, const Secrets&, const WebhookContext&,
                                   RecordSink&) const {
  return Error{ErrorCode::unsupported, std::string(title()) + " sends no webhook that we read"};
}

Result<std::unique_ptr<Api>> Adapter::open_api(const ApiAccount&) const {
  return Error{ErrorCode::unsupported, std::string(title()) + " has no API that we talk to"};
}

} // namespace mailfunnel
