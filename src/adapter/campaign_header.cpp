//   X-Campaign: c12
//   Feedback-ID: c12:shop:newsletter:esp
//   List-ID: Weekly <weekly.example.org>

#include "adapter/campaign_header.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

/// In the order of trust.
struct Header {
  std::string_view name;
  std::string_view beside{}; // the name alone is everybody's: this one is there too
  char end = '\0';           // of the part that is the mailing; '\0': all of it
};
constexpr std::array k_headers{
    Header{"X-Campaign"},
    Header{"X-Campaign-ID"},
    Header{"X-CampaignID"},
    Header{"X-Mailing-ID"},
    Header{"X-Listmonk-Campaign"},         // listmonk
    Header{"X-MessageID", "X-ListMember"}, // phpList
    Header{"X-Job"},                       // PowerMTA
    Header{"Feedback-ID", "", ':'}, // "campaign:customer:type:sender": Gmail's help for senders
};

std::string_view campaign_of(const Header& header, std::string_view value) {
  return trim(header.end == '\0' ? value : value.substr(0, value.find(header.end)));
}

/// Is a Feedback-ID as Gmail asks for it, and the sender's own? SES writes one of two parts.
bool is_senders(std::string_view feedback_id) {
  const auto parts = split(feedback_id, ':');
  return parts.size() >= 3 && !iequals(parts.back(), "AmazonSES");
}

/// "Weekly <weekly.example.org>" -> "weekly.example.org"
std::string_view list_name(std::string_view list_id) {
  const auto open = list_id.find('<');
  return open == std::string_view::npos
             ? list_id
             : trim(list_id.substr(open + 1, list_id.find('>', open) - open - 1));
}

} // namespace

std::string_view campaign_in_header(std::string_view name, std::string_view value) {
  const auto* const header =
      std::find_if(k_headers.begin(), k_headers.end(),
                   [name](const Header& h) { return iequals(h.name, name); });
  return header == k_headers.end() ? std::string_view{} : campaign_of(*header, value);
}

MailingNames mailing_names(const MailFields& header) {
  MailingNames names;
  for (const auto& row : k_headers) {
    const auto value = header.get(row.name);
    const bool holds =
        (row.beside.empty() || header.has(row.beside)) && (row.end == '\0' || is_senders(value));
    if (names.campaign.empty() && holds) {
      names.campaign = campaign_of(row, value);
    }
  }
  names.contact_id = header.get("X-Listmonk-Subscriber");
  names.list_id = list_name(header.get("List-ID"));
  return names;
}

} // namespace mailfunnel
