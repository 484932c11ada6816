// A mailing as somebody got it, saved as it came (RFC 5322, MIME): one mail, one campaign.
//   From: Shop <info@example.com>
//   Subject: New in May
//   Date: Mon, 11 May 2026 08:00:08 +0200
//   Message-ID: <c12.s78@news.example.com>
//   X-Campaign: c12
//   List-Unsubscribe: <https://m.example.com/u/1>
//   Content-Type: multipart/alternative; boundary="b"
//   …
// Its id is --campaign, else what the header calls the mailing (adapter/campaign_header.hpp), else
// the mail's own Message-ID, which no event knows: then the campaign is asked for. Reports, and
// everything in an mbox, are those of the adapter dsn.

#include "adapter/adapter.hpp"
#include "adapter/campaign_header.hpp"
#include "adapter/mail.hpp"
#include "adapter/mail_signs.hpp"
#include "adapter/registry.hpp"
#include "base/mbox.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::eml {

namespace {

using namespace std::string_view_literals;

/// Fields that mass mail has and hardly any other (RFC 2369, RFC 2919, RFC 8058).
constexpr std::array k_mass_mail{"List-Unsubscribe"sv, "List-Unsubscribe-Post"sv, "Feedback-ID"sv,
                                 "X-CSA-Complaints"sv};

bool is_mass_mail(const MailFields& header) {
  return !mailing_names(header).campaign.empty() ||
         std::any_of(k_mass_mail.begin(), k_mass_mail.end(),
                     [&header](std::string_view name) { return header.has(name); });
}

bool has_mime(const MailFields& header) {
  const auto type = header.get("Content-Type");
  return istarts_with(type, "text/") || istarts_with(type, "multipart/");
}

/// "Shop" <info@example.com> -> Shop
std::string_view display_name(std::string_view from) {
  auto name = trim(from.substr(0, from.find('<')));
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
    name = name.substr(1, name.size() - 2);
  }
  return name.find('@') == std::string_view::npos ? name : std::string_view{};
}

std::string_view without_brackets(std::string_view id) {
  id = trim(id);
  return id.starts_with('<') && id.ends_with('>') ? id.substr(1, id.size() - 2) : id;
}

/// The text of a type that is to be read, not kept as a file, of the mail itself.
std::string body(const Mail& mail, std::string_view type) {
  std::string text;
  for (const auto& part : mail.parts) {
    if (part.level == 0 && !part.attached && part.type == type) {
      text += part.text; // a footer is sometimes a part of its own
    }
  }
  return text;
}

class MailingReader : public LogReader {
public:
  MailingReader(std::string_view campaign, bool named) : m_campaign(campaign), m_named(named) {}
  std::string_view format() const override { return "mailing, one mail"; }
  Framing framing() const override { return Framing::document; }
  bool needs_campaign() const override { return m_campaign.empty() && !m_named; }
  void read(const Chunk& chunk, RecordSink& sink) override {
    const auto mail = read_mail(chunk.text, false);
    const auto& header = mail.fields;
    const auto names = mailing_names(header);
    const auto from = header.get("From");
    Campaign campaign;
    campaign.id = !m_campaign.empty()       ? m_campaign
                  : !names.campaign.empty() ? names.campaign
                                            : without_brackets(header.get("Message-ID"));
    campaign.subject = header.get("Subject");
    campaign.from_name = display_name(from);
    campaign.from_address = find_address(from);
    campaign.reply_to = find_address(header.get("Reply-To"));
    campaign.html = body(mail, "text/html");
    campaign.text = body(mail, "text/plain");
    if (const auto date = parse_mail_date(header.get("Date"))) {
      campaign.sent_at = date->seconds;
    }
    if (!names.list_id.empty()) {
      campaign.audience.push_back({"list", names.list_id, {}});
    }
    if (campaign.id.empty()) {
      sink.reject("neither a field that names the mailing nor a Message-ID: name the campaign",
                  chunk.text);
    } else if (campaign.html.empty() && campaign.text.empty()) {
      sink.reject("a mail without a text", chunk.text);
    } else {
      sink.accept(campaign, chunk.text);
    }
  }

private:
  std::string m_campaign;
  bool m_named; // the header names the mailing
};

class EmlAdapter : public Adapter {
public:
  std::string_view title() const override { return "Mailings as mail (.eml)"; }
  Capabilities capabilities() const override { return {}; }
  std::vector<FormatInfo> formats() const override {
    return {{"mailing, one mail a file (.eml, Maildir)", "campaigns"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    if (is_from_line(head.substr(0, head.find('\n')))) {
      return nullptr;
    }
    const auto header = read_header(head);
    const bool mail = header.has("From") && (header.has("Subject") || header.has("Date"));
    const bool ours = is_mass_mail(header) || (!context.campaign.empty() && has_mime(header));
    if (!mail || !ours || may_be_report(header) || is_bounce_text(head)) {
      return nullptr;
    }
    return std::make_unique<MailingReader>(context.campaign,
                                           !mailing_names(header).campaign.empty());
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("eml", std::make_unique<EmlAdapter>());
}

} // namespace mailfunnel::eml
