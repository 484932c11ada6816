#pragma once
// A mailing and its links, as read from campaign XML, an API answer or a report.

#include "base/time.hpp"
#include "model/stage.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

/// Only campaigns and automations score. Stored as a number: append only.
enum class CampaignKind : std::uint8_t { campaign, automation, transactional, test };
std::string_view name_of(CampaignKind kind);
std::optional<CampaignKind> campaign_kind(std::string_view name);

/// One link where it stands in the mail. The same target may stand in it several times.
struct LinkPlacement {
  std::string url;              // as given
  std::string text;             // visible text, or alt text
  std::string alias;            // the ESP's name, tag or keyword for it
  std::optional<Stage> stage{}; // an explicit mark in the XML or HTML
  bool footer = false;

  bool operator==(const LinkPlacement&) const = default;
};

struct Audience {
  std::string kind; // list, segment, query, …
  std::string id;
  std::string name;
  bool exclude = false;
};

struct Campaign {
  std::string account; // of the config, in a file of our own; empty: the import's
  std::string id;      // native; composite ids joined by '/'
  std::string send;    // one sending, where the campaign recurs
  std::string parent;
  std::string family; // id that A/B halves, resends and language versions share; empty: itself
  std::optional<CampaignKind> kind{}; // nothing: it is not said, and what is known of it stays
  std::string name, subject, preheader;
  std::string from_name, from_address, reply_to;
  std::optional<Seconds> sent_at{};
  std::string status;
  std::vector<Audience> audience;
  std::vector<std::string> tags;
  std::vector<LinkPlacement> links; // given as such; those of `html` are added by the ingest
  std::string html, text;
};

} // namespace mailfunnel
