// A server's answer as ESPs hand it on, with or without the enhanced code that RFC 3463 adds:
//   smtp; 550-5.7.1 [192.0.2.1] Our system has detected that this message is likely unsolicited
//   mail.
// What is judged by, in this order: the words, the enhanced code, the three-digit code, and else
// "soft".

#include "adapter/smtp_status.hpp"

#include "adapter/smtp_phrases.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>

namespace mailfunnel {

namespace {

using enum BounceClass;
using Reason = BounceReason;

struct Judgement {
  BounceClass klass;
  BounceReason reason;
  bool by_words = false;
};

// ---- words
// ---------------------------------------------------------------------------------------------------------

constexpr const auto& k_phrases = smtp_phrases::k_table;

/// The phrases by the first two letters of their words: heads by letters, then from each to the
/// next. The third and fourth letter are looked at before all of the words are.
constexpr std::uint8_t k_other_letter = 36, k_letters = 37, k_any_letter = 255;
constexpr std::uint16_t k_none = 0xffff;
static_assert(std::size(k_phrases) < k_none);

constexpr std::uint8_t letter_class(char c) {
  c = ascii_lower(c);
  return static_cast<std::uint8_t>(c >= 'a' && c <= 'z' ? c - 'a'
                                   : is_digit(c)        ? 26 + (c - '0')
                                                        : k_other_letter);
}

struct PhraseIndex {
  struct Row {
    std::uint16_t next = k_none;
    std::array<std::uint8_t, 2> letters{k_any_letter, k_any_letter}; // the third and fourth
  };
  std::array<std::uint8_t, 256> letter{};
  std::array<std::uint16_t, k_letters * k_letters> head{};
  std::array<Row, std::size(k_phrases)> rows{};

  constexpr std::uint8_t class_of(char c) const { return letter[static_cast<unsigned char>(c)]; }
  constexpr std::size_t place(char first, char second) const {
    return std::size_t{class_of(first)} * k_letters + class_of(second);
  }
};

constexpr PhraseIndex make_index() {
  PhraseIndex index;
  for (std::size_t c = 0; c < index.letter.size(); ++c) {
    index.letter[c] = letter_class(static_cast<char>(c));
  }
  index.head.fill(k_none);
  for (std::size_t i = std::size(k_phrases); i-- > 0;) {
    auto words = k_phrases[i].words;
    words.remove_prefix(words[0] == '^' ? 1 : 0);
    const auto place = index.place(words[0], words[1]);
    auto& row = index.rows[i];
    for (std::size_t n = 2; n < 4 && n < words.size(); ++n) {
      const auto letter = index.class_of(words[n]);
      if (letter == k_other_letter) { // a space or a sign: from here on nothing is sure
        break;
      }
      row.letters[n - 2] = letter;
    }
    row.next = index.head[place];
    index.head[place] = static_cast<std::uint16_t>(i);
  }
  return index;
}
constexpr auto k_index = make_index();

/// Behind the code that an answer repeats on each of its lines: "550-5.1.1 " or "550 ".
std::size_t skip_repeated_code(std::string_view text, std::size_t at) {
  const auto rest = text.substr(at);
  if (rest.size() < 4 || rest[0] < '2' || rest[0] > '5' || !is_digit(rest[1]) ||
      !is_digit(rest[2]) || (rest[3] != '-' && rest[3] != ' ')) {
    return at;
  }
  std::size_t end = 4;
  while (end < rest.size() && (is_digit(rest[end]) || rest[end] == '.')) {
    ++end;
  }
  while (end < rest.size() && is_space(rest[end])) {
    ++end;
  }
  return at + end;
}

/// Do the words stand in the text at `at`? See SmtpPhrase.
bool stands_at(std::string_view text, std::size_t at, std::string_view words) {
  constexpr std::size_t k_longest_gap = 80;
  if (words.front() == '^') {
    if (at != 0 && is_alnum(text[at - 1])) {
      return false;
    }
    words.remove_prefix(1);
  }
  while (!words.empty()) {
    const char c = words.front();
    if (c == '$' && words.size() == 1) {
      return at >= text.size() || !is_alnum(text[at]);
    }
    words.remove_prefix(1);
    if (c == '*') {
      for (const auto end = std::min(text.size(), at + k_longest_gap); at < end; ++at) {
        const bool may = words.front() == ' ' || words.front() == ascii_lower(text[at]);
        if (may && stands_at(text, at, words)) {
          return true;
        }
      }
      return false;
    }
    if (at >= text.size() || (c == ' ' ? !is_space(text[at]) : ascii_lower(text[at]) != c)) {
      return false;
    }
    ++at;
    if (c == ' ') {
      while (at < text.size() && is_space(text[at])) {
        ++at;
      }
      at = skip_repeated_code(text, at);
    }
  }
  return true;
}

/// Walks over the addresses of a text, whose words mean nothing ("blocked@example.com").
class AddressSkipper {
public:
  explicit AddressSkipper(std::string_view text) : m_text(text) { find_next(0); }
  /// Where the text goes on behind an address that begins at `at`.
  std::size_t skip(std::size_t at) {
    while (at >= m_begin && m_begin != std::string_view::npos) {
      at = std::max(at, m_end);
      find_next(m_end);
    }
    return at;
  }

private:
  static bool in_address(char c) {
    return !is_space(c) && std::string_view("<>()[]\"';,:").find(c) == std::string_view::npos;
  }
  void find_next(std::size_t from) {
    constexpr std::size_t k_longest = 320;
    const auto at = m_text.find('@', from);
    m_begin = m_end = at;
    if (at == std::string_view::npos) {
      return;
    }
    while (m_begin > from && at - m_begin < k_longest && in_address(m_text[m_begin - 1])) {
      --m_begin;
    }
    ++m_end;
    while (m_end < m_text.size() && m_end - at < k_longest &&
           (is_alnum(m_text[m_end]) || m_text[m_end] == '.' || m_text[m_end] == '-')) {
      ++m_end;
    }
  }

