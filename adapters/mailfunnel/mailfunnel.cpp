// What mailfunnel itself writes, and what is written for it: events as NDJSON
//   {"kind":"open","address":"ann@example.com","time":"2026-03-02T09:25:07Z","campaign":"1001"}
// and campaigns as XML
//   <campaigns><campaign id="1001"><links><link
//   url="https://example.com/"/></links></campaign></campaigns>
// Documented in README.md, schema/event.schema.json and schema/campaign.xsd.

#include "campaign_reader.hpp"
#include "event_reader.hpp"

#include "adapter/adapter.hpp"
#include "adapter/registry.hpp"

namespace mailfunnel::mailfunnel {

namespace {

class OwnAdapter : public Adapter {
public:
  std::string_view title() const override { return "mailfunnel itself"; }
  Capabilities capabilities() const override {
    return {.time_resolution = 1,
            .delivery_events = true,
            .delivery_times = true,
            .agents = true,
            .networks = true,
            .machine_flags = true};
  }
  std::vector<FormatInfo> formats() const override {
    return {{"events of `export events` and `decode`, NDJSON", "events, recipients, campaigns"},
            {"campaigns, XML", "campaigns"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    auto reader = open_campaigns(head, context.file_name);
    return reader ? std::move(reader) : open_events(head);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("mailfunnel", std::make_unique<OwnAdapter>());
}

} // namespace mailfunnel::mailfunnel
