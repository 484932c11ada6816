// Dotdigital, once dotmailer: saved answers of the API, version 2. Its webhooks are about messages
// of another product, and what their events hold is not documented.

#include "readers.hpp"

#include "adapter/registry.hpp"

namespace mailfunnel::dotdigital {

namespace {

class DotdigitalAdapter : public Adapter {
public:
  std::string_view title() const override { return "Dotdigital (dotmailer)"; }
  Capabilities capabilities() const override { return {.agents = true, .networks = true}; }
  std::vector<FormatInfo> formats() const override {
    return {{"activities, opens, clicks, page views and replies of a campaign, JSON", "events"},
            {"contacts that left or were taken out, JSON", "events"},
            {"campaigns and their metrics, JSON", "campaigns"},
            {"contacts, JSON", "recipients"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    for (const auto* const format : {&k_details, &k_suppressions, &k_campaigns, &k_contacts}) {
      if (auto reader = open_json_log(head, *format, context)) {
        return reader;
      }
    }
    return nullptr;
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("dotdigital", std::make_unique<DotdigitalAdapter>());
}

} // namespace mailfunnel::dotdigital
