// Deployteq, once Clang and Canopy Deploy: answers of Analytics Events and of the SOAP API.

#include "readers.hpp"

#include "adapter/registry.hpp"

namespace mailfunnel::deployteq {

namespace {

class DeployteqAdapter : public Adapter {
public:
  std::string_view title() const override { return "Deployteq (Clang)"; }
  Capabilities capabilities() const override { return {.networks = true, .machine_flags = true}; }
  std::vector<FormatInfo> formats() const override {
    return {{"answers of Analytics Events, JSON, and their rows as CSV", "events"},
            {"opens, clicks and bounces of SOAP, XML", "events"},
            {"mailings of SOAP, XML", "campaigns"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    if (auto reader = open_json_log(head, k_events, context)) {
      return reader;
    }
    auto reader = open_xml_log(head, k_soap, context);
    return reader ? std::move(reader) : open_table(head, k_event_rows, context);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("deployteq", std::make_unique<DeployteqAdapter>());
}

} // namespace mailfunnel::deployteq
