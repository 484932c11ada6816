#pragma once
// The data of the micro-benchmarks: made from a fixed seed, the same on every machine.

#include "base/json.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel::bench {

constexpr Seconds k_start = 1'767'225'600; // 2026-01-01

/// Events of a mailing tool, in the shapes that readers know.
struct SampleEvent {
  std::string address, link;
  std::string_view kind, agent;
  Seconds time;
  std::uint32_t campaign;
};
std::vector<SampleEvent> sample_events(std::size_t count);

std::string csv_of(const std::vector<SampleEvent>& events, bool quoted = false);
std::string ndjson_of(const std::vector<SampleEvent>& events);          // for a profile
std::string sendgrid_ndjson_of(const std::vector<SampleEvent>& events); // as its webhook writes

/// "reader.1a2b@mail7.example"
std::string sample_address(std::uint32_t number);
std::vector<std::string> sample_links(std::size_t count);

/// A text with the bytes behind it that readers may look at.
class PaddedText {
public:
  explicit PaddedText(std::string text) : m_size(text.size()), m_text(std::move(text)) {
    m_text.resize(m_size + k_padding);
  }
  std::string_view view() const { return std::string_view(m_text).substr(0, m_size); }

private:
  std::size_t m_size;
  std::string m_text;
};

} // namespace mailfunnel::bench
