#include "web/pages/person_view.hpp"

#include "app/person_json.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <fmt/format.h>

#include <array>

namespace mailfunnel {

namespace {

constexpr std::size_t k_url_columns = 60, k_title_columns = 60;

struct SuppressedBit {
  std::uint8_t bit;
  std::string_view word;
};
constexpr std::array k_bits{
    SuppressedBit{suppressed_by::unsubscribed, "by_unsubscribed"},
    SuppressedBit{suppressed_by::complaint, "by_complaint"},
    SuppressedBit{suppressed_by::hard_bounce, "by_hard_bounce"},
    SuppressedBit{suppressed_by::manual, "by_manual"},
    SuppressedBit{suppressed_by::objection, "by_objection"},
    SuppressedBit{suppressed_by::profiling, "by_profiling"},
};

} // namespace

std::string exact_points(const Words& t, Points points) {
  const int places = points % k_point == 0 ? 0 : points % 100 == 0 ? 1 : points % 10 == 0 ? 2 : 3;
  return t.decimal(static_cast<double>(points) / k_point, places);
}

std::string exact_change(const Words& t, Points points) {
  return (points > 0 ? "+" : "") + exact_points(t, points);
}

std::string event_text(const Words& t, EventKind kind) {
  return t["event_" + std::string(name_of(kind))];
}

std::string suppression_text(const Words& t, std::uint8_t bits) {
  std::string out;
  for (const auto& [bit, word] : k_bits) {
    if ((bits & bit) != 0) {
      out += (out.empty() ? "" : ", ") + t[word];
    }
  }
  return out;
}

std::string reasons_text(const Words& t, const Explanation& person) {
  std::string out;
  const auto add = [&](unsigned count, const std::string& what) {
    if (count != 0) {
      out += fmt::format("{}{} × {}", out.empty() ? "" : ", ", count, what);
    }
  };
  add(person.clicks_bofu, "BOFU");
  add(person.clicks_mofu, "MOFU");
  add(person.clicks_tofu, "TOFU");
  add(person.non_opens, t["not_opened"]);
  return out;
}

std::string status_reason(const Words& t, const Explanation& person, const Rules& rules) {
  if (!person.override_rule.empty()) {
    return t.with("by_override", {person.override_rule});
  }
  switch (rules.status.model) {
  case StatusModel::matrix:
    return t.with("by_cell", {fmt::format("{}{}", static_cast<char>('A' + person.grade),
                                          static_cast<int>(person.level))});
  case StatusModel::scale:
    return t.with("by_scale", {exact_points(t, person.scale)});
  case StatusModel::rules:
    break;
  }
  return t["by_rules"];
}

std::string phase_text(std::uint8_t phase) {
  return phase == 0 ? std::string() : std::string(name_of(static_cast<Stage>(phase)));
}

View url_view(std::string_view url) {
  View out;
  const bool web = istarts_with(url, "http://") || istarts_with(url, "https://");
  out.set("href", web ? View(std::string(url)) : View(false));
  out.set("short", shortened(url, k_url_columns));
  out.set("whole", std::string(url));
  return out;
}

void set_place(View& view, const PageContext& context, const World& world, CampaignId campaign,
               LinkNumber link) {
  view.set("campaign", std::string());
  view.set("url", false);
  const auto* known = world.find(campaign);
  if (known == nullptr) {
    return;
  }
  view.set("campaign", shortened(known->title(), k_title_columns));
  view.set("campaign_href", known->external_id.empty() || !context.may(Role::reviewer)
                                ? View(false)
                                : View(context.link("/campaigns/" + percent_encode(known->account) +
                                                    "/" + percent_encode(known->external_id))));
  if (const auto found = known->links.find(link); found != known->links.end()) {
    view.set("url", url_view(found->second.url));
    view.set("stage", std::string(name_of(found->second.tag.stage)));
  }
}

} // namespace mailfunnel
