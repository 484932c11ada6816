// Acoustic Campaign (before: IBM Watson Campaign Automation, Silverpop Engage): what it reads
// stands at the top of export_reader.cpp and mailing_reader.cpp, the oddities in README.md.

#include "readers.hpp"

#include "adapter/adapter.hpp"
#include "adapter/registry.hpp"

namespace mailfunnel::acoustic {

namespace {

class AcousticAdapter : public Adapter {
public:
  std::string_view title() const override { return "Acoustic Campaign (Silverpop)"; }
  Capabilities capabilities() const override { return {}; }
  std::vector<FormatInfo> formats() const override {
    return {{"raw recipient data export, CSV, TAB or PIPE", "events"},
            {"answers of GetSentMailings and GetAggregateTracking, XML", "campaigns"},
            {"SaveMailing and PreviewMailing, XML", "campaigns"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    auto reader = open_export(head);
    return reader ? std::move(reader) : open_mailings(head, context);
  }
  bool has_pull() const override { return true; }
  bool has_push() const override { return true; }
  std::vector<AccountKey> account_keys() const override {
    return {{"client_id", "of the application: Organization Settings > Application Account Access",
             true},
            {"client_secret", "its secret", true},
            {"refresh_token", "which Acoustic mails to the user who was given access", true},
            {"pod", "where the organisation is, such as eu-1; us-1 where it is left out", false,
             false}};
  }
  Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) const override {
    return acoustic::open_api(account);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("acoustic", std::make_unique<AcousticAdapter>());
}

} // namespace mailfunnel::acoustic
