#include "adapter/campaign_header.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

struct Header {
  std::string_view name;
  char end; // of the part that is the mailing; '\0': all of it
};
constexpr std::array k_headers{
    Header{"X-Campaign", '\0'},   Header{"X-Campaign-ID", '\0'},       Header{"X-CampaignID", '\0'},
    Header{"X-Mailing-ID", '\0'}, Header{"X-Listmonk-Campaign", '\0'}, Header{"X-MessageID", '\0'},
    Header{"X-Job", '\0'},        Header{"Feedback-ID", ':'}, // "campaign:customer:type:sender", as
                                                              // Gmail's help for senders asks
};

} // namespace

std::string_view campaign_in_header(std::string_view name, std::string_view value) {
  const auto* const header =
      std::find_if(k_headers.begin(), k_headers.end(),
                   [name](const Header& h) { return iequals(h.name, name); });
  if (header == k_headers.end()) {
    return {};
  }
  return trim(header->end == '\0' ? value : value.substr(0, value.find(header->end)));
}

} // namespace mailfunnel
