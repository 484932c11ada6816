// Constant Contact: saved answers of the API V3. There is no webhook about people: the vendor's are
// for partners' billing.

#include "readers.hpp"

#include "adapter/registry.hpp"

namespace mailfunnel::constantcontact {

namespace {

class ConstantContactAdapter : public Adapter {
public:
  std::string_view title() const override { return "Constant Contact"; }
  Capabilities capabilities() const override { return {}; }
  std::vector<FormatInfo> formats() const override {
    return {{"tracking reports of the API, JSON", "events"},
            {"campaigns, their mails, links and send history, JSON", "campaigns"},
            {"contacts, JSON", "recipients"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    for (const auto* const format : {&k_tracking, &k_activities, &k_history, &k_contacts}) {
      if (auto reader = open_json_log(head, *format, context)) {
        return reader;
      }
    }
    return nullptr;
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("constantcontact", std::make_unique<ConstantContactAdapter>());
}

} // namespace mailfunnel::constantcontact
