// What the formats have in common: words, and campaigns. Bodies are Go templates, in which a link
// that counts clicks is one of
//   <a href="{{ TrackLink "https://example.com/demo" }}">, {{ TrackLink `https://example.com/demo`
//   . }} <a href="https://example.com/demo@TrackLink">
// https://listmonk.app/docs/templating/

#include "readers.hpp"

#include "adapter/word_table.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::listmonk {

namespace {

using namespace std::string_view_literals;

struct StatusRow {
  std::string_view word;
  Subscription subscription;
};
constexpr std::array k_statuses{
    StatusRow{"blocklisted", Subscription::unsubscribed},
    StatusRow{"disabled", Subscription::archived},
};
constexpr std::array k_list_statuses{
    StatusRow{"confirmed", Subscription::subscribed},
    StatusRow{"unsubscribed", Subscription::unsubscribed},
};

struct BounceRow {
  std::string_view word;
  EventKind kind;
  BounceClass klass;
};
constexpr std::array k_bounce_types{
    BounceRow{"hard", EventKind::bounce, BounceClass::hard},
    BounceRow{"soft", EventKind::bounce, BounceClass::soft},
    BounceRow{"complaint", EventKind::complaint, BounceClass::none},
};

// ---- bodies -------------------------------------------------------------------------------------

/// The URL in an expression such as ` TrackLink "https://example.com" . `; "": it is another one.
std::string_view tracked_url(std::string_view expression) {
  constexpr auto k_function = "TrackLink"sv;
  auto rest = trim(expression);
  rest = trim(rest.starts_with('-') ? rest.substr(1) : rest); // {{- trims white space
  if (!rest.starts_with(k_function)) {
    return {};
  }
  rest = trim(rest.substr(k_function.size()));
  for (const auto quote : {"\""sv, "`"sv, "&quot;"sv, "&#34;"sv}) {
    if (rest.starts_with(quote)) {
      rest.remove_prefix(quote.size());
      const auto end = rest.find(quote);
      return end == std::string_view::npos ? std::string_view{} : rest.substr(0, end);
    }
  }
  return {};
}

/// The body with plain URLs in the place of tracked ones.
std::string with_plain_links(std::string_view body) {
  std::string out;
  out.reserve(body.size());
  std::size_t at = 0;
  for (;;) {
    const auto open = body.find("{{", at);
    const auto close = open == std::string_view::npos ? open : body.find("}}", open);
    if (close == std::string_view::npos) {
      break;
    }
    const auto url = tracked_url(body.substr(open + 2, close - open - 2));
    out += body.substr(at, open - at);
    out += url.empty() ? body.substr(open, close + 2 - open) : url;
    at = close + 2;
  }
  out += body.substr(at);
  return replace_all(out, "@TrackLink", "");
}

/// [text](url) and [text](url "title"), in order; not those of pictures.
std::vector<LinkPlacement> markdown_links(std::string_view body) {
  std::vector<LinkPlacement> links;
  for (std::size_t at = 0;;) {
    const auto middle = body.find("](", at);
    const auto end = middle == std::string_view::npos ? middle : body.find(')', middle);
    if (end == std::string_view::npos) {
      return links;
    }
    const auto before = body.substr(at, middle - at);
    const auto begin = before.rfind('[');
    const auto inside = trim(body.substr(middle + 2, end - middle - 2));
    const auto url = inside.substr(0, inside.find_first_of(" \t\n"));
    const bool picture = begin != std::string_view::npos && begin > 0 && before[begin - 1] == '!';
    if (begin != std::string_view::npos && !picture && !url.empty()) {
      links.push_back(
          {std::string(url), std::string(trim(before.substr(begin + 1))), {}, {}, false});
    }
    at = end + 1;
  }
}

/// "Shop <shop@example.com>" -> name and address
void take_from(std::string_view from, Campaign& campaign) {
  const auto open = from.rfind('<');
  if (open == std::string_view::npos) {
    campaign.from_address = trim(from);
    return;
  }
  const auto inside = from.substr(open + 1);
  campaign.from_name = trim(from.substr(0, open));
  campaign.from_address = trim(inside.substr(0, inside.find('>')));
}

} // namespace

Subscription subscription_of(std::string_view status) {
  const auto* const row = find_word(k_statuses, status);
  return row != nullptr ? row->subscription : Subscription::unknown;
}

Subscription subscription_in_list(std::string_view status, std::string_view optin) {
  if (iequals(status, "unconfirmed")) { // lists without a double opt-in never confirm anybody
    return optin == "double"   ? Subscription::pending
           : optin == "single" ? Subscription::subscribed
                               : Subscription::unknown;
  }
  const auto* const row = find_word(k_list_statuses, status);
  return row != nullptr ? row->subscription : Subscription::unknown;
}

void fill_bounce(EventView& view, std::string_view type) {
  const auto* const row = find_word(k_bounce_types, type);
  view.native = type;
  view.kind = row != nullptr ? row->kind : EventKind::unknown;
  view.bounce.klass = row != nullptr ? row->klass : BounceClass::none;
}

void add_json(std::string_view json, Attributes& attributes) {
  if (!json.empty()) {
    simdjson::dom::parser parser;
    attributes.add_members(Json(parser.parse(json.data(), json.size(), true)));
  }
}

Campaign make_campaign(const CampaignTexts& texts) {
  Campaign campaign;
  campaign.id = texts.id;
  campaign.name = texts.name;
  campaign.subject = texts.subject;
  campaign.status = texts.status;
  campaign.text = texts.alternative;
  take_from(texts.from, campaign);
  if (texts.type == "optin") { // asks for a confirmation
    campaign.kind = CampaignKind::transactional;
  }
  if (texts.content == "plain" || texts.content == "markdown") {
    campaign.text = with_plain_links(texts.body);
    if (texts.content == "markdown") {
      campaign.links = markdown_links(campaign.text);
    }
  } else {
    campaign.html = with_plain_links(texts.body);
  }
  return campaign;
}

} // namespace mailfunnel::listmonk
