#include "net/mail_sender.hpp"

#include <doctest/doctest.h>

#include <string>

namespace mailfunnel {
namespace {

TEST_CASE("mail: headers are lines of their own, whatever stands in them") {
  PlainMail mail;
  mail.from = "funnel@example.com";
  mail.to = {"ann@example.com", "bob@example.com\r\nBcc: eve@example.com"};
  mail.subject = "3 notices\nX-Evil: 1";
  mail.text = "hello\n.\nworld";
  mail.date = 1'774'958'400; // a Tuesday
  const auto text = mail_text(mail);
  CHECK(text.find("Date: Tue, 31 Mar 2026 12:00:00 +0000\r\n") == 0);
  CHECK(text.find("\r\nTo: ann@example.com, bob@example.com  Bcc: eve@example.com\r\n") !=
        std::string::npos);
  CHECK(text.find("\r\nSubject: 3 notices X-Evil: 1\r\n") != std::string::npos);
  CHECK(text.ends_with("\r\n\r\naGVsbG8KLgp3b3JsZA==\r\n"));
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; ++at) {
    CHECK(text[at - 1] == '\r');
  }
}

TEST_CASE("mail: a subject beyond ASCII is in encoded words of whole characters") {
  PlainMail mail;
  mail.subject = "Préférences modifiées — très long sujet avec beaucoup d'accents: éàüöñçøåæœß";
  const auto text = mail_text(mail);
  const auto start = text.find("Subject: ") + 9;
  const auto subject = text.substr(start, text.find("\r\nMIME-Version") - start);
  CHECK(subject.starts_with("=?utf-8?B?"));
  CHECK(subject.find("?=\r\n =?utf-8?B?") != std::string::npos);
  std::size_t line = 0;
  for (const char c : subject) {
    line = c == '\n' ? 0 : line + 1;
    CHECK(line <= 77);
    CHECK(static_cast<unsigned char>(c) < 0x80);
  }
}

TEST_CASE("mail: a server that is not there is an error that says so") {
  PlainMail mail;
  mail.from = "a@example.com";
  mail.to = {"b@example.com"};
  const auto sent = send_mail({"smtp://127.0.0.1:1", "", "", ""}, mail);
  REQUIRE_FALSE(sent.has_value());
  CHECK(sent.error().code == ErrorCode::unreachable);
}

} // namespace
} // namespace mailfunnel
