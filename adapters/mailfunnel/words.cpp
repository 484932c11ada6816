#include "words.hpp"

#include "base/text.hpp"

namespace mailfunnel::mailfunnel {

namespace {

constexpr std::size_t k_to_seconds = 19; // 2026-03-02T09:10:00

bool has_offset(std::string_view text) {
  return ascii_lower(text.back()) == 'z' ||
         text.find_first_of("+-", k_to_seconds) != std::string_view::npos;
}

} // namespace

std::string quoted(std::string_view text) {
  return '"' + printable(text, 60) + '"';
}

std::string read_time(TimeReader& reader, std::string_view text, Instant& time) {
  const auto read = text.size() < k_to_seconds ? std::nullopt : reader.read(text);
  if (!read) {
    return "not a date with time: " + quoted(text);
  }
  if (!has_offset(text)) {
    return "no offset from UTC (as in 2026-05-11T08:00:00+02:00): " + quoted(text);
  }
  time = *read;
  return {};
}

std::string read_kind(std::string_view text, std::optional<CampaignKind>& kind) {
  const auto read = campaign_kind(lower(text));
  if (!read) {
    return "not one of campaign, automation, transactional, test: " + quoted(text);
  }
  kind = read;
  return {};
}

std::string read_stage(std::string_view text, std::optional<Stage>& stage) {
  stage = parse_stage(text);
  return stage ? std::string() : "not one of tofu, mofu, bofu, none: " + quoted(text);
}

} // namespace mailfunnel::mailfunnel
