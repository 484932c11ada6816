#pragma once
// One adapter alone, for its tests: texts and webhook requests in, the lines of `decode` out.

#include "adapter/decode_sink.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "adapter/webhook.hpp"
#include "base/json.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace mailfunnel {

class AdapterCase {
public:
  AdapterCase(std::string id, void (*register_adapter)(AdapterRegistry&)) : m_id(std::move(id)) {
    register_adapter(m_registry);
  }

  const Adapter& adapter() const { return *m_registry.find(m_id); }

  bool takes(const std::string& text, const LogContext& context = {}) const {
    return adapter().open_log(padded(text), context) != nullptr;
  }

  /// A line for each event and each reject; "not ours" when the adapter does not take the text.
  std::vector<std::string> lines(const std::string& text, const LogContext& context = {}) const {
    const auto input = padded(text);
    const auto reader = adapter().open_log(input, context);
    if (!reader) {
      return {"not ours"};
    }
    std::vector<std::string> out;
    auto sink = line_sink(out);
    sink.begin_chunk(input);
    read_text(*reader, input, sink);
    sink.end_chunk();
    return out;
  }

  /// The lines of a text of one record.
  std::string line(const std::string& text, const LogContext& context = {}) const {
    const auto all = lines(text, context);
    REQUIRE(all.size() == 1);
    return all.front();
  }

  /// The lines of a webhook request that is taken.
  std::vector<std::string> webhook(HttpRequest request, const Secrets& secrets,
                                   Seconds now = 0) const {
    return webhook(std::move(request), secrets, WebhookContext{now});
  }
  std::vector<std::string> webhook(HttpRequest request, const Secrets& secrets,
                                   const WebhookContext& context) const {
    std::vector<std::string> out;
    const auto result = read(request, secrets, context, out);
    CAPTURE((result ? std::string() : result.error().message));
    REQUIRE(result.has_value());
    return out;
  }

  /// Why a webhook request is not taken; "taken" when it is.
  std::string refusal(HttpRequest request, const Secrets& secrets, Seconds now = 0) const {
    std::vector<std::string> out;
    const auto result = read(request, secrets, {now}, out);
    if (result) {
      return "taken";
    }
    CHECK(result.error().code == ErrorCode::unauthorized);
    CHECK(out.empty());
    return result.error().message;
  }

  /// Checks that a request is taken where the account sets nothing but `webhook_key`, or nothing
  /// but `webhook_secret`, besides what `more` holds; and not where that is another.
  void check_either_key(const HttpRequest& request, const std::string& secret, Seconds now = 0,
                        const Secrets& more = {}) const {
    for (const std::string name : {"webhook_key", "webhook_secret"}) {
      CAPTURE(name);
      auto secrets = more;
      secrets[name] = secret;
      CHECK(refusal(request, secrets, now) == "taken");
      secrets[name] = "YW5vdGhlciBzZWNyZXQgdGhhbiB0aGlz"; // base64, as some want it
      CHECK(refusal(request, secrets, now) != "taken");
    }
  }

private:
  static std::string padded(std::string text) {
    text.reserve(text.size() + k_padding);
    return text;
  }
  DecodeSink line_sink(std::vector<std::string>& out) const {
    return {m_id, "x", [&out](std::string_view line) {
              out.emplace_back(line.substr(0, line.size() - 1)); // without its line end
            }};
  }
  Result<void> read(HttpRequest& request, const Secrets& secrets, const WebhookContext& context,
                    std::vector<std::string>& out) const {
    request.body = padded(std::move(request.body));
    auto sink = line_sink(out);
    sink.begin_chunk(request.body);
    return take_webhook(adapter(), request, secrets, context, sink);
  }

  std::string m_id;
  AdapterRegistry m_registry;
};

/// Checks that `part` is in the text, and shows both where it is not.
inline void check_has(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK_MESSAGE(text.find(part) != std::string::npos, "not in it: " << part);
}

} // namespace mailfunnel
