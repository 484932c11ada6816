// Webhooks: https://developers.brevo.com/docs/transactional-webhooks and …/marketing-webhooks. API:
// https://developers.brevo.com/reference/getemaileventreport-1. The log file has the words that the
// web page shows, in the language of whoever exported it; only those seen in such files are here.

#include "words.hpp"

#include "adapter/smtp_status.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::brevo {

namespace {

using namespace std::string_view_literals;
using enum BounceClass;
using Reason = BounceReason;

struct WordRow {
  std::string_view word; // without what is between its parts
  EventKind kind;
  BounceClass klass = none;
  BounceReason reason = Reason::other; // other: by the answer
  bool by_proxy = false;
};
constexpr std::array k_words{
    WordRow{"request", EventKind::sent},
    WordRow{"requests", EventKind::sent},
    WordRow{"sent", EventKind::sent},
    WordRow{"Inviata", EventKind::sent},    // Italian
    WordRow{"Отправлено", EventKind::sent}, // Russian
    WordRow{"delivered", EventKind::delivered},
    WordRow{"deferred", EventKind::deferred, soft},
    WordRow{"softbounce", EventKind::bounce, soft},
    WordRow{"softbounces", EventKind::bounce, soft},
    WordRow{"hardbounce", EventKind::bounce, hard},
    WordRow{"hardbounces", EventKind::bounce, hard},
    WordRow{"bounces", EventKind::bounce}, // both, told apart by the answer
    WordRow{"invalid", EventKind::dropped, hard, Reason::user_unknown},
    WordRow{"invalidemail", EventKind::dropped, hard, Reason::user_unknown},
    WordRow{"blocked", EventKind::dropped, none, Reason::suppressed},
    WordRow{"error", EventKind::dropped},
    WordRow{"opened", EventKind::open},
    WordRow{"uniqueopened", EventKind::open},
    WordRow{"firstopening", EventKind::open},
    WordRow{"Primaapertura", EventKind::open}, // Italian
    WordRow{"proxyopen", EventKind::open, none, Reason::other, true},
    WordRow{"uniqueproxyopen", EventKind::open, none, Reason::other, true},
    WordRow{"loadedbyproxy", EventKind::open, none, Reason::other, true},
    WordRow{"Caricataperprocura", EventKind::open, none, Reason::other, true}, // Italian
    WordRow{"click", EventKind::click},
    WordRow{"clicks", EventKind::click},
    WordRow{"clicked", EventKind::click},
    WordRow{"spam", EventKind::complaint},
    WordRow{"complaint", EventKind::complaint},
    WordRow{"unsubscribe", EventKind::unsubscribe},
    WordRow{"unsubscribed", EventKind::unsubscribe},
    WordRow{"listaddition", EventKind::resubscribe}, // nobody says that the person did it
};

constexpr std::array k_of_contacts{"contactupdated"sv, "contactdeleted"sv};

constexpr bool is_between(char c) {
  return c == '_' || c == ' ';
}

/// "soft_bounce", "softBounce" and "Soft bounce" are the word "softbounce".
bool is_word(std::string_view given, std::string_view word) {
  std::size_t at = 0;
  for (const char c : given) {
    if (is_between(c)) {
      continue;
    }
    if (at == word.size() || ascii_lower(c) != ascii_lower(word[at])) {
      return false;
    }
    ++at;
  }
  return at == word.size();
}

} // namespace

Meaning meaning_of(std::string_view word) {
  const auto* const row = std::find_if(k_words.begin(), k_words.end(), [word](const WordRow& one) {
    return is_word(word, one.word);
  });
  if (row == k_words.end()) {
    return {};
  }
  return {row->kind, row->by_proxy, {row->klass, row->reason}};
}

bool is_of_contacts(std::string_view word) {
  return std::any_of(k_of_contacts.begin(), k_of_contacts.end(),
                     [word](std::string_view one) { return is_word(word, one); });
}

void fill_meaning(EventView& event, std::string_view answer) {
  const auto meaning = meaning_of(event.native);
  event.kind = meaning.kind;
  event.evidence = meaning.by_proxy ? evidence::esp_machine_flag : std::uint16_t{0};
  if (event.kind == EventKind::dropped) {
    event.bounce = meaning.bounce;
    event.bounce.diagnostic = answer;
  } else if (event.kind == EventKind::bounce || event.kind == EventKind::deferred) {
    const auto verdict = judge_smtp({}, answer);
    const auto klass = meaning.bounce.klass == none ? verdict.klass : meaning.bounce.klass;
    event.bounce = {klass, verdict.reason, verdict.status, verdict.code, answer};
  }
}

} // namespace mailfunnel::brevo
