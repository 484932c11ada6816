#pragma once
// Takes secrets out of texts that others see: log lines, messages, transcripts.

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// Replaces each secret by "***": as it is, URL-encoded, as JSON writes it, and in base64, alone or
/// within a longer text ("user:secret"), which goes as a whole. Thread-safe.
class SecretMask {
public:
  explicit SecretMask(const std::vector<std::string>& secrets = {});
  void add(std::string_view secret); // nothing for an empty one
  std::string mask(std::string_view text) const;
  /// For logs: also without the user part of a URL and without control characters.
  std::string mask_url(std::string_view url) const;

private:
  mutable std::mutex m_mutex;
  std::vector<std::string> m_forms;  // the longest first
  std::vector<std::string> m_base64; // parts of encoded texts
};

} // namespace mailfunnel
