#include "sample_log.hpp"

#include <fmt/format.h>

#include <array>
#include <random>

namespace mailfunnel::bench {

namespace {

constexpr std::string_view k_person =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36";
constexpr std::string_view k_proxy = "Mozilla/5.0";
constexpr std::array<std::string_view, 8> k_paths{"/blog/nurturing-leads",
                                                  "/guide/email-basics",
                                                  "/case-study/acme",
                                                  "/webinar/live",
                                                  "/pricing",
                                                  "/demo",
                                                  "/about",
                                                  "/legal/privacy"};
// How often a kind comes, out of 14.
constexpr std::array<std::string_view, 14> k_kinds{
    "sent",      "sent",      "sent",      "sent", "sent", "delivered", "delivered",
    "delivered", "delivered", "delivered", "open", "open", "open",      "click"};

std::string_view sendgrid_word(std::string_view kind) {
  return kind == "sent" ? "processed" : kind;
}

} // namespace

std::string sample_address(std::uint32_t number) {
  return fmt::format("reader.{:x}@mail{}.example", number, number % 40);
}

std::vector<std::string> sample_links(std::size_t count) {
  std::vector<std::string> links;
  for (std::size_t i = 0; i < count; ++i) {
    links.push_back(fmt::format(
        "https://www.Example.com{}/{}?utm_source=newsletter&utm_medium=email&lid={}&b=2&a=1#top",
        k_paths[i % k_paths.size()], i % 50, i));
  }
  return links;
}

std::vector<SampleEvent> sample_events(std::size_t count) {
  std::mt19937 random(1); // NOLINT: the same events every time
  const auto links = sample_links(96);
  std::vector<SampleEvent> events;
  events.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto kind = k_kinds[random() % k_kinds.size()];
    const bool reaction = kind == "open" || kind == "click";
    const bool proxy = reaction && random() % 4 == 0;
    events.push_back({sample_address(static_cast<std::uint32_t>(random() % 50'000)),
                      kind == "click" ? links[random() % links.size()] : "", kind,
                      !reaction ? std::string_view{}
                      : proxy   ? k_proxy
                                : k_person,
                      k_start + static_cast<Seconds>(random() % (90 * k_day)),
                      static_cast<std::uint32_t>(1001 + random() % 12)});
  }
  return events;
}

std::string csv_of(const std::vector<SampleEvent>& events, bool quoted) {
  std::string out = "email,campaign_id,event,timestamp,url,user_agent,ip,event_id\n";
  std::size_t number = 0;
  for (const auto& e : events) {
    const auto time = format_time(e.time);
    if (quoted) {
      out += fmt::format("\"{}\",\"{}\",\"{}\",\"{}\",\"{}\",\"{}\",\"\",\"e{}\"\n", e.address,
                         e.campaign, e.kind, time, e.link, e.agent, number++);
    } else {
      const std::string_view quote = e.agent.find(',') != std::string_view::npos ? "\"" : "";
      out += fmt::format("{},{},{},{},{},{}{}{},,e{}\n", e.address, e.campaign, e.kind, time,
                         e.link, quote, e.agent, quote, number++);
    }
  }
  return out;
}

std::string ndjson_of(const std::vector<SampleEvent>& events) {
  std::string out;
  for (const auto& e : events) {
    out +=
        fmt::format(R"({{"event":"{}","timestamp":"{}","user":{{"email":"{}"}},"campaign_id":{})",
                    e.kind, format_time(e.time), e.address, e.campaign);
    if (!e.agent.empty()) {
      out += fmt::format(R"(,"user_agent":"{}")", e.agent);
    }
    if (!e.link.empty()) {
      out += fmt::format(R"(,"url":"{}")", e.link);
    }
    out += "}\n";
  }
  return out;
}

std::string sendgrid_ndjson_of(const std::vector<SampleEvent>& events) {
  std::string out;
  std::size_t number = 0;
  for (const auto& e : events) {
    out += fmt::format(
        R"({{"email":"{}","timestamp":{},"event":"{}","sg_event_id":"e{}","marketing_campaign_id":{})",
        e.address, e.time, sendgrid_word(e.kind), number++, e.campaign);
    if (!e.agent.empty()) {
      out += fmt::format(R"(,"useragent":"{}","sg_machine_open":{})", e.agent, e.agent == k_proxy);
    }
    if (!e.link.empty()) {
      out += fmt::format(R"(,"url":"{}")", e.link);
    }
    out += "}\n";
  }
  return out;
}

} // namespace mailfunnel::bench
