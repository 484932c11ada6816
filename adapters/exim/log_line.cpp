// The layout, from "Log files" in Exim's specification
// (https://www.exim.org/exim-html-current/doc/html/spec_html/ch-log_files.html):
//   TIME [ZONE] [PID] ID FLAG ADDRESS FIELDS
//   2026-05-11 08:29:40 1uE3kq-00000000a1B-2Zx9 <= bounce+77@example.com H=app.example.com
//   [198.51.100.7]
//     P=esmtps S=5360 id=c12.s77@news.example.com T="A \"subject\"" for anna@example.com
//   2026-05-11 08:29:41 1uE3kq-00000000a1B-2Zx9 => anna <info@example.com> R=dnslookup
//   T=remote_smtp
//     H=mail.example.com [192.0.2.25] X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes C="250 2.0.0 Ok"
//   2026-05-11 08:30:02 1uE3lC-00000000a1D-1Ab7 ** bram@example.com R=dnslookup T=remote_smtp
//     H=mail.example.com [192.0.2.25]: SMTP error from remote mail server after RCPT
//     TO:<bram@example.com>: 550 5.1.1 User unknown
//   2026-05-11 08:30:05 1uE3lD-00000000a1E-3Cd1 == cleo@example.net R=dnslookup T=remote_smtp defer
//     (110): Connection timed out
// Which fields there are and in what order is a matter of log_selector.

#include "log_line.hpp"

#include "adapter/smtp_status.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::exim {

namespace {

using namespace std::string_view_literals;

struct FlagWord {
  std::string_view word;
  Flag flag;
};
constexpr std::array k_flags{
    FlagWord{"<=", Flag::arrival},
    FlagWord{"=>", Flag::delivery},
    FlagWord{"->", Flag::delivery},
    FlagWord{">>", Flag::delivery}, // cut through: delivered while it came in
    FlagWord{"**", Flag::failure},
    FlagWord{"==", Flag::deferral},
    FlagWord{"Completed", Flag::completed},
};

/// What Exim itself says of failures.
struct OwnWords {
  std::string_view words;
  BounceClass klass;
  BounceReason reason;
};
constexpr std::array k_own_words{
    OwnWords{"all relevant MX records point to non-existent hosts", BounceClass::hard,
             BounceReason::host_unknown},
    OwnWords{"all host address lookups failed permanently", BounceClass::hard,
             BounceReason::host_unknown},
    OwnWords{"retry timeout exceeded", BounceClass::soft, BounceReason::expired},
    OwnWords{"after a long failure period", BounceClass::soft, BounceReason::expired},
    OwnWords{"have been failing for a long time", BounceClass::soft, BounceReason::expired},
};

/// Splits the fields of a line: words with "quoted parts" in them.
class Words {
public:
  explicit Words(std::string_view text) : m_text(text) {}
  /// False at the end, and behind a word that ends with a colon: that ends the fields.
  bool next(std::string_view& word) {
    const auto begin = m_text.find_first_not_of(' ', m_at);
    if (m_closed || begin == std::string_view::npos) {
      return false;
    }
    bool quoted = false;
    auto end = begin;
    for (; end < m_text.size() && (quoted || m_text[end] != ' '); ++end) {
      if (quoted && m_text[end] == '\\') {
        ++end;
      } else if (m_text[end] == '"') {
        quoted = !quoted;
      }
    }
    end = std::min(end, m_text.size());
    word = m_text.substr(begin, end - begin);
    m_at = end;
    m_closed = word.ends_with(':') && !word.starts_with(':'); // ":blackhole:" goes on
    return true;
  }
  /// What no next() has given.
  std::string_view rest() const { return trim(m_text.substr(m_at)); }
  std::size_t at() const { return m_at; }

private:
  std::string_view m_text;
  std::size_t m_at = 0;
  bool m_closed = false;
};

/// "T=remote_smtp" -> "T"; "" when the word is no field.
std::string_view key_of(std::string_view word) {
  const auto equals = word.find('=');
  const auto key = word.substr(0, equals == std::string_view::npos ? 0 : equals);
  return std::all_of(key.begin(), key.end(), is_alnum) ? key : ""sv;
}

std::string_view without(std::string_view text, std::string_view before, std::string_view behind) {
  text.remove_prefix(text.starts_with(before) ? before.size() : 0);
  text.remove_suffix(text.ends_with(behind) ? behind.size() : 0);
  return text;
}

std::string_view address_of(std::string_view word) {
  word.remove_suffix(word.ends_with(':') && !word.starts_with(':') ? 1 : 0);
  return without(word, "<", ">");
}

void read_arrival(std::string_view text, LogLine& into) {
  Words words(text);
  std::string_view word;
  if (words.next(word)) {
    into.address = without(word, "<", ">");
  }
  bool recipients = false;
  for (std::string_view before; words.next(word); before = word) {
    if (recipients) {
      into.recipients.push_back(word);
    } else if (const auto key = key_of(word); key == "id"sv) {
      into.message_id = word.substr(3);
    } else if (key == "R"sv) {
      into.bounced = word.substr(2);
    }
    recipients = recipients || word == "for"sv;
  }
}

/// "anna <info@example.com>", "|/usr/bin/vacation bob (bob@a.example) <info@example.com>",
/// "anna@example.com:".
void read_outcome(std::string_view text, LogLine& into) {
  Words words(text);
  std::string_view word;
  bool fields = false, host = false;
  std::size_t host_begin = 0;
  while (words.next(word)) {
    const auto key = key_of(word);
    if (fields && host && !key.empty()) { // H= goes on up to the next field
      into.host = text.substr(host_begin, words.at() - word.size() - host_begin);
      host = false;
    }
    fields = fields || (!key.empty() && !into.address.empty());
    if (!fields) {
      if (into.address.empty()) {
        into.address = address_of(word);
      } else if (word.starts_with('<')) {
        into.original = address_of(word);
      }
    } else if (key == "H"sv) {
      host = true;
      host_begin = words.at() - word.size() + 2;
    } else if (key == "C"sv) {
      into.answer = without(word.substr(2), "\"", "\"");
    }
  }
  if (host) {
    into.host = text.substr(host_begin, words.at() - host_begin);
  }
  into.text = words.rest();
}

/// From where the other server's answer begins: behind the first ": " that a reply code follows.
std::string_view answer_in(std::string_view text) {
  for (auto at = text.find(": "sv); at != std::string_view::npos; at = text.find(": "sv, at + 1)) {
    const auto rest = text.substr(at + 2);
    if (rest.size() > 3 && (rest[0] == '4' || rest[0] == '5') && is_digit(rest[1]) &&
        is_digit(rest[2]) && (rest[3] == ' ' || rest[3] == '-')) {
      return rest;
    }
  }
  return text;
}

bool is_id(std::string_view text, std::size_t second, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    const bool dash = i == 6 || i == second;
    if (i >= text.size() || (dash ? text[i] != '-' : !is_alnum(text[i]))) {
      return false;
    }
  }
  return text.size() == size || text[size] == ' ';
}

} // namespace

