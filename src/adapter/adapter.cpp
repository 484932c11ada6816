#include "adapter/adapter.hpp"

namespace mailfunnel {

Result<void> Adapter::read_webhook(const HttpRequest&, const Secrets&, const WebhookContext&,
                                   RecordSink&) const {
  return Error{ErrorCode::unsupported, std::string(title()) + " sends no webhook that we read"};
}

} // namespace mailfunnel
