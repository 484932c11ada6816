// A server's answer as ESPs hand it on, with or without the enhanced code that RFC 3463 adds:
//   smtp; 550-5.7.1 [192.0.2.1] Our system has detected that this message is likely unsolicited
//   mail.
// What is judged by, in this order: the words, the enhanced code, the three-digit code, and else
// "soft".

#include "adapter/smtp_status.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace mailfunnel {

namespace {

using enum BounceClass;
using Reason = BounceReason;

struct Judgement {
  BounceClass klass;
  BounceReason reason;
};

// ---- words
// ---------------------------------------------------------------------------------------------------------

struct TextRule {
  std::string_view words; // lower case; '^' and '$' at its ends: no letter or digit may stand there
  BounceClass klass;
  BounceReason reason;
};

/// The first rule of the table that is found anywhere in the text wins, so the surest words stand
/// first.
constexpr std::array k_text_rules{
    // The sender's fault, though it names a mailbox or a domain.
    TextRule{"sender address rejected", block, Reason::policy},
    TextRule{"sender rejected", block, Reason::policy},
    TextRule{"domain of sender", block, Reason::policy},
    TextRule{"cannot find your hostname", block, Reason::blocked_ip},
    TextRule{"recipient address rejected: access denied", hard, Reason::user_unknown},
    TextRule{"relaying denied", soft, Reason::relay_denied},
    TextRule{"relay access denied", soft, Reason::relay_denied},
    TextRule{"unable to relay", soft, Reason::relay_denied},
    TextRule{"relay not permitted", soft, Reason::relay_denied},
    TextRule{"relaying not allowed", soft, Reason::relay_denied},
    TextRule{"not permitted to relay", soft, Reason::relay_denied},
    TextRule{"too many recipients", soft, Reason::rate_limited},
    // The mailbox, in words that say nothing else.
    TextRule{"mailbox full", soft, Reason::mailbox_full},
    TextRule{"mailbox is full", soft, Reason::mailbox_full},
    TextRule{"mailfolder is full", soft, Reason::mailbox_full},
    TextRule{"inbox is full", soft, Reason::mailbox_full},
    TextRule{"over quota", soft, Reason::mailbox_full},
    TextRule{"overquota", soft, Reason::mailbox_full},
    TextRule{"quota exceeded", soft, Reason::mailbox_full},
    TextRule{"quotaexceeded", soft, Reason::mailbox_full},
    TextRule{"exceeded quota", soft, Reason::mailbox_full},
    TextRule{"exceeded storage", soft, Reason::mailbox_full},
    TextRule{"out of storage", soft, Reason::mailbox_full},
    TextRule{"insufficient storage", soft, Reason::mailbox_full},
    TextRule{"storage allocation", soft, Reason::mailbox_full},
    TextRule{"storage quota", soft, Reason::mailbox_full},
    TextRule{"user unknown", hard, Reason::user_unknown},
    TextRule{"unknown user", hard, Reason::user_unknown},
    TextRule{"no such user", hard, Reason::user_unknown},
    TextRule{"no such recipient", hard, Reason::user_unknown},
    TextRule{"no such mailbox", hard, Reason::user_unknown},
    TextRule{"no such person", hard, Reason::user_unknown},
    TextRule{"unknown recipient", hard, Reason::user_unknown},
    TextRule{"recipient unknown", hard, Reason::user_unknown},
    TextRule{"recipient not found", hard, Reason::user_unknown},
    TextRule{"recipnotfound", hard, Reason::user_unknown},
    TextRule{"recipientnotfound", hard, Reason::user_unknown},
    TextRule{"user not found", hard, Reason::user_unknown},
    TextRule{"mailbox not found", hard, Reason::user_unknown},
    TextRule{"no mailbox here", hard, Reason::user_unknown},
    TextRule{"invalid recipient", hard, Reason::user_unknown},
    TextRule{"invalid mailbox", hard, Reason::user_unknown},
    TextRule{"no valid recipients", hard, Reason::user_unknown},
    TextRule{"invalid final delivery userid", hard, Reason::user_unknown},
    TextRule{"user doesn't have", hard, Reason::user_unknown},
    TextRule{"user doesn't exist", hard, Reason::user_unknown},
    TextRule{"not listed in public", hard, Reason::user_unknown},
    TextRule{"not listed in domino", hard, Reason::user_unknown},
    TextRule{"no longer on server", hard, Reason::user_unknown},
    TextRule{"not our customer", hard, Reason::user_unknown},
    TextRule{"account is disabled", hard, Reason::mailbox_disabled},
    TextRule{"account disabled", hard, Reason::mailbox_disabled},
    TextRule{"account has been disabled", hard, Reason::mailbox_disabled},
    TextRule{"reach is disabled", hard, Reason::mailbox_disabled},
    TextRule{"reach is inactive", hard, Reason::mailbox_disabled},
    TextRule{"mailbox disabled", hard, Reason::mailbox_disabled},
    TextRule{"mailbox is disabled", hard, Reason::mailbox_disabled},
    TextRule{"user is disabled", hard, Reason::mailbox_disabled},
    TextRule{"disabled recipient", hard, Reason::mailbox_disabled},
    TextRule{"account is locked", hard, Reason::mailbox_disabled},
    TextRule{"temporary locked", hard, Reason::mailbox_disabled},
    TextRule{"temporarily locked", hard, Reason::mailbox_disabled},
    TextRule{"mailbox is frozen", hard, Reason::mailbox_disabled},
    TextRule{"account is blocked", hard, Reason::mailbox_disabled},
    TextRule{"account suspended", hard, Reason::mailbox_disabled},
    TextRule{"account is suspended", hard, Reason::mailbox_disabled},
    TextRule{"account has been suspended", hard, Reason::mailbox_disabled},
    TextRule{"mailbox suspended", hard, Reason::mailbox_disabled},
    TextRule{"user suspended", hard, Reason::mailbox_disabled},
    TextRule{"^inactive$", hard, Reason::mailbox_disabled},
    TextRule{"expired account", hard, Reason::mailbox_disabled},
    TextRule{"account expired", hard, Reason::mailbox_disabled},
    TextRule{"account has expired", hard, Reason::mailbox_disabled},
    TextRule{"deactivated", hard, Reason::mailbox_disabled},
    TextRule{"has moved", hard, Reason::user_unknown},
    TextRule{"^new address$", hard, Reason::user_unknown},
    // The host.
    TextRule{"host or domain name not found", hard, Reason::host_unknown},
    TextRule{"domain does not exist", hard, Reason::host_unknown},
    TextRule{"domain doesn't exist", hard, Reason::host_unknown},
    TextRule{"host unknown", hard, Reason::host_unknown},
    TextRule{"unknown host", hard, Reason::host_unknown},
    TextRule{"no such domain", hard, Reason::host_unknown},
    TextRule{"no such host", hard, Reason::host_unknown},
    TextRule{"find any host named", hard, Reason::host_unknown},
    TextRule{"host not found", hard, Reason::host_unknown},
    TextRule{"domain not found", hard, Reason::host_unknown},
    TextRule{"unrouteable", hard, Reason::host_unknown},
    TextRule{"nxdomain", hard, Reason::host_unknown},
    TextRule{"null mx", hard, Reason::host_unknown},
    TextRule{"no mx record", hard, Reason::host_unknown},
    TextRule{"domain is not reachable", hard, Reason::host_unknown},
    TextRule{"indicated no smtp service", hard, Reason::host_unknown},
    // Authentication: before the words on spam that such answers excuse themselves with.
    TextRule{"^spf$", block, Reason::auth},
    TextRule{"^dkim$", block, Reason::auth},
    TextRule{"^dmarc$", block, Reason::auth},
    TextRule{"unauthenticated", block, Reason::auth},
    TextRule{"authentication", block, Reason::auth},
    // Lists of senders.
    TextRule{"frequency limited", soft, Reason::rate_limited},
    TextRule{"content presents", block, Reason::content},
    TextRule{"blacklisted url", block, Reason::spam},
    TextRule{"spamhaus", block, Reason::blocked_ip},
    TextRule{"spamcop", block, Reason::blocked_ip},
    TextRule{"barracuda", block, Reason::blocked_ip},
    TextRule{"blacklist", block, Reason::blocked_ip},
    TextRule{"block list", block, Reason::blocked_ip},
    TextRule{"blocklist", block, Reason::blocked_ip},
    TextRule{"blocked using", block, Reason::blocked_ip},
    TextRule{"^rbl$", block, Reason::blocked_ip},
    TextRule{"^dnsbl$", block, Reason::blocked_ip},
    TextRule{"banned sending ip", block, Reason::blocked_ip},
    TextRule{"client host rejected", block, Reason::blocked_ip},
    TextRule{"^listed in", block, Reason::blocked_ip},
    TextRule{"^listed by", block, Reason::blocked_ip},
    TextRule{"reputation", block, Reason::blocked_ip},
    TextRule{"poor rep", block, Reason::blocked_ip},
    TextRule{"reverse dns", block, Reason::blocked_ip},
    TextRule{"^rdns$", block, Reason::blocked_ip},
    TextRule{"^ptr$", block, Reason::blocked_ip},
    TextRule{"unverifiable sending ip", block, Reason::blocked_ip},
    TextRule{"unverifyable sending ip", block, Reason::blocked_ip},
    TextRule{"mismatches client ip", block, Reason::blocked_ip},
    // What is in the mail.
    TextRule{"unsolicited", block, Reason::spam},
    TextRule{"spam", block, Reason::spam},
    TextRule{"^bulk$", block, Reason::spam},
    TextRule{"^junk$", block, Reason::spam},
    TextRule{"^ube$", block, Reason::spam},
    TextRule{"^uce$", block, Reason::spam},
    TextRule{"virus", block, Reason::content},
    TextRule{"malware", block, Reason::content},
    TextRule{"phish", block, Reason::content},
    TextRule{"content rejected", block, Reason::content},
    TextRule{"message filtered", block, Reason::content},
    TextRule{"blocked", block, Reason::blocked_ip},
    // How much, how fast.
    TextRule{"message too large", soft, Reason::message_too_big},
    TextRule{"message too big", soft, Reason::message_too_big},
    TextRule{"message size exceeds", soft, Reason::message_too_big},
    TextRule{"size limit", soft, Reason::message_too_big},
    TextRule{"recipsizelimit", soft, Reason::message_too_big},
    TextRule{"message exceeds", soft, Reason::message_too_big},
    TextRule{"line limit exceeded", soft, Reason::message_too_big},
    TextRule{"rate limit", soft, Reason::rate_limited},
    TextRule{"rate that prevents", soft, Reason::rate_limited},
    TextRule{"too many connections", soft, Reason::rate_limited},
    TextRule{"too many messages", soft, Reason::rate_limited},
    TextRule{"too fast", soft, Reason::rate_limited},
    TextRule{"throttl", soft, Reason::rate_limited},
    TextRule{"greylist", soft, Reason::rate_limited},
    TextRule{"graylist", soft, Reason::rate_limited},
    TextRule{"grey list", soft, Reason::rate_limited},
    TextRule{"temporarily deferred", soft, Reason::rate_limited},
    TextRule{"try again later", soft, Reason::rate_limited},
    // Rules of the house; only now, as nearly every answer can point to them.
    TextRule{"polic", block, Reason::policy},
    TextRule{"not permitted", block, Reason::policy},
    TextRule{"refused due to recipient preferences", block, Reason::policy},
    TextRule{"access denied", block, Reason::policy},
    TextRule{"administrative prohibition", block, Reason::policy},
    TextRule{"e-mail to yourself", block, Reason::policy},
    // Words on the mailbox that stand in other answers too.
    TextRule{"does not exist", hard, Reason::user_unknown},
    TextRule{"doesn't exist", hard, Reason::user_unknown},
    TextRule{"mailbox unavailable", hard, Reason::user_unknown},
    TextRule{"address not found", hard, Reason::user_unknown},
    TextRule{"unknown address", hard, Reason::user_unknown},
    TextRule{"address unknown", hard, Reason::user_unknown},
    TextRule{"recipient rejected", hard, Reason::user_unknown},
    TextRule{"address rejected", hard, Reason::user_unknown},
    TextRule{"^quota$", soft, Reason::mailbox_full},
    // The way there.
    TextRule{"message expired", soft, Reason::expired},
    TextRule{"delivery time expired", soft, Reason::expired},
    TextRule{"retry timeout exceeded", soft, Reason::expired},
    TextRule{"giving up", soft, Reason::expired},
    TextRule{"in the queue too long", soft, Reason::expired},
    TextRule{"not delivered within", soft, Reason::expired},
    TextRule{"could not deliver for", soft, Reason::expired},
    TextRule{"unable to deliver this message after", soft, Reason::expired},
    TextRule{"has been delayed", soft, Reason::expired},
    TextRule{"delivery failed 20 attempts", soft, Reason::expired},
    TextRule{"timed out", soft, Reason::network},
    TextRule{"timeout", soft, Reason::network},
    TextRule{"connection refused", soft, Reason::network},
    TextRule{"connection reset", soft, Reason::network},
    TextRule{"lost connection", soft, Reason::network},
    TextRule{"no route to host", soft, Reason::network},
    TextRule{"network is unreachable", soft, Reason::network},
    TextRule{"host not reachable", soft, Reason::network},
    TextRule{"requests to connect", soft, Reason::network},
    TextRule{"routing loop", soft, Reason::network},
    TextRule{"too many hops", soft, Reason::network},
    TextRule{"loops back to myself", soft, Reason::network},
    TextRule{"no relevant answers", soft, Reason::network},
    TextRule{"currently unavailable", soft, Reason::network},
    TextRule{"insufficient permission", soft, Reason::other},
};
constexpr std::size_t k_rules = k_text_rules.size();

/// The rules by the first letter of their words: heads by letter, then from each to the next.
struct RuleIndex {
  std::array<std::uint8_t, 256> head{};
  std::array<std::uint8_t, k_rules> next{};
};
constexpr std::uint8_t k_none = 255;
static_assert(k_rules < k_none);

constexpr RuleIndex make_index() {
  RuleIndex index;
  index.head.fill(k_none);
  for (std::size_t i = k_rules; i-- > 0;) {
    const auto words = k_text_rules[i].words;
    const auto letter = static_cast<unsigned char>(words[0] == '^' ? words[1] : words[0]);
    index.next[i] = index.head[letter];
    index.head[letter] = static_cast<std::uint8_t>(i);
  }
  return index;
}
constexpr auto k_index = make_index();

/// Do the words stand in the text at `at`? A space in them is any white space there.
bool stands_at(std::string_view text, std::size_t at, std::string_view words) {
  if (words.front() == '^') {
    if (at != 0 && is_alnum(text[at - 1])) {
      return false;
    }
    words.remove_prefix(1);
  }
  const bool to_end = words.back() == '$';
  words.remove_suffix(to_end ? 1 : 0);
  for (const char c : words) {
    if (at >= text.size() || (c == ' ' ? !is_space(text[at]) : ascii_lower(text[at]) != c)) {
      return false;
    }
    ++at;
    while (c == ' ' && at < text.size() && is_space(text[at])) {
      ++at;
    }
  }
  return !to_end || at >= text.size() || !is_alnum(text[at]);
}

/// Where the text goes on behind an address in <>, whose words mean nothing
/// ("<blocked@example.com>").
std::size_t skip_address(std::string_view text, std::size_t at) {
  constexpr std::size_t k_longest = 320;
  if (text[at] != '<') {
    return at;
  }
  const auto part = text.substr(at, k_longest);
  const auto end = part.find('>');
  const bool address = end != std::string_view::npos &&
                       part.substr(0, end).find('@') != std::string_view::npos &&
                       part.substr(0, end).find(' ') == std::string_view::npos;
  return address ? at + end : at;
}

const TextRule* find_rule(std::string_view text) {
  std::uint8_t best = k_none;
  for (std::size_t at = 0; at < text.size(); ++at) {
    at = skip_address(text, at);
    const auto letter = static_cast<unsigned char>(ascii_lower(text[at]));
    for (auto rule = k_index.head[letter]; rule < best; rule = k_index.next[rule]) {
      if (stands_at(text, at, k_text_rules[rule].words)) {
        best = rule;
      }
    }
  }
  return best == k_none ? nullptr : &k_text_rules[best];
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
  if (const auto* rule = success ? nullptr : find_rule(text)) {
    const bool temporary = codes.reply != 0 ? codes.reply < 500 : codes.enhanced.klass == 4;
    return {rule->klass == hard && temporary ? soft : rule->klass, rule->reason};
  }
  if (const auto judged = judge_enhanced(codes.enhanced)) {
    return *judged;
  }
  return judge_reply(codes.reply);
}

constexpr std::size_t k_most = 8192; // of an answer is looked at; a real one has a few lines

} // namespace

SmtpVerdict judge_smtp(std::string_view status, std::string_view text) {
  text = text.substr(0, k_most);
  auto codes = find_codes(text);
  const auto given = enhanced_at(trim(status), 0);
  if (given && (!codes.enhanced || (given.says_something() && !codes.enhanced.says_something()))) {
    codes.enhanced = given;
  }
  const auto judged = judge(codes, text);
  return {judged.klass, judged.reason, codes.enhanced.text, codes.reply};
}

} // namespace mailfunnel
