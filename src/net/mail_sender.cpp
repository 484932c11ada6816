#include "net/mail_sender.hpp"

#include "base/base64.hpp"
#include "base/lazy_library.hpp"
#include "base/text.hpp"

#include <curl/curl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <memory>
#include <new>
#include <string_view>

// Its macros of these names check types, and call by name.
#undef curl_easy_setopt

namespace mailfunnel {

namespace {

constexpr long k_connect = 20, k_whole = 60; // seconds
constexpr std::size_t k_line = 76;           // RFC 2045, 6.8
constexpr std::size_t k_word = 42;           // bytes of an encoded word: 75 characters at most

bool plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// Without what could begin another header.
std::string one_line(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
  return out;
}

/// RFC 2047: words of base64 where it is not ASCII, each of whole characters.
std::string header_text(std::string_view text) {
  auto line = one_line(text);
  if (plain(line) && line.size() < 900) {
    return line;
  }
  std::string out;
  std::string_view rest = line;
  while (!rest.empty()) {
    auto size = std::min(rest.size(), k_word);
    while (size < rest.size() && size > 1 &&
           (static_cast<unsigned char>(rest[size]) & 0xC0U) == 0x80U) {
      --size;
    }
    out += (out.empty() ? "=?utf-8?B?" : "\r\n =?utf-8?B?") + base64_encode(rest.substr(0, size)) +
           "?=";
    rest.remove_prefix(size);
  }
  return out;
}

struct Upload {
  std::string_view rest;
};

std::size_t give(char* into, std::size_t size, std::size_t count, void* state) {
  auto& upload = *static_cast<Upload*>(state);
  const auto part = upload.rest.substr(0, size * count);
  std::memcpy(into, part.data(), part.size());
  upload.rest.remove_prefix(part.size());
  return part.size();
}

struct Curl : LazyLibrary {
  Curl() : LazyLibrary("libcurl.so.4", "libcurl4") {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
      throw Failure({ErrorCode::io, "libcurl does not start"});
    }
  }
  MF_LAZY_FUNCTION(curl_global_init);
  MF_LAZY_FUNCTION(curl_easy_init);
  MF_LAZY_FUNCTION(curl_easy_setopt);
  MF_LAZY_FUNCTION(curl_easy_perform);
  MF_LAZY_FUNCTION(curl_easy_cleanup);
  MF_LAZY_FUNCTION(curl_easy_strerror);
  MF_LAZY_FUNCTION(curl_slist_append);
  MF_LAZY_FUNCTION(curl_slist_free_all);
};

const Curl& curl_library() {
  static const Curl s_curl;
  return s_curl;
}

struct Free {
  void operator()(CURL* handle) const { curl_library().curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_library().curl_slist_free_all(list); }
};

} // namespace

std::string mail_text(const PlainMail& mail) {
  std::vector<std::string> to;
  for (const auto& one : mail.to) {
    to.push_back(one_line(one));
  }
  auto out = fmt::format(
      "Date: {:%a, %d %b %Y %H:%M:%S} +0000\r\nFrom: {}\r\nTo: {}\r\nSubject: {}\r\nMIME-Version: "
      "1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
      "base64\r\nAuto-Submitted: auto-generated\r\n\r\n",
      fmt::gmtime(static_cast<std::time_t>(mail.date)), one_line(mail.from), join(to, ", "),
      header_text(mail.subject));
  const auto body = base64_encode(mail.text);
  for (std::size_t at = 0; at < body.size(); at += k_line) {
    out.append(body, at, k_line).append("\r\n");
  }
  return out;
}

namespace {

Result<void> send_with(const Curl& library, const MailServer& server, const PlainMail& mail) {
  const std::unique_ptr<CURL, Free> handle(library.curl_easy_init());
  if (!handle) {
    throw std::bad_alloc();
  }
  curl_slist* list = nullptr;
  for (const auto& one : mail.to) {
    list = library.curl_slist_append(list, ("<" + one_line(one) + ">").c_str());
  }
  const std::unique_ptr<curl_slist, Free> to(list);
  const auto text = mail_text(mail);
  Upload upload{text};
  std::array<char, CURL_ERROR_SIZE> words{};
  auto* curl = handle.get();
  library.curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words.data());
  library.curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  library.curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  library.curl_easy_setopt(curl, CURLOPT_URL, server.url.c_str());
  library.curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, k_connect);
  library.curl_easy_setopt(curl, CURLOPT_TIMEOUT, k_whole);
  const bool secret = !server.user.empty();
  library.curl_easy_setopt(curl, CURLOPT_USE_SSL, secret ? CURLUSESSL_ALL : CURLUSESSL_TRY);
  if (secret) {
    library.curl_easy_setopt(curl, CURLOPT_USERNAME, server.user.c_str());
    library.curl_easy_setopt(curl, CURLOPT_PASSWORD, server.password.c_str());
  }
  if (!server.ca_file.empty()) {
    library.curl_easy_setopt(curl, CURLOPT_CAINFO, server.ca_file.c_str());
  }
  library.curl_easy_setopt(curl, CURLOPT_MAIL_FROM, ("<" + one_line(mail.from) + ">").c_str());
  library.curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to.get());
  library.curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
  library.curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
  library.curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  const auto code = library.curl_easy_perform(curl);
  if (code != CURLE_OK) {
    const std::string why = words[0] != '\0' ? words.data() : library.curl_easy_strerror(code);
    return Error{ErrorCode::unreachable, "the mail was not taken: " + why, server.url};
  }
  return {};
}

} // namespace

Result<void> send_mail(const MailServer& server, const PlainMail& mail) {
  try {
    return send_with(curl_library(), server, mail);
  } catch (const Failure& failure) {
    return failure.error;
  }
}

} // namespace mailfunnel
