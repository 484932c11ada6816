// Any table or NDJSON through a mapping profile of the config. The formats have no owner; see
// README.md.
//
//   [[profile]]
//   name   = "shop"
//   fields = { kind = "event", time = "when", address = "email", link = "url", campaign = "mailing"
//   } values = { kind = { opn = "open", clk = "click", bnc = "bounce:hard" } }

#include "adapter/registry.hpp"
#include "base/text.hpp"
#include "profile_reader.hpp"

namespace mailfunnel::generic {

namespace {

class GenericAdapter : public Adapter {
public:
  std::string_view title() const override {
    return "any CSV, TSV or NDJSON, by a [[profile]] of the config";
  }
  Capabilities capabilities() const override {
    return {.time_resolution = 1,
            .delivery_events = true,
            .delivery_times = true,
            .agents = true,
            .networks = true,
            .machine_flags = false};
  }
  std::vector<FormatInfo> formats() const override {
    return {{"table with a header, by column", "events or recipients"},
            {"NDJSON, by path", "events or recipients"}};
  }

  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    if (context.profiles != nullptr) {
      for (const auto& profile : *context.profiles) {
        if ((profile.records == "recipients") == context.contacts ||
            profile.records == "recipients") {
          if (auto reader = open_profile(profile, head, context)) {
            return reader;
          }
        }
      }
    }
    if (context.contacts) {
      if (const auto profile = contacts_profile(head)) {
        return open_profile(*profile, head, context);
      }
    }
    return nullptr;
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("generic", std::make_unique<GenericAdapter>());
}

} // namespace mailfunnel::generic
