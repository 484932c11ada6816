#pragma once
// Headers of a mail that name the mailing it is of: one at a time, in logs of mail servers that
// hold headers; or all of a mail's, in the mailing itself and in one that came back.

#include "adapter/mail_fields.hpp"

#include <string>
#include <string_view>

namespace mailfunnel {

/// The mailing that a header names: "X-Campaign", "spring" -> "spring"; "" when it is none of the
/// known ones: X-Campaign, X-Campaign-ID, X-CampaignID, X-Mailing-ID, X-Listmonk-Campaign,
/// X-MessageID (phpList), X-Job, and the first part of Feedback-ID. Names without case.
std::string_view campaign_in_header(std::string_view name, std::string_view value);

/// What the sender of a mailing wrote into the header of one of its mails; empty where it does not
/// tell.
struct MailingNames {
  std::string campaign;   // by the first of the headers above; phpList's only beside X-ListMember,
                          // and not Amazon SES' own Feedback-ID
  std::string contact_id; // X-Listmonk-Subscriber
  std::string list_id;    // List-ID (RFC 2919), without its description
};
MailingNames mailing_names(const MailFields& header);

} // namespace mailfunnel
