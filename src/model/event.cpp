#include "model/event.hpp"

namespace mailfunnel {

using namespace std::string_view_literals;

namespace {

constexpr std::array k_kinds{
    "unknown"sv,   "sent"sv,   "delivered"sv,  "deferred"sv,       "dropped"sv,
    "open"sv,      "click"sv,  "bounce"sv,     "unsubscribe"sv,    "resubscribe"sv,
    "complaint"sv, "reply"sv,  "page"sv,       "download"sv,       "form"sv,
    "webinar"sv,   "signup"sv, "conversion"sv, "address_change"sv,
};
static_assert(k_kinds.size() == k_event_kinds);

constexpr std::array k_classes{""sv, "soft"sv, "block"sv, "hard"sv};

constexpr std::array k_reasons{
    "other"sv,
    "user_unknown"sv,
    "host_unknown"sv,
    "mailbox_full"sv,
    "mailbox_disabled"sv,
    "message_too_big"sv,
    "content"sv,
    "spam"sv,
    "blocked_ip"sv,
    "policy"sv,
    "auth"sv,
    "rate_limited"sv,
    "network"sv,
    "expired"sv,
    "relay_denied"sv,
    "suppressed"sv,
    "unsubscribed"sv,
    "feedback"sv,
};

template<typename Enum, std::size_t N>
std::optional<Enum> find_name(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name && !name.empty()) {
      return static_cast<Enum>(i);
    }
  }
  return std::nullopt;
}

} // namespace

const std::array<std::pair<std::uint16_t, std::string_view>, 11> k_evidence_names{{
    {evidence::esp_machine_flag, "esp_machine_flag"},
    {evidence::privacy_proxy, "privacy_proxy"},
    {evidence::image_proxy, "image_proxy"},
    {evidence::crawler_agent, "crawler_agent"},
    {evidence::filter_network, "filter_network"},
    {evidence::probable_filter_network, "probable_filter_network"},
    {evidence::head_request, "head_request"},
    {evidence::prefetch, "prefetch"},
    {evidence::honeypot, "honeypot"},
    {evidence::empty_agent, "empty_agent"},
    {evidence::agent_seen, "agent_seen"},
}};

std::string_view name_of(EventKind kind) {
  return k_kinds[static_cast<std::size_t>(kind)];
}
std::optional<EventKind> event_kind(std::string_view name) {
  return find_name<EventKind>(k_kinds, name);
}
std::string_view name_of(BounceClass value) {
  return k_classes[static_cast<std::size_t>(value)];
}
std::optional<BounceClass> bounce_class(std::string_view name) {
  return find_name<BounceClass>(k_classes, name);
}
std::string_view name_of(BounceReason value) {
  return k_reasons[static_cast<std::size_t>(value)];
}
std::optional<BounceReason> bounce_reason(std::string_view name) {
  return find_name<BounceReason>(k_reasons, name);
}

} // namespace mailfunnel