  std::string_view m_text;
  std::size_t m_begin = 0, m_end = 0;
};

const SmtpPhrase* find_phrase(std::string_view text) {
  auto best = k_none;
  AddressSkipper addresses(text);
  for (std::size_t at = addresses.skip(0); at + 1 < text.size(); at = addresses.skip(at + 1)) {
    auto candidate = k_index.head[k_index.place(text[at], text[at + 1])];
    if (candidate >= best) {
      continue;
    }
    const auto third = k_index.class_of(at + 2 < text.size() ? text[at + 2] : ' ');
    const auto fourth = k_index.class_of(at + 3 < text.size() ? text[at + 3] : ' ');
    for (; candidate < best; candidate = k_index.rows[candidate].next) {
      const auto& letters = k_index.rows[candidate].letters;
      if ((letters[0] == k_any_letter || letters[0] == third) &&
          (letters[1] == k_any_letter || letters[1] == fourth) &&
          stands_at(text, at, k_phrases[candidate].words)) {
        best = candidate;
      }
    }
  }
  return best == k_none ? nullptr : &k_phrases[best];
}

// ---- enhanced codes (RFC 3463 and IANA's registry)
// -----------------------------------------------------------------

struct CodeRule {
  int subject, first, last; // x.subject.first to x.subject.last
  BounceClass permanent, temporary;
  BounceReason reason;
};

constexpr std::array k_code_rules{
    CodeRule{1, 0, 1, hard, soft, Reason::user_unknown},
    CodeRule{1, 2, 2, hard, soft, Reason::host_unknown},
    CodeRule{1, 3, 4, hard, soft, Reason::user_unknown},
    CodeRule{1, 6, 6, hard, soft, Reason::user_unknown}, // has moved
    CodeRule{1, 7, 8, block, soft, Reason::policy},      // the sender's address: our own fault
    CodeRule{1, 9, 9, soft, soft, Reason::other},
    CodeRule{1, 10, 10, hard, soft, Reason::host_unknown},   // null MX, RFC 7505
    CodeRule{1, 351, 351, hard, soft, Reason::user_unknown}, // Exchange Online
    CodeRule{2, 1, 1, hard, soft, Reason::mailbox_disabled},
    CodeRule{2, 2, 2, soft, soft, Reason::mailbox_full},
    CodeRule{2, 3, 3, soft, soft, Reason::message_too_big},
    CodeRule{2, 0, 999, soft, soft, Reason::other},
    CodeRule{3, 1, 1, soft, soft, Reason::mailbox_full},
    CodeRule{3, 4, 4, soft, soft, Reason::message_too_big},
    CodeRule{3, 0, 999, soft, soft, Reason::other},
    CodeRule{4, 4, 4, hard, soft, Reason::host_unknown},
    CodeRule{4, 5, 5, soft, soft, Reason::rate_limited},
    CodeRule{4, 7, 7, soft, soft, Reason::expired},
    CodeRule{4, 0, 999, soft, soft, Reason::network},
    CodeRule{5, 3, 3, soft, soft, Reason::rate_limited},
    CodeRule{5, 0, 999, soft, soft, Reason::other},
    CodeRule{6, 0, 999, block, soft, Reason::content},
    CodeRule{7, 0, 1, block, block, Reason::policy},
    CodeRule{7, 2, 7, block, soft, Reason::policy},
    CodeRule{7, 8, 9, block, soft, Reason::policy}, // credentials; Yahoo's 5.7.9 is policy
    CodeRule{7, 13, 13, hard, soft, Reason::mailbox_disabled},
    CodeRule{7, 17, 18, hard, soft, Reason::mailbox_disabled}, // another owner now, RFC 7293
    CodeRule{7, 20, 22, block, soft, Reason::auth},            // DKIM, RFC 7372
    CodeRule{7, 23, 24, block, block, Reason::auth},           // SPF
    CodeRule{7, 25, 25, block, block, Reason::blocked_ip},     // reverse DNS
    CodeRule{7, 26, 26, block, block, Reason::auth},
    CodeRule{7, 27, 27, block, soft, Reason::policy},
    CodeRule{7, 28, 28, block, block, Reason::rate_limited}, // mail flood
    CodeRule{7, 29, 29, block, soft, Reason::auth},
    CodeRule{7, 30, 30, block, soft, Reason::policy},
    CodeRule{7, 38, 38, block, block, Reason::rate_limited}, // mail flood, as some write it
    CodeRule{7, 509, 509, block, block, Reason::auth},       // Exchange Online: DMARC
    CodeRule{7, 606, 649, block, block, Reason::blocked_ip}, // Exchange Online: banned sending IP
    CodeRule{7, 650, 650, block, block, Reason::blocked_ip}, // Outlook.com: reputation
    CodeRule{7, 0, 999, block, block, Reason::policy},
};

struct Enhanced {
  int klass = 0, subject = 0, detail = 0;
  std::string_view text{};
  explicit operator bool() const { return klass != 0; }
  bool says_something() const { return klass == 2 || subject != 0 || detail != 0; }
};

/// Up to three digits at `at`, which moves behind them; -1: none, or more of them.
int read_number(std::string_view text, std::size_t& at) {
  int value = 0;
  const auto begin = at;
  for (; at < text.size() && is_digit(text[at]) && at - begin < 4; ++at) {
    value = value * 10 + (text[at] - '0');
  }
  return at == begin || at - begin > 3 ? -1 : value;
}

/// The code "5.1.1" that stands at `at`; not a piece of an IP address or of a version.
Enhanced enhanced_at(std::string_view text, std::size_t at) {
  const auto begin = at;
  const auto boundary = [](char c) { return is_alnum(c) || c == '.'; };
  if ((begin != 0 && boundary(text[begin - 1])) || text.size() - begin < 5 ||
      text[begin + 1] != '.' || (text[begin] != '2' && text[begin] != '4' && text[begin] != '5')) {
    return {};
  }
  at += 2;
  const int subject = read_number(text, at);
  if (subject < 0 || at >= text.size() || text[at] != '.') {
    return {};
  }
  const int detail = read_number(text, ++at);
  const bool goes_on =
      at < text.size() &&
      (is_alnum(text[at]) || (text[at] == '.' && at + 1 < text.size() && is_digit(text[at + 1])));
  if (detail < 0 || goes_on) {
    return {};
  }
  return {text[begin] - '0', subject, detail, text.substr(begin, at - begin)};
}

/// The reply code "550" that stands at `at`, 0: none.
int reply_code_at(std::string_view text, std::size_t at) {
  const auto before = at == 0 ? ' ' : text[at - 1];
  const auto after = at + 3 < text.size() ? text[at + 3] : ' ';
  if (is_alnum(before) || before == '.' || before == '-' || text.size() - at < 3 ||
      is_alnum(after) || (after == '.' && at + 4 < text.size() && is_digit(text[at + 4]))) {
    return 0;
  }
  const bool digits = (text[at] == '2' || text[at] == '4' || text[at] == '5') &&
                      text[at + 1] >= '0' && text[at + 1] <= '7' && is_digit(text[at + 2]);
  return digits ? (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0') : 0;
}

struct Codes {
  int reply = 0;
  Enhanced enhanced{};
};

/// The first reply code of a text and the first enhanced code: better one right behind a reply code
/// of its class, better one that says something than x.0.0.
Codes find_codes(std::string_view text) {
  Codes found;
  int best = 0, last_reply = 0;
  std::size_t reply_end = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_digit(text[at])) {
      continue;
    }
    if (const int reply = reply_code_at(text, at); reply != 0) {
      found.reply = found.reply == 0 || (found.reply < 300 && reply >= 300) ? reply : found.reply;
      last_reply = reply;
      reply_end = at + 3;
      at += 2;
    } else if (const auto code = enhanced_at(text, at)) {
      const bool behind_reply = last_reply != 0 && at - reply_end <= 2;
      if (behind_reply && last_reply / 100 != code.klass) { // the three digits know better
        continue;
      }
      const int worth = 1 + (behind_reply ? 1 : 0) + (code.says_something() ? 2 : 0);
      if (worth > best) {
        best = worth;
        found.enhanced = code;
      }
      at += code.text.size() - 1;
    }
  }
  return found;
}

std::optional<Judgement> judge_enhanced(const Enhanced& code) {
  if (!code || !code.says_something()) {
    return std::nullopt;
  }
  if (code.klass == 2) {
    return Judgement{none, Reason::other};
  }
  const auto* const rule =
      std::find_if(k_code_rules.begin(), k_code_rules.end(), [&code](const CodeRule& row) {
        return row.subject == code.subject && code.detail >= row.first && code.detail <= row.last;
      });
  if (rule == k_code_rules.end()) {
    return std::nullopt;
  }
  return Judgement{code.klass == 5 ? rule->permanent : rule->temporary, rule->reason};
}

// ---- three digits alone
// --------------------------------------------------------------------------------------------

struct ReplyRule {
  int first, last;
  BounceClass klass;
  BounceReason reason;
};

constexpr std::array k_reply_rules{
    ReplyRule{200, 299, none, Reason::other},
    ReplyRule{452, 452, soft, Reason::mailbox_full},
    ReplyRule{400, 499, soft, Reason::other},
    ReplyRule{500, 504, soft, Reason::other},        // the dialogue went wrong
    ReplyRule{521, 521, hard, Reason::host_unknown}, // the domain takes no mail, RFC 7504
    ReplyRule{530, 530, block, Reason::auth},
    ReplyRule{535, 535, block, Reason::auth},
    ReplyRule{550, 551, block, Reason::policy}, // hard only with words on the mailbox
    ReplyRule{552, 552, soft, Reason::mailbox_full},
    ReplyRule{553, 554, block, Reason::policy},
    ReplyRule{555, 555, soft, Reason::other},
    ReplyRule{556, 556, hard, Reason::host_unknown},
};

Judgement judge_reply(int code) {
  for (const auto& rule : k_reply_rules) {
    if (code >= rule.first && code <= rule.last) {
      return {rule.klass, rule.reason};
    }
  }
  return {soft, Reason::other};
}

Judgement judge(const Codes& codes, std::string_view text) {
  const bool success = codes.enhanced ? codes.enhanced.klass == 2 : codes.reply / 100 == 2;
  if (const auto* rule = success ? nullptr : find_phrase(text)) {
    const bool temporary = codes.reply != 0 ? codes.reply < 500 : codes.enhanced.klass == 4;
    return {rule->klass == hard && temporary ? soft : rule->klass, rule->reason, true};
  }
  if (const auto judged = judge_enhanced(codes.enhanced)) {
    return *judged;
  }
  return judge_reply(codes.reply);
}

constexpr std::size_t k_most = 8192; // of an answer is looked at; a real one has a few lines

} // namespace