std::optional<LineTime> take_time(std::string_view& line, TimeReader& times) {
  constexpr std::size_t k_size = 19, k_zone = 6; // "2026-05-11 08:29:41", " +0200"
  if (line.size() <= k_size || line[10] != ' ') {
    return std::nullopt;
  }
  auto end = std::min(line.find(' ', k_size), line.size()); // of a fraction
  const auto zone = line.substr(end, k_zone);
  const bool zoned = zone.size() == k_zone && (zone[1] == '+' || zone[1] == '-') &&
                     std::all_of(zone.begin() + 2, zone.end(), is_digit);
  end += zoned ? k_zone : 0;
  const auto time = times.read(line.substr(0, end));
  if (!time) {
    return std::nullopt;
  }
  line.remove_prefix(std::min(end + 1, line.size()));
  if (line.starts_with('[') && line.size() > 1 && is_digit(line[1])) {
    line.remove_prefix(std::min(line.find("] "sv), line.size() - 2) + 2);
  }
  return LineTime{*time, zoned};
}

std::string_view take_id(std::string_view& line) {
  constexpr std::size_t k_old = 16, k_new = 23, k_old_dash = 13, k_new_dash = 18;
  const auto size = is_id(line, k_old_dash, k_old)   ? k_old
                    : is_id(line, k_new_dash, k_new) ? k_new
                                                     : 0;
  const auto id = line.substr(0, size);
  if (size != 0) {
    line.remove_prefix(std::min(size + 1, line.size()));
  }
  return id;
}

void read_line(std::string_view line, LogLine& into) {
  auto recipients = std::move(into.recipients);
  recipients.clear();
  into = {};
  into.recipients = std::move(recipients);
  const auto end = std::min(line.find(' '), line.size());
  into.word = line.substr(0, end);
  const auto* const row =
      std::find_if(k_flags.begin(), k_flags.end(),
                   [&into](const FlagWord& flag) { return flag.word == into.word; });
  into.flag = row == k_flags.end() ? Flag::none : row->flag;
  const auto rest = line.substr(end);
  switch (into.flag) {
  case Flag::arrival:
    read_arrival(rest, into);
    break;
  case Flag::delivery:
  case Flag::failure:
  case Flag::deferral:
    read_outcome(rest, into);
    break;
  case Flag::none:
  case Flag::completed:
    break;
  }
}

std::string_view recipient_of(const LogLine& line) {
  return line.original.find('@') == std::string_view::npos ? line.address : line.original;
}

Bounce judge(std::string_view text) {
  const auto verdict = judge_smtp({}, answer_in(text));
  Bounce bounce{verdict.klass, verdict.reason, verdict.status, verdict.code, text};
  const auto* const own =
      std::find_if(k_own_words.begin(), k_own_words.end(),
                   [text](const OwnWords& row) { return icontains(text, row.words); });
  if (own != k_own_words.end()) {
    const bool blocked = own->reason == BounceReason::expired && bounce.klass == BounceClass::block;
    bounce.klass = blocked ? BounceClass::block : own->klass;
    bounce.reason = own->reason;
  }
  if (bounce.klass == BounceClass::none) {
    bounce.klass = BounceClass::soft;
  }
  return bounce;
}

} // namespace mailfunnel::exim
