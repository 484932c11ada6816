#pragma once
// Mails that came back, as ESPs that do not judge them pass them on.

#include "model/event.hpp"

#include <string_view>

namespace mailfunnel {

/// By the first Status and Diagnostic-Code of its delivery report (RFC 3464); without one by its
/// whole text. The diagnostic is the server's answer, a view into the mail.
Bounce judge_returned_mail(std::string_view mail);

} // namespace mailfunnel
