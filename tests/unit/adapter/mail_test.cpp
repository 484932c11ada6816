#include "adapter/mail.hpp"
#include "adapter/mail_signs.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace mailfunnel;

namespace {

MailFields header(std::string_view text) {
  return read_header(text);
}

} // namespace

TEST_CASE("mail: parts are decoded, whatever they are written in") {
  struct Row {
    const char* name;
    const char* mail;
    const char* type;
    const char* text;
  };
  for (const auto& row : {
           Row{"no MIME at all", "From: a@x.be\nSubject: s\n\nhi\n", "text/plain", "hi\n"},
           Row{"quoted-printable",
               "From: a@x.be\nContent-Type: text/html; charset=utf-8\n"
               "Content-Transfer-Encoding: quoted-printable\n\n<a href=3D\"u\">=C3=A9</a>",
               "text/html", "<a href=\"u\">é</a>"},
           Row{"base64",
               "A: b\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\nPGI+eDwvYj4=\n",
               "text/html", "<b>x</b>"},
           Row{"Latin-1", "A: b\nContent-Type: text/plain; charset=iso-8859-1\n\n\xE9",
               "text/plain", "é"},
           Row{"CRLF", "A: b\r\nContent-Type: text/plain\r\n\r\na\r\nb\r\n", "text/plain",
               "a\nb\n"},
           Row{"the alternative of a mixed one",
               "A: b\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: "
               "multipart/alternative; boundary=n\n\n--n\nContent-Type: "
               "text/html\n\n<p>\n--n--\n--m--\n",
               "text/html", "<p>"},
       }) {
    CAPTURE(row.name);
    const auto mail = read_mail(row.mail, false);
    const auto* const part = mail.find({row.type});
    REQUIRE(part != nullptr);
    CHECK(part->text == row.text);
  }
}

TEST_CASE("mail: fields of the header are unfolded and decoded") {
  const auto mail =
      read_mail("Subject: =?utf-8?q?Prijzen_=E2=82=AC?=\nFrom: a\n <a@x.be>\n\n", false);
  CHECK(mail.fields.get("subject") == "Prijzen €");
  CHECK(mail.fields.get("From") == "a <a@x.be>");
  CHECK(read_mail("", false).parts.empty());
}

TEST_CASE("mail signs: which mails tell of another one") {
  CHECK(may_be_report(header("From: MAILER-DAEMON@x\nSubject: s\n\n")));
  CHECK(may_be_report(header("From: a@x.be\nReturn-Path: <>\n\n")));
  CHECK(may_be_report(header("From: a@x.be\nContent-Type: multipart/report; boundary=b\n\n")));
  CHECK(is_auto_reply(header("From: a@x.be\nSubject: Out of office: hello\n\n")));
  CHECK_FALSE(
      may_be_report(header("From: a@x.be\nSubject: New in May\nReturn-Path: <b@x.be>\n\n")));
}

TEST_CASE("mail: groups in groups of addresses, as deep as the mail is long, are survived") {
  for (const auto* name : {"From", "To", "Reply-To", "Resent-Cc"}) {
    CAPTURE(name);
    std::string text = std::string(name) + ": ";
    for (int i = 0; i < 2'000'000; ++i) {
      text += i % 20 == 19 ? "a:\n " : "a:";
    }
    text += "\nSubject: deep\n\nHello";
    const auto mail = read_mail(text, false);
    CHECK(mail.fields.get("subject") == "deep");
  }
  // What people write stays as it is, also in a body.
  const auto mail = read_mail("To: Team: ann@example.com, bo@example.com;\n\nTo: a:b:c", false);
  CHECK(mail.fields.get("to").find("Team") == 0);
  REQUIRE(mail.parts.size() == 1);
  CHECK(mail.parts[0].text == "To: a:b:c");
}
