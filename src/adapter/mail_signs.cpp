//   Return-Path: <>
//   From: Mail Delivery System <MAILER-DAEMON@mx1.example.com>
//   Subject: Undelivered Mail Returned to Sender
//   Auto-Submitted: auto-replied
//   Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

#include "adapter/mail_signs.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

struct Sign {
  std::string_view name;  // of the header field
  std::string_view words; // lower case; somewhere in its value. "": it is there at all
};

constexpr std::array k_bounces{
    Sign{"From", "mailer-daemon"},
    Sign{"From", "mailer daemon"},
    Sign{"From", "postmaster"},
    Sign{"From", "post_master"}, // Apache James
    Sign{"From", "mail delivery"},
    Sign{"From", "mail deliver system"},
    Sign{"From", "mail administrator"},
    Sign{"From", "system administrator"}, // Exchange
    Sign{"From", "interscan"},
    Sign{"From", "mmsc ndr"},        // Verizon
    Sign{"X-Failed-Recipients", ""}, // Exim, Gmail
    Sign{"Subject", "undeliver"},
    Sign{"Subject", "failure notice"},
    Sign{"Subject", "delivery failure"},
    Sign{"Subject", "delivery status notification"},
    Sign{"Subject", "delivery notification"},
    Sign{"Subject", "mail delivery failed"},
    Sign{"Subject", "mail failure"},
    Sign{"Subject", "message delivery has failed"},
    Sign{"Subject", "returned mail"},
    Sign{"Subject", "could not be delivered"},
    Sign{"Subject", "could not send message"},
    Sign{"Subject", "are not member"}, // fml
    Sign{"Subject", "reject mail from"},
    Sign{"Subject", "error sending your mail"},
    Sign{"Subject", "nicht zugestellt"},
    Sign{"Subject", "unzustellbar"},
    Sign{"Subject", "onbestelbaar"},
    Sign{"Subject", "non remis"},
    Sign{"Subject", "non distribuable"},
    Sign{"Subject", "no se puede entregar"},
    Sign{"Subject", "メールエラー"}, // au one net
    Sign{"X-Mailer", "m-filter"},
};

/// Signs that a person's program or a feedback loop wrote it, or that it is worth a look.
constexpr std::array k_others{
    Sign{"Content-Type", "multipart/report"},
    Sign{"Content-Type", "message/feedback-report"},
    Sign{"Content-Type", "message/delivery-status"},
    Sign{"Auto-Submitted", "auto-replied"}, // newsletters too are auto-generated
    Sign{"Return-Path", "mailer-daemon"},
    Sign{"From", "sns.amazonaws.com"},
    Sign{"Subject", "complaint about message from"},
};

constexpr std::array<std::string_view, 13> k_texts{
    "could not be delivered to: <", // au one net
    "this is the qmail-send program at",
    "this message was created automatically by mail delivery software",
    "this is an automatically generated delivery status notification",
    "unable to deliver message to the following address",
    "could not be delivered to one or more of",
    "did not reach the following recipient",
    "i'm afraid i wasn't able to deliver your message",
    "the following addresses had permanent fatal errors",
    "the following addresses had delivery",
    "your message cannot be delivered to the following recipients",
    "delivery to the following recipient failed permanently",
    "requested action not taken: no such user",
};

// ---- auto-replies -------------------------------------------------------------------------------

struct HeaderRow {
  std::string_view name, value; // value: it begins like this; "": any
};
constexpr std::array k_headers{
    HeaderRow{"Auto-Submitted", "auto-replied"}, // RFC 3834
    HeaderRow{"Auto-Submitted", "auto-notified"},
    HeaderRow{"Precedence", "auto_reply"},
    HeaderRow{"Precedence", "auto-reply"},
    HeaderRow{"X-Auto-Reply-From", ""},
    HeaderRow{"X-Autoreply", ""},
    HeaderRow{"X-Autorespond", ""}, // qmail-autoresponder
    HeaderRow{"X-Autoresponder", ""},
    HeaderRow{"X-Mail-Autoreply", ""},
    HeaderRow{"X-Auto-Generated", "vacation"},
    HeaderRow{"X-Apple-Action", "VACATION"}, // iCloud
    HeaderRow{"Delivered-To", "autoresponder"},
};

/// How the subjects of such mails begin. Those of Exchange and Outlook are in the language of the
/// mailbox.
constexpr std::array<std::string_view, 28> k_subjects{
    "automatic reply:",
    "auto reply:",
    "auto-reply:",
    "autoreply:",
    "auto:",
    "auto response",
    "autoresponder",
    "out of office",
    "out-of-office",
    "out of the office",
    "away from my mail", // vacation(1)
    "vacation",
    "automatisch antwoord:", // nl
    "afwezig",
    "automatische antwort:", // de
    "abwesenheit",
    "abwesend",
    "abwesenheitsnotiz",
    "réponse automatique", // fr
    "absence du bureau",
    "absent du bureau",
    "risposta automatica:", // it
    "fuori sede",
    "respuesta automática", // es
    "fuera de la oficina",
    "resposta automática",   // pt
    "automatiskt svar",      // sv
    "automaattinen vastaus", // fi
};

// -------------------------------------------------------------------------------------------------

/// Mass mail may be about anything: its subject is no sign.
bool is_mass_mail(const MailFields& header) {
  return header.has("List-Unsubscribe");
}

template<typename Table> bool has_sign(const Table& table, const MailFields& header) {
  const bool any_subject = is_mass_mail(header);
  return std::any_of(table.begin(), table.end(), [&](const Sign& sign) {
    return !(any_subject && sign.name == "Subject") &&
           std::any_of(header.all().begin(), header.all().end(), [&sign](const auto& field) {
             return iequals(field.first, sign.name) && icontains(field.second, sign.words);
           });
  });
}

/// "Return-Path: <>" or "From: <>": nobody wants an answer.
bool from_nobody(const MailFields& header, std::string_view name) {
  const auto value = header.get(name);
  return header.has(name) && find_address(value).empty() &&
         (value.empty() || value.find("<>") != std::string_view::npos);
}

} // namespace

bool is_bounce(const MailFields& header) {
  return has_sign(k_bounces, header) || from_nobody(header, "From");
}

bool is_bounce_text(std::string_view text) {
  return std::any_of(k_texts.begin(), k_texts.end(),
                     [text](auto words) { return icontains(text, words); });
}

bool is_auto_reply(const MailFields& fields) {
  for (const auto& row : k_headers) {
    for (const auto& [name, value] : fields.all()) {
      if (iequals(name, row.name) && istarts_with(value, row.value)) {
        return true;
      }
    }
  }
  const auto subject = is_mass_mail(fields) ? std::string_view{} : fields.get("Subject");
  return std::any_of(k_subjects.begin(), k_subjects.end(),
                     [subject](auto words) { return istarts_with(subject, words); });
}

bool may_be_report(const MailFields& header) {
  return is_bounce(header) || has_sign(k_others, header) || from_nobody(header, "Return-Path") ||
         is_auto_reply(header);
}

} // namespace mailfunnel
