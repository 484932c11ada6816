#include "app/report_json.hpp"

#include "base/json_text.hpp"

#include <fmt/format.h>

#include <array>

namespace mailfunnel {

namespace {

constexpr std::array k_stages{Stage::tofu, Stage::mofu, Stage::bofu, Stage::untagged, Stage::none};

const Happened& of(const std::array<Happened, 4>& by, Verdict verdict) {
  return by.at(static_cast<std::size_t>(verdict));
}

std::string happened_json(const Happened& one) {
  return fmt::format("{{\"people\":{},\"events\":{}}}", one.people, one.events);
}

std::string figures_json(const MailingFigures& f) {
  const auto by_verdict = [](const std::array<Happened, 4>& by) {
    return fmt::format(
        "{{\"human\":{},\"unknown\":{},\"proxy\":{},\"machine\":{}}}",
        happened_json(of(by, Verdict::human)), happened_json(of(by, Verdict::unknown)),
        happened_json(of(by, Verdict::proxy)), happened_json(of(by, Verdict::machine)));
  };
  return fmt::format(
      "{{\"sending_told\":{},\"sent\":{},\"delivered\":{},\"hard_bounces\":{},\"other_bounces\":{},"
      "\"dropped\":{},"
      "\"unsubscribed\":{},\"complained\":{},\"openers\":{},\"clickers\":{},\"proxy_only\":{},"
      "\"opens\":{},\"clicks\":{}}}",
      f.told, f.sent, f.delivered, f.hard_bounces, f.other_bounces, f.dropped, f.unsubscribed,
      f.complained, f.openers, f.clickers, f.proxy_only, by_verdict(f.opens), by_verdict(f.clicks));
}

std::string measured_json(const Measured& measured) {
  auto out = fmt::format("{{\"delivered\":{},\"opened\":{},\"proxy_only\":{}", measured.all(),
                         measured.opened, measured.proxy_only);
  for (std::size_t s = 0; s < k_silences; ++s) {
    if (const auto one = static_cast<Silence>(s); one != Silence::reacted) {
      out += fmt::format(",\"{}\":{}", name_of(one), measured.silent.at(s));
    }
  }
  return out + "}";
}

template<typename Items, typename Write>
std::string list_json(const Items& items, const Write& write) {
  std::string out = "[";
  for (const auto& item : items) {
    out += (out.size() > 1 ? "," : "") + write(item);
  }
  return out + "]";
}

} // namespace

std::string report_json(const CampaignReport& report) {
  auto out = fmt::format("{{\"result\":\"report\",\"as_of\":\"{}\",\"mailings\":",
                         format_time(report.as_of));
  out += list_json(report.mailings, [](const ReviewedMailing& one) {
    return fmt::format(
        "{{\"account\":{},\"id\":{},\"name\":{},\"subject\":{},\"sent_at\":{},"
        "\"figures\":{}}}",
        json_text(one.account), json_text(one.id), json_text(one.title), json_text(one.subject),
        one.sent_at == 0 ? "null" : json_text(format_time(one.sent_at)), figures_json(one.figures));
  });
  out += ",\"together\":" + figures_json(report.together) +
         ",\"measured\":" + measured_json(report.measured) + ",\"links\":";
  out += list_json(report.links, [](const ReviewedLink& link) {
    return fmt::format("{{\"url\":{},\"text\":{},\"stage\":\"{}\",\"why\":{},\"human\":{},"
                       "\"unknown\":{},\"machine\":{}}}",
                       json_text(link.url), json_text(link.text), name_of(link.stage),
                       json_text(link.why), happened_json(link.human), happened_json(link.unknown),
                       happened_json(link.machine));
  });
  out += ",\"balance\":{";
  bool first = true;
  for (const auto stage : k_stages) {
    const auto s = static_cast<std::size_t>(stage);
    out += fmt::format("{}\"{}\":{{\"links\":{},\"clicks\":{}}}", first ? "" : ",", name_of(stage),
                       report.content_links.at(s), report.clicks_by_stage.at(s));
    first = false;
  }
  out += "},\"warnings\":" +
         list_json(report.warnings,
                   [](const BalanceWarning& warning) { return json_text(warning.text()); }) +
         ",\"read_by\":";
  out += list_json(report.read_by, [](const ReadBy& one) {
    return fmt::format("{{\"within\":\"{}\",\"opens\":{},\"clicks\":{}}}",
                       format_duration(one.within), one.opens, one.clicks);
  });
  out += fmt::format(",\"before\":\"{}\",\"after\":\"{}\",\"readers\":[",
                     format_time(report.before), format_time(report.after));
  first = true;
  for (std::size_t a = 0; a < report.moves.size(); ++a) {
    for (std::size_t b = 0; b < report.moves.size(); ++b) {
      if (report.moves[a][b] != 0) {
        out += fmt::format("{}{{\"from\":{},\"to\":{},\"people\":{}}}", first ? "" : ",",
                           json_text(report.statuses[a]), json_text(report.statuses[b]),
                           report.moves[a][b]);
        first = false;
      }
    }
  }
  return out + "]}\n";
}

} // namespace mailfunnel
