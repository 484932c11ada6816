//   ------ This is a copy of the message, including all the headers. ------
//
//   Message-ID: <c12.s78@news.example.com>
//   X-Campaign: c12
//   To: ann@example.com

#include "returned_mail.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::dsn {

namespace {

/// Lines behind which the returned mail stands, in lower case, after dashes and spaces.
constexpr std::array<std::string_view, 25> k_follows{
    "this is a copy of the message", // Exim
    "this is a copy of your message",
    "this is a copy of the headers",
    "below this line is a copy of the message", // qmail, Yahoo, Postini
    "below this line is the original",
    "original message follows", // Yahoo of old, IMail
    "original message below",
    "original message headers",
    "original message",       // Gmail, Google Groups, m-FILTER, Verizon
    "original mail info",     // m-FILTER
    "message headers follow", // DragonFly
    "message header follow",
    "the header of the original message is following", // GMX, 1&1
    "the header of the original message",
    "below is a copy of the original message", // OpenSMTPD
    "returned message",                        // Notes
    "returned mail follows",
    "unsent message follows", // sendmail 5
    "unsent message below",
    "message header:",                          // sendmail 5 of some vendors
    "included is a copy of the message header", // MXLogic
    "the original message follows",
    "the following is a copy of the original message",
    "this is a copy of the original message",
    "start of original message",
};

/// MailFields that begin a returned mail where nothing announces it (Zoho, PMDF).
constexpr std::array k_first_fields{"Received", "Return-Path", "DKIM-Signature"};

std::string_view without_rule(std::string_view line) { // "----- Original message -----"
  const auto begin = line.find_first_not_of("-=*_ \t>#");
  return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
}

bool says_follows(std::string_view line) {
  constexpr std::size_t k_longest = 120;
  if (line.size() > k_longest) {
    return false;
  }
  const auto words = without_rule(line);
  return std::any_of(k_follows.begin(), k_follows.end(),
                     [words](auto row) { return istarts_with(words, row); });
}

bool begins_returned(std::string_view line) {
  const auto name = split_field(line).first;
  return std::any_of(k_first_fields.begin(), k_first_fields.end(),
                     [name](auto field) { return iequals(field, name); });
}

/// From the first line on that is a field: rules of dashes and empty lines go.
std::string_view from_first_field(std::string_view text) {
  constexpr int k_most_lines = 10;
  for (int i = 0; i < k_most_lines && !text.empty() && !begins_with_field(text); ++i) {
    next_line(text);
  }
  return begins_with_field(text) ? text : std::string_view();
}

constexpr std::array k_header_types{"text/rfc822-headers", "text/rfc822-header",
                                    "message/rfc822-headers", "message/global-headers"};

/// What a reader sees of HTML: tags and comments gone, blocks on lines of their own.
std::string html_text(std::string_view html) {
  struct Entity {
    std::string_view name;
    char text;
  };
  constexpr std::array k_entities{Entity{"&lt;", '<'},   Entity{"&gt;", '>'},
                                  Entity{"&amp;", '&'},  Entity{"&quot;", '"'},
                                  Entity{"&#39;", '\''}, Entity{"&nbsp;", ' '}};
  constexpr std::array<std::string_view, 9> k_blocks{"<br", "<p",  "</p", "<div", "</div",
                                                     "<tr", "<td", "<li", "<h"};
  std::string out;
  for (std::size_t at = 0; at < html.size();) {
    const auto rest = html.substr(at, 8);
    if (html[at] == '<') {
      const bool block = std::any_of(k_blocks.begin(), k_blocks.end(),
                                     [rest](auto tag) { return istarts_with(rest, tag); });
      out += block ? "\n" : "";
      const bool hidden = istarts_with(rest, "<style") || istarts_with(rest, "<script");
      const auto close = html.find(hidden                       ? "</"
                                   : istarts_with(rest, "<!--") ? "-->"
                                                                : ">",
                                   at + 1);
      at = close == std::string_view::npos ? html.size() : close + (hidden ? 0 : 1);
      continue;
    }
    const auto* const entity =
        std::find_if(k_entities.begin(), k_entities.end(),
                     [rest](const Entity& e) { return rest.starts_with(e.name); });
    out += entity == k_entities.end() ? html[at] : entity->text;
    at += entity == k_entities.end() ? 1 : entity->name.size();
  }
  return out;
}

} // namespace

CutText cut_text(std::string_view text) {
  auto rest = text;
  while (!rest.empty()) {
    const auto before = text.substr(0, text.size() - rest.size());
    const auto at_line = rest;
    const auto line = next_line(rest);
    if (says_follows(line)) {
      return {before, from_first_field(rest)};
    }
    if (begins_returned(line) && !trim(before).empty()) {
      return {before, at_line};
    }
  }
  return {text, {}};
}

std::string report_text(const Mail& mail) {
  std::string plain, html;
  for (const auto& part : mail.parts) {
    if (part.level == 0 && part.type == "text/plain" && !begins_with_field(part.text)) {
      plain.append(cut_text(part.text).report).append("\n");
    } else if (part.level == 0 && part.type == "text/html" && !part.attached) {
      html.append(cut_text(html_text(part.text)).report).append("\n");
    }
  }
  return trim(plain).empty() ? html : plain;
}

MailFields returned_fields(const Mail& mail) {
  const auto* const inner = mail.find({"message/rfc822"});
  if (inner != nullptr && !inner->fields.empty()) {
    return inner->fields;
  }
  if (const auto* const header =
          mail.find({k_header_types[0], k_header_types[1], k_header_types[2], k_header_types[3]})) {
    std::string_view text = header->text;
    return take_fields(text);
  }
  for (const auto& part : mail.parts) {
    if (part.level == 0 && part.type == "text/plain") {
      auto returned = cut_text(part.text).returned;
      if (returned.empty() && &part != &mail.parts.front() && begins_with_field(part.text)) {
        returned = part.text; // the header in a file beside the report
      }
      if (!returned.empty()) {
        return take_fields(returned);
      }
    }
  }
  return {};
}

} // namespace mailfunnel::dsn
