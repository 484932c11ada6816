#include "adapter/returned_mail.hpp"

#include "adapter/smtp_status.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr std::size_t k_most = std::size_t{64} << 10; // of a mail is looked at

/// "Status: 5.1.1" at the start of a line -> "5.1.1"; "": there is none.
std::string_view field_of(std::string_view mail, std::string_view name) {
  for (std::size_t at = 0; at < mail.size();) {
    const auto end = std::min(mail.find('\n', at), mail.size());
    const auto line = mail.substr(at, end - at);
    if (istarts_with(line, name)) {
      return trim(line.substr(name.size()));
    }
    at = end + 1;
  }
  return {};
}

} // namespace

Bounce judge_returned_mail(std::string_view mail) {
  mail = mail.substr(0, k_most);
  constexpr std::string_view k_type = "smtp;";
  auto answer = field_of(mail, "Diagnostic-Code:");
  answer = istarts_with(answer, k_type) ? trim(answer.substr(k_type.size())) : answer;
  const auto status = field_of(mail, "Status:");
  const auto verdict = judge_smtp(status, answer.empty() && status.empty() ? mail : answer);
  return {verdict.klass, verdict.reason, verdict.status, verdict.code, answer};
}

} // namespace mailfunnel
