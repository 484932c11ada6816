#include "app/access_letter.hpp"

#include "app/letter_words.hpp"
#include "base/text.hpp"
#include "funnel/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace mailfunnel {

namespace {

constexpr std::size_t k_width = 78;
constexpr std::string_view k_gap = "[…]"; // for the clerk to fill in
constexpr std::string_view k_names[] = {"en", "nl", "fr", "de"};

/// Lines of at most k_width columns, the later ones indented by `indent`.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = 0;
  for (const auto word : split(text, ' ')) {
    const auto width = display_width(word);
    if (column != 0 && column + 1 + width > k_width) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (column != 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += width;
  }
  return out + '\n';
}

class Letter {
public:
  Letter(const AccessReport& report, const Workspace& workspace, LetterLanguage language)
      : m_report(report), m_config(workspace.config),
        m_language(static_cast<std::size_t>(language)) {}

  std::string text() {
    const auto title = say(Phrase::title);
    m_out = title + '\n' + std::string(display_width(title), '=') + "\n\n";
    line(Phrase::date, date(m_report.as_of));
    m_out += '\n';
    line(Phrase::intro);
    who();
    why();
    keep();
    data();
    events();
    score();
    lists();
    seen();
    rights();
    annex();
    return std::move(m_out);
  }

private:
  template<typename... Values> std::string say(Phrase phrase, const Values&... values) const {
    return fmt::format(fmt::runtime(k_phrases[static_cast<std::size_t>(phrase)][m_language]),
                       values...);
  }
  template<typename... Values> void line(Phrase phrase, const Values&... values) {
    m_out += wrapped(say(phrase, values...), 0);
  }
  template<typename... Values> void item(Phrase phrase, const Values&... values) {
    m_out += wrapped("- " + say(phrase, values...), 2);
  }
  void heading(Phrase phrase) {
    const auto text = fmt::format("{}. {}", ++m_section, say(phrase));
    m_out += '\n' + text + '\n' + std::string(display_width(text), '-') + '\n';
  }

  std::string words(const InLanguages* of, std::string_view own) const {
    return std::string(of == nullptr ? own : (*of)[m_language]);
  }

  std::string date(Seconds time) const {
    const auto c = civil_from_seconds(time);
    return fmt::format("{}{} {} {}", c.day,
                       m_language == static_cast<std::size_t>(LetterLanguage::de) ? "." : "",
                       month_words(c.month)[m_language], c.year);
  }

  std::string points(Points value, bool sign) const {
    auto text = sign ? format_signed_points(value) : format_points(value);
    if (m_language != static_cast<std::size_t>(LetterLanguage::en)) {
      std::replace(text.begin(), text.end(), '.', ',');
    }
    return text;
  }

  static std::string or_gap(const std::string& text) {
    return text.empty() ? std::string(k_gap) : text;
  }

  void who() {
    const auto& privacy = m_config.privacy;
    heading(Phrase::who);
    auto controller = or_gap(privacy.controller);
    if (!privacy.address.empty()) {
      controller += ", " + replace_all(privacy.address, "\n", ", ");
    }
    line(Phrase::who_controller, controller);
    line(Phrase::who_contact, or_gap(privacy.contact));
    if (!privacy.dpo.empty()) {
      line(Phrase::who_dpo, privacy.dpo);
    }
  }

  void why() {
    const auto& privacy = m_config.privacy;
    heading(Phrase::why);
    line(Phrase::why_purposes, or_gap(join(privacy.purposes, "; ")));
    line(Phrase::why_basis, or_gap(privacy.basis));
    std::vector<std::string> sources;
    for (const auto& source : m_report.sources) {
      sources.push_back(fmt::format("{} ({})", source.platform, source.account));
    }
    line(Phrase::why_sources, or_gap(join(sources, ", ")));
    line(Phrase::why_platforms);
    if (!privacy.recipients.empty()) {
      line(Phrase::why_recipients, join(privacy.recipients, "; "));
    }
    line(Phrase::why_no_machine);
  }

  void keep() {
    constexpr Seconds k_month = 30 * k_day;
    heading(Phrase::keep);
    if (const auto& time = m_config.retention.events) {
      line(Phrase::keep_events, std::max<Seconds>(1, *time / k_month));
    } else {
      line(Phrase::keep_forever);
    }
    line(Phrase::keep_suppression);
  }

  void data() {
    heading(Phrase::data);
    for (const auto& address : m_report.addresses) {
      line(Phrase::data_addresses, address);
    }
    for (const auto& contact : m_report.contacts) {
      line(Phrase::data_contact, contact.account, contact.id);
    }
    line(m_report.attributes.empty() ? Phrase::data_no_attributes : Phrase::data_attributes);
    for (const auto& one : m_report.attributes) {
      item(Phrase::data_since, one.name, one.value, date(one.valid_from));
    }
    for (const auto& one : m_report.suppressions) {
      const auto reason = words(suppression_reason_words(one.reason), one.reason);
      if (one.valid_to) {
        line(Phrase::data_suppressed_until, reason, date(one.valid_from), date(*one.valid_to));
      } else {
        line(Phrase::data_suppressed, reason, date(one.valid_from));
      }
    }
  }

