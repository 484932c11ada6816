#include "model/activity.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <tuple>

namespace mailfunnel {

// 1 bit: class 5 or 4 (a 2 is not a failure); 4 bits: subject; 10 bits: detail; always above 0.
std::uint16_t pack_status(std::string_view status) {
  const auto parts = split(status, '.');
  if (parts.size() != 3) {
    return 0;
  }
  const auto klass = parse_int(parts[0]), subject = parse_int(parts[1]),
             detail = parse_int(parts[2]);
  if (!klass || !subject || !detail || (*klass != 4 && *klass != 5) || *subject < 0 ||
      *subject > 15 || *detail < 0 || *detail > 999) {
    return 0;
  }
  return static_cast<std::uint16_t>(0x8000U | static_cast<unsigned>(*klass == 5) << 14 |
                                    static_cast<unsigned>(*subject) << 10 |
                                    static_cast<unsigned>(*detail));
}

std::string unpack_status(std::uint16_t packed) {
  if (packed == 0) {
    return {};
  }
  return std::string((packed >> 14 & 1) != 0 ? "5." : "4.") + std::to_string(packed >> 10 & 15) +
         "." + std::to_string(packed & 0x3FF);
}

void unite(EventRow& into, const EventRow& other, EventKind kind) {
  if (is_bounce_like(kind)) {
    // Severity first, then the packed values, so that any order of the two gives the same.
    const auto rank = [](const EventRow& row) {
      return std::tuple(bounce_class_of(row.evidence), row.extra, row.evidence);
    };
    if (rank(other) > rank(into)) {
      into.evidence = other.evidence;
      into.extra = other.extra;
    }
    return;
  }
  into.evidence |= other.evidence;
  const auto smallest_given = [](auto a, auto b) {
    return a == 0 ? b : b == 0 ? a : std::min(a, b);
  };
  into.extra = smallest_given(into.extra, other.extra);
  into.system = smallest_given(into.system, other.system);
}

void EventColumns::clear() {
  recipient.clear();
  time.clear();
  link.clear();
  evidence.clear();
  extra.clear();
  system.clear();
}

void EventColumns::keep_below(std::uint32_t end) {
  const auto place = std::lower_bound(recipient.begin(), recipient.end(), end,
                                      [](std::uint32_t r, std::uint32_t e) { return r < e; });
  const auto kept = static_cast<std::size_t>(place - recipient.begin());
  if (kept == recipient.size()) {
    return;
  }
  const auto cut = [kept](auto& column) { column.resize(std::min(column.size(), kept)); };
  cut(recipient);
  cut(time);
  cut(link);
  cut(evidence);
  cut(extra);
  cut(system);
}

void EventColumns::append(const EventRow& row) {
  recipient.push_back(static_cast<std::uint16_t>(row.recipient));
  time.push_back(row.time);
  link.resize(recipient.size());
  evidence.resize(recipient.size());
  extra.resize(recipient.size());
  system.resize(recipient.size());
  link.back() = row.link;
  evidence.back() = row.evidence;
  extra.back() = row.extra;
  system.back() = row.system;
}

} // namespace mailfunnel