namespace {

SmtpVerdict judged_anew(std::string_view status, std::string_view text) {
  auto codes = find_codes(text);
  const auto given = enhanced_at(trim(status), 0);
  if (given && (!codes.enhanced || (given.says_something() && !codes.enhanced.says_something()))) {
    codes.enhanced = given;
  }
  const auto judged = judge(codes, text);
  return {judged.klass, judged.reason, codes.enhanced.text, codes.reply, judged.by_words};
}

/// What was judged lately: servers say the same thing again and again.
class Judgements {
public:
  SmtpVerdict of(std::string_view status, std::string_view text) {
    auto& known = m_known[hash64(text, hash64(status)) % m_known.size()];
    if (!known.verdict || known.status != status || known.text != text) {
      known.verdict.reset();
      known.status = status;
      known.text = text;
      known.verdict = judged_anew(known.status, known.text);
    }
    auto verdict = *known.verdict;
    verdict.status = moved(verdict.status, known.text, text);
    verdict.status = moved(verdict.status, known.status, status);
    return verdict;
  }

private:
  struct Known {
    std::string status, text;
    std::optional<SmtpVerdict> verdict;
  };
  /// A piece of `from` as the same piece of `to`; another one as it is.
  static std::string_view moved(std::string_view piece, std::string_view from,
                                std::string_view to) {
    const bool inside =
        piece.data() >= from.data() && piece.data() + piece.size() <= from.data() + from.size();
    return inside && !piece.empty()
               ? to.substr(static_cast<std::size_t>(piece.data() - from.data()), piece.size())
               : piece;
  }
  std::array<Known, 64> m_known;
};

} // namespace

SmtpVerdict judge_smtp(std::string_view status, std::string_view text) {
  constexpr std::size_t k_remembered = 400; // bytes
  thread_local Judgements t_judgements;
  text = text.substr(0, k_most);
  return status.size() + text.size() > k_remembered ? judged_anew(status, text)
                                                    : t_judgements.of(status, text);
}

} // namespace mailfunnel