  void events() {
    heading(Phrase::events);
    if (m_report.events.empty()) {
      line(Phrase::events_none);
      return;
    }
    std::map<EventKind, std::size_t> counts;
    for (const auto& event : m_report.events) {
      ++counts[event.kind];
    }
    for (const auto& [kind, count] : counts) {
      item(Phrase::events_counts, words(kind_words(name_of(kind)), name_of(kind)), count);
    }
    line(Phrase::events_span, date(m_report.events.front().row.time),
         date(m_report.events.back().row.time));
  }

  void score() {
    const auto& e = m_report.score;
    heading(Phrase::score);
    if ((e.suppressed & suppressed_by::profiling) != 0) {
      line(Phrase::score_objected);
      return;
    }
    line(Phrase::score_what);
    line(Phrase::score_how);
    m_out += '\n';
    line(Phrase::score_now, date(m_report.as_of), points(e.score, false));
    struct Sum {
      Points points = 0;
      std::size_t count = 0;
    };
    std::map<std::string, Sum> sums;
    for (const auto& one : e.ledger.lines) {
      if (one.points != 0) {
        auto& sum = sums[one.rule];
        sum.points += one.points;
        ++sum.count;
      }
    }
    for (const auto& [rule, sum] : sums) {
      item(Phrase::score_line, words(rule_words(rule), rule), points(sum.points, true), sum.count);
    }
    if (sums.empty()) {
      item(Phrase::score_no_lines);
    }
    line(Phrase::score_fit, points(e.fit, false));
    for (const auto& one : e.ledger.fit) {
      item(Phrase::score_fit_line, one.attribute, one.value, points(one.points, true));
    }
    line(Phrase::score_status, e.status, e.level,
         fmt::format("{}{}", static_cast<char>('A' + e.grade), e.fit_known ? "" : "?"));
    if (!e.override_rule.empty()) {
      line(Phrase::score_status_by_rule, e.override_rule);
    }
    line(Phrase::score_use);
    line(Phrase::score_human);
  }

  void lists() {
    heading(Phrase::lists);
    if (m_report.segments.empty()) {
      line(Phrase::lists_none);
    } else {
      line(Phrase::lists_in, join(m_report.segments, ", "));
    }
    for (const auto& push : m_report.pushes) {
      if (push.state == "confirmed" && push.action != "remove") {
        item(Phrase::lists_pushed, date(push.at), push.account, push.platform, push.segment);
      }
    }
    for (const auto& run : m_report.runs) {
      item(Phrase::lists_exported, date(run.as_of), join(run.uses, "; "));
    }
  }

  void seen() {
    heading(Phrase::seen);
    if (m_report.accesses.empty()) {
      line(Phrase::seen_none);
    } else {
      line(Phrase::seen_line, m_report.accesses.size(), date(m_report.accesses.front().at));
    }
  }

  void rights() {
    heading(Phrase::rights);
    line(Phrase::rights_text);
    line(Phrase::rights_object);
    line(Phrase::rights_complain, or_gap(m_config.privacy.authority));
  }

  void annex() {
    if (m_report.events.empty()) {
      return;
    }
    const auto text = say(Phrase::annex);
    m_out += '\n' + text + '\n' + std::string(display_width(text), '-') + '\n';
    line(Phrase::annex_note);
    const std::string machine =
        m_language == static_cast<std::size_t>(LetterLanguage::de) ? "[Maschine]" : "[machine]";
    for (const auto& event : m_report.events) {
      const auto* campaign = m_report.score.world->find(event.campaign);
      auto when = format_time(event.row.time);
      when[10] = ' ';
      when.pop_back();
      std::string what = when + "  " + words(kind_words(name_of(event.kind)), name_of(event.kind));
      if (campaign != nullptr) {
        what += "  " + std::string(campaign->title());
        if (const auto link = campaign->links.find(event.row.link); link != campaign->links.end()) {
          what += "  " + link->second.url;
        }
      }
      const bool judged = event.kind == EventKind::open || event.kind == EventKind::click;
      what += judged && event.judged.verdict == Verdict::machine ? "  " + machine : "";
      m_out += what + '\n';
    }
  }

  const AccessReport& m_report;
  const Config& m_config;
  std::size_t m_language;
  std::string m_out;
  int m_section = 0;
};

} // namespace

std::optional<LetterLanguage> letter_language(std::string_view name) {
  const auto found = std::find(std::begin(k_names), std::end(k_names), name);
  return found == std::end(k_names)
             ? std::nullopt
             : std::optional(static_cast<LetterLanguage>(found - std::begin(k_names)));
}

std::string access_letter(const AccessReport& report, const Workspace& workspace,
                          LetterLanguage language) {
  return Letter(report, workspace, language).text();
}

} // namespace mailfunnel
