// Webhooks of an audience: a form with one event, its names in PHP's brackets. Saved, a body a
// line:
//   type=unsubscribe&fired_at=2026-03-02+10%3A16%3A02&data%5Baction%5D=unsub&data%5Breason%5D=manual
//     &data%5Bid%5D=8a25ff1d98&data%5Blist_id%5D=a6b5da1054&data%5Bemail%5D=ann%40example.com
//     &data%5Bmerges%5D%5BFNAME%5D=Ann&data%5Bcampaign_id%5D=4fa1bb3c2d
// (one line). https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/

#include "readers.hpp"

#include "adapter/attributes.hpp"
#include "adapter/shared_secret.hpp"
#include "adapter/webhook.hpp"
#include "adapter/word_table.hpp"

#include <fmt/format.h>

#include <array>

namespace mailfunnel::mailchimp {

namespace {

using namespace std::string_view_literals;

constexpr auto k_id = "mailchimp"sv;

enum class Tells { event, contact, both, address, campaign };

struct TypeRow {
  std::string_view word; // type
  Tells tells;
  EventKind kind = EventKind::unknown;
  Subscription subscription = Subscription::unknown;
};
constexpr std::array k_types{
    TypeRow{"subscribe", Tells::contact, EventKind::unknown, Subscription::subscribed},
    TypeRow{"profile", Tells::contact},
    TypeRow{"unsubscribe", Tells::both, EventKind::unsubscribe, Subscription::unsubscribed},
    TypeRow{"cleaned", Tells::both, EventKind::bounce, Subscription::cleaned},
    TypeRow{"upemail", Tells::address, EventKind::address_change},
    TypeRow{"campaign", Tells::campaign},
};

void take_contact(const FormRecord& record, const TypeRow& type, Seconds when, RecordSink& sink) {
  const auto& form = record.form;
  RecipientView view;
  view.record = record.text;
  view.address = form["data[email]"];
  view.list = type.subscription != Subscription::unknown ? form["data[list_id]"] : ""sv;
  view.subscription = type.subscription;
  view.changed_at = when;
  Attributes attributes;
  form.each_in("data[merges]", [&attributes](std::string_view tag, std::string_view value) {
    const bool nested = tag.find('[') != std::string_view::npos; // parts of addresses, of groups
    if (!nested && tag != "EMAIL"sv) {
      attributes.add(tag, value);
    }
  });
  view.attributes = attributes.all();
  sink.accept(view);
}

void take_event(const FormRecord& record, const TypeRow& type, Instant when, RecordSink& sink) {
  const auto& form = record.form;
  EventView view;
  view.record = record.text;
  view.native = form["type"];
  view.kind = type.kind;
  view.time = when;
  view.address = form["data[email]"];
  view.campaign = form["data[campaign_id]"];
  if (type.tells == Tells::both && form["data[reason]"] == "abuse"sv) {
    view.kind = EventKind::complaint;
  } else if (view.kind == EventKind::bounce) {
    view.bounce.klass = BounceClass::hard;
  } else if (view.kind == EventKind::unsubscribe) {
    view.scope = form["data[list_id]"];
  } else if (view.kind == EventKind::address_change) {
    view.address = form["data[old_email]"];
    view.new_address = form["data[new_email]"];
  }
  sink.accept(view);
}

void take_campaign(const FormRecord& record, Seconds when, RecordSink& sink) {
  const auto& form = record.form;
  if (form["data[status]"] != "sent"sv) {
    sink.skip(record.text);
    return;
  }
  Campaign campaign;
  campaign.id = form["data[id]"];
  campaign.subject = form["data[subject]"];
  campaign.status = "sent";
  campaign.sent_at = when;
  if (const auto list = form["data[list_id]"]; !list.empty()) {
    campaign.audience.push_back({"list", std::string(list), {}});
  }
  sink.accept(campaign, record.text);
}

/// The field without which a body tells nothing.
std::string_view key_of(Tells tells) {
  switch (tells) {
  case Tells::campaign:
    return "data[id]";
  case Tells::address:
    return "data[old_email]";
  default:
    return "data[email]";
  }
}

void read(const FormRecord& record, RecordSink& sink) {
  const auto& form = record.form;
  const TypeRow unknown{form["type"], Tells::event};
  const auto* const known = find_word(k_types, unknown.word);
  const auto& type = known != nullptr ? *known : unknown;
  if (const auto key = key_of(type.tells); form[key].empty()) {
    sink.reject("no " + std::string(key), record.text);
    return;
  }
  const auto when = parse_time(form["fired_at"], record.input.zone);
  if (!when) {
    sink.reject("\"" + printable(form["fired_at"], 40) +
                    "\" in fired_at is not a time (YYYY-MM-DD hh:mm:ss)",
                record.text);
    return;
  }
  if (type.tells == Tells::campaign) {
    take_campaign(record, when->seconds, sink);
    return;
  }
  if (type.tells == Tells::contact || type.tells == Tells::both) {
    take_contact(record, type, when->seconds, sink);
  }
  if (type.tells != Tells::contact) {
    take_event(record, type, *when, sink);
  }
}

bool is_webhook(const Form& form) {
  return form.has("type") && form.has("fired_at") && form.has("data[list_id]");
}

/// HMAC-SHA256 over "<t>.<body>", in the header as "t=<seconds>,v1=<hexadecimal digits>".
Result<void> check_signed(const HttpRequest& request, std::string_view secret, Seconds now) {
  MF_TRY(header, need_header(request, "X-Mailchimp-Signature"));
  std::string_view stamp, signature;
  for (const auto part : split(header, ',')) {
    const auto text = trim(part);
    if (text.starts_with("t=")) {
      stamp = text.substr(2);
    } else if (text.starts_with("v1=")) {
      signature = text.substr(3);
    }
  }
  const auto signed_text = std::string(stamp).append(".").append(request.body);
  MF_CHECK(check_signature(hex_decode(signature), hmac(Digest::sha256, secret, signed_text)));
  return check_age(stamp, now);
}

void sign(HttpRequest& request, std::string_view secret, Seconds now) {
  const auto text = fmt::format("{}.{}", now, request.body);
  request.headers.emplace_back(
      "X-Mailchimp-Signature",
      fmt::format("t={},v1={}", now, hex_encode(hmac(Digest::sha256, secret, text))));
}

} // namespace

extern const FormFormat k_webhooks{"audience webhooks, forms", is_webhook, read, "fired_at"};

Result<void> check_request(const HttpRequest& request, const Secrets& secrets, Seconds now) {
  const bool shared = has_shared_secret(secrets, k_id);
  if (const auto secret = find_secret(secrets, k_id, "signing_secret"); !secret.empty()) {
    MF_CHECK(check_signed(request, secret, now));
    return shared ? check_shared_secrets(request, secrets, k_id) : Result<void>{};
  }
  auto checked = check_shared_secrets(request, secrets, k_id);
  if (checked || !shared || request.header("X-Mailchimp-Signature").empty()) {
    return checked;
  }
  MF_TRY(secret, need_secret(secrets, k_id, {"webhook_key", "webhook_secret"}));
  return check_signed(request, secret, now);
}

Result<void> sign_request(HttpRequest& request, const Secrets& secrets, Seconds now) {
  const auto secret = find_secret(secrets, k_id, "signing_secret");
  if (!secret.empty()) {
    sign(request, secret, now);
  }
  return secret.empty() || has_shared_secret(secrets, k_id)
             ? bring_shared_secrets(request, secrets, k_id)
             : Result<void>{};
}

} // namespace mailfunnel::mailchimp
