// webhook send: a sample as the platform would send it, to a receiver.

#include "base/source.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "web/hook_try.hpp"

#include <fmt/format.h>

#include <iostream>

namespace mailfunnel::cli {

namespace {

constexpr std::size_t k_most = std::size_t{10} << 20; // as the receiver takes

/// Where `serve` is, as the config says; the command line may have said otherwise.
std::string usual_url(const Workspace& workspace, const std::string& account) {
  const auto& serve = workspace.config.serve;
  const auto listen = serve.listen.empty() ? std::string("127.0.0.1:8765") : serve.listen;
  const auto port = listen.substr(listen.rfind(':') + 1);
  return fmt::format("{}://127.0.0.1:{}/hooks/{}", serve.certificate.empty() ? "http" : "https",
                     port, percent_encode(account));
}

HookEndpoint endpoint_of(const Workspace& workspace, const std::string& account) {
  auto endpoints = hook_endpoints(workspace);
  const auto found = endpoints.find(account);
  if (found == endpoints.end()) {
    std::vector<std::string> names;
    for (const auto& [name, endpoint] : endpoints) {
      names.push_back(name);
    }
    wrong_usage(fmt::format("no account \"{}\" takes webhooks: there are {}",
                            printable(account, 80), names.empty() ? "none" : join(names, ", ")));
  }
  return std::move(found->second);
}

HttpRequest sample_of(const Invocation& call, const std::string& url, const std::string& file) {
  auto body = read_file(file == "-" ? "/dev/stdin" : file, k_most);
  if (!body) {
    throw Failure(body.error());
  }
  HttpRequest request;
  request.url = url;
  request.body = *std::move(body);
  const auto first = trim(request.body).substr(0, 1);
  const auto type = call.text("content-type");
  request.headers.emplace_back("Content-Type",
                               !type.empty() ? type
                               : first == "{" || first == "["
                                   ? std::string("application/json")
                                   : std::string("application/x-www-form-urlencoded"));
  return request;
}

int run_webhook(const Invocation& call) {
  const auto arguments = call.texts("arguments");
  if (arguments.size() != 3 || arguments[0] != "send") {
    wrong_usage(
        "`mailfunnel webhook send ACCOUNT FILE` wants an account and the body of a request");
  }
  const auto workspace = open_workspace(call.folder, call.config);
  const auto endpoint = endpoint_of(workspace, arguments[1]);
  const auto to =
      call.text("to").empty() ? usual_url(workspace, endpoint.account) : call.text("to");
  auto request = sample_of(call, to, arguments[2]);
  const auto answer = try_hook(endpoint, std::move(request), workspace.config.ca_file, call.now());
  if (!answer) {
    throw Failure(answer.error());
  }
  if (call.json) {
    std::cout << fmt::format("{{\"result\":\"webhook\",\"status\":{},\"taken\":{}}}\n",
                             answer->status, answer->ok());
  } else {
    std::cout << fmt::format("{} answered {}: {}\n", to.substr(0, to.find('/', to.find("//") + 2)),
                             answer->status, printable(trim(answer->body), 400));
  }
  return answer->ok() ? k_done : k_failed;
}

} // namespace

Command webhook_command() {
  return {"webhook",
          "send ACCOUNT FILE",
          "send a sample to the receiver of `serve`, signed as the platform signs: its events are "
          "kept like all others",
          "  mailfunnel webhook send news delivered.json",
          [](auto& options) {
            options.add_options()("to", text("URL"),
                                  "of the receiver (default: of [serve] on this machine)")(
                "content-type", text("TYPE"), "of FILE (default: JSON, or a form)");
          },
          run_webhook};
}

} // namespace mailfunnel::cli
