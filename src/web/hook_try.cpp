#include "web/hook_try.hpp"

#include "adapter/webhook_sender.hpp"
#include "base/json.hpp"
#include "net/http_client.hpp"

namespace mailfunnel {

Result<HttpResponse> try_hook(const HookEndpoint& endpoint, HttpRequest request,
                              const std::string& ca_file, Seconds now) {
  const auto source = endpoint.account + ", " + std::string(endpoint.adapter->title());
  if (const auto done =
          webhook_sender(*endpoint.adapter).sign_webhook(request, endpoint.secrets, now);
      !done) {
    return Error{done.error().code, "it can't be signed: " + done.error().message, source};
  }
  request.body.reserve(request.body.size() + k_padding);
  if (const auto good = endpoint.adapter->check_webhook(request, endpoint.secrets, now); !good) {
    return Error{good.error().code, "it would be refused: " + good.error().message, source};
  }
  const auto& url = request.url;
  HostRules rules;
  rules.origins = {url.substr(0, url.find('/', url.find("//") + 2))};
  auto settings = network_settings_from_environment();
  settings.ca_file = ca_file;
  settings.retry.attempts = 1; // the answer is what is wanted
  HttpClient client(std::move(settings), std::move(rules));
  return client.send(std::move(request));
}

} // namespace mailfunnel
