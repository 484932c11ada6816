//   ------ This is a copy of the message, including all the headers. ------
//
//   Message-ID: <c12.s78@news.example.com>
//   X-Campaign: c12
//   To: ann@example.com

#include "returned_mail.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::dsn {

namespace {

/// Lines behind which the returned mail stands, in lower case, after dashes and spaces.
constexpr std::array<std::string_view, 25> k_follows{
    "this is a copy of the message", // Exim
    "this is a copy of your message",
    "this is a copy of the headers",
    "below this line is a copy of the message", // qmail, Yahoo, Postini
    "below this line is the original",
    "original message follows", // Yahoo of old, IMail
    "original message below",
    "original message headers",
    "original message",       // Gmail, Google Groups, m-FILTER, Verizon
    "original mail info",     // m-FILTER
    "message headers follow", // DragonFly
    "message header follow",
    "the header of the original message is following", // GMX, 1&1
    "the header of the original message",
    "below is a copy of the original message", // OpenSMTPD
    "returned message",                        // Notes
    "returned mail follows",
    "unsent message follows", // sendmail 5
    "unsent message below",
    "message header:",                          // sendmail 5 of some vendors
    "included is a copy of the message header", // MXLogic
    "the original message follows",
    "the following is a copy of the original message",
    "this is a copy of the original message",
    "start of original message",
};

/// Fields that begin a returned mail where nothing announces it (Zoho, PMDF).
constexpr std::array k_first_fields{"Received", "Return-Path", "DKIM-Signature"};

std::string_view without_rule(std::string_view line) { // "----- Original message -----"
  const auto begin = line.find_first_not_of("-=*_ \t>#");
  return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
}

bool says_follows(std::string_view line) {
  constexpr std::size_t k_longest = 120;
  if (line.size() > k_longest) {
    return false;
  }
  const auto words = without_rule(line);
  return std::any_of(k_follows.begin(), k_follows.end(),
                     [words](auto row) { return istarts_with(words, row); });
}

bool begins_returned(std::string_view line) {
  const auto name = split_field(line).first;
  return std::any_of(k_first_fields.begin(), k_first_fields.end(),
                     [name](auto field) { return iequals(field, name); });
}

/// From the first line on that is a field: rules of dashes and empty lines go.
std::string_view from_first_field(std::string_view text) {
  constexpr int k_most_lines = 10;
  for (int i = 0; i < k_most_lines && !text.empty() && !begins_with_field(text); ++i) {
    next_line(text);
  }
  return begins_with_field(text) ? text : std::string_view();
}

constexpr std::array k_header_types{"text/rfc822-headers", "text/rfc822-header",
                                    "message/rfc822-headers", "message/global-headers"};

// ---- mailings
// -----------------------------------------------------------------------------------------------------

/// Headers by which senders name the mailing, in the order of trust; where `beside` is given it
/// must be there too, as the name alone is everybody's.
struct CampaignHeader {
  std::string_view name, beside;
};
constexpr std::array k_campaign_headers{
    CampaignHeader{"X-Campaign", ""},
    CampaignHeader{"X-Campaign-ID", ""},
    CampaignHeader{"X-CampaignID", ""},
    CampaignHeader{"X-Mailing-ID", ""},
    CampaignHeader{"X-Listmonk-Campaign", ""},     // listmonk
    CampaignHeader{"X-MessageID", "X-ListMember"}, // phpList
    CampaignHeader{"X-Job", ""},                   // PowerMTA
};
constexpr std::string_view k_contact_header = "X-Listmonk-Subscriber";

/// "campaign:customer:mail type:sender" (Google's Feedback-ID); SES puts its own there.
std::string_view feedback_campaign(std::string_view feedback_id) {
  const auto parts = split(feedback_id, ':');
  const bool own =
      parts.size() >= 3 && !parts.front().empty() && !iequals(parts.back(), "AmazonSES");
  return own ? feedback_id.substr(0, feedback_id.find(':')) : std::string_view();
}

/// "Weekly <weekly.example.org>" -> "weekly.example.org"
std::string_view list_name(std::string_view list_id) {
  const auto open = list_id.find('<');
  return open == std::string_view::npos
             ? list_id
             : trim(list_id.substr(open + 1, list_id.find('>', open) - open - 1));
}

} // namespace

CutText cut_text(std::string_view text) {
  auto rest = text;
  while (!rest.empty()) {
    const auto before = text.substr(0, text.size() - rest.size());
    const auto at_line = rest;
    const auto line = next_line(rest);
    if (says_follows(line)) {
      return {before, from_first_field(rest)};
    }
    if (begins_returned(line) && !trim(before).empty()) {
      return {before, at_line};
    }
  }
  return {text, {}};
}

std::string report_text(const Mail& mail) {
  std::string plain, html;
  for (const auto& part : mail.parts) {
    if (part.level == 0 && part.type == "text/plain" && !begins_with_field(part.text)) {
      plain.append(cut_text(part.text).report).append("\n");
    } else if (part.level == 0 && part.type == "text/html" && !part.attached) {
      html.append(cut_text(html_text(part.text)).report).append("\n");
    }
  }
  return trim(plain).empty() ? html : plain;
}

Fields returned_fields(const Mail& mail) {
  const auto* const inner = mail.find({"message/rfc822"});
  if (inner != nullptr && !inner->fields.empty()) {
    return inner->fields;
  }
  if (const auto* const header =
          mail.find({k_header_types[0], k_header_types[1], k_header_types[2], k_header_types[3]})) {
    std::string_view text = header->text;
    return take_fields(text);
  }
  for (const auto& part : mail.parts) {
    if (part.level == 0 && part.type == "text/plain") {
      auto returned = cut_text(part.text).returned;
      if (returned.empty() && &part != &mail.parts.front() && begins_with_field(part.text)) {
        returned = part.text; // the header in a file beside the report
      }
      if (!returned.empty()) {
        return take_fields(returned);
      }
    }
  }
  return {};
}

Mailing find_mailing(const Fields& returned) {
  Mailing mailing;
  for (const auto& row : k_campaign_headers) {
    if (mailing.campaign.empty() && (row.beside.empty() || returned.has(row.beside))) {
      mailing.campaign = returned.get(row.name);
    }
  }
  if (mailing.campaign.empty()) {
    mailing.campaign = feedback_campaign(returned.get("Feedback-ID"));
  }
  mailing.contact_id = returned.get(k_contact_header);
  mailing.list_id = list_name(returned.get("List-ID"));
  return mailing;
}

} // namespace mailfunnel::dsn
