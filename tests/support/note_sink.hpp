#pragma once
// What a reader gave, as short lines that a test can compare: "delivered anna@example.com",
// "rejected: why", "skipped".

#include "adapter/adapter.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

struct NoteSink : RecordSink {
  Wants wanted{.details = true, .sender = true};
  std::vector<std::string> lines;
  // Of each event:
  std::vector<std::string> senders, campaigns, message_ids, bounces; // bounces: "hard user_unknown"

  Wants wants() const override { return wanted; }
  void accept(const EventView& event) override {
    lines.push_back(std::string(name_of(event.kind)) + " " + std::string(event.address));
    senders.emplace_back(event.sender);
    campaigns.emplace_back(event.campaign);
    message_ids.emplace_back(event.message_id);
    bounces.push_back(std::string(name_of(event.bounce.klass)) + " " +
                      std::string(name_of(event.bounce.reason)));
  }
  void accept(const RecipientView& recipient) override {
    lines.push_back("recipient " + std::string(recipient.address));
  }
  void accept(const Campaign& campaign, std::string_view /*record*/) override {
    lines.push_back("campaign " + campaign.id);
  }
  void reject(std::string_view why, std::string_view /*record*/) override {
    lines.push_back("rejected: " + std::string(why));
  }
  void skip(std::string_view /*record*/) override { lines.emplace_back("skipped"); }

  /// The lines without what was skipped.
  std::vector<std::string> events() const {
    auto all = lines;
    std::erase(all, "skipped");
    return all;
  }
};

} // namespace mailfunnel
