#pragma once
// Sends a mail of plain text over SMTP (RFC 5321), by libcurl, which is loaded then. Certificates
// are checked; a password goes over TLS only.

#include "base/result.hpp"
#include "base/time.hpp"

#include <string>
#include <vector>

namespace mailfunnel {

struct MailServer {
  std::string url;            // smtp://host:587 (STARTTLS where it is offered), smtps://host:465
  std::string user, password; // empty: it asks for none
  std::string ca_file;        // as NetworkSettings::ca_file
};

struct PlainMail {
  std::string from;
  std::vector<std::string> to;
  std::string subject, text; // UTF-8
  Seconds date = 0;
};

/// As it goes over the wire: headers (RFC 5322, 2047) and body in base64 lines, with CRLF.
std::string mail_text(const PlainMail& mail);

/// Error: it was not accepted for every recipient, and why.
Result<void> send_mail(const MailServer& server, const PlainMail& mail);

} // namespace mailfunnel
