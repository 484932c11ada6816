#include "funnel/tagger.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"
#include "funnel/vocabulary.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

using namespace std::string_view_literals;

namespace mailfunnel {

namespace {

using Words = std::vector<std::string>;
using Hit = Lexicon::Hit;

constexpr std::size_t k_longest_text = 300;  // a link's text; more is a paragraph
constexpr std::size_t k_longest_url = 4'000; // more is a tracking blob
constexpr std::size_t k_short_text = 8;      // words, in which "unsubscribe" means it
constexpr std::size_t k_short_slug = 4;      // likewise in a part of a path

RE2::Options quiet() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

std::string quoted(std::string_view text) {
  return "\"" + printable(text, 60) + "\"";
}

/// A link taken apart once, for all kinds of evidence.
struct Page {
  std::string url; // unwrapped
  Uri uri;         // into url
  std::string host;
  std::vector<Words> parts; // of the path, without file type
  std::vector<Words> named; // by a parameter such as ?page=
  std::string file_type;
  std::vector<std::pair<std::string, std::string>> parameters; // of the query, then of the fragment
};

bool is_file_type(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), is_alnum) &&
         std::any_of(text.begin(), text.end(), [](char c) { return !is_digit(c); });
}

/// Cuts the file type off: "prijzen.html" -> "html".
std::string take_file_type(std::string& text) {
  const auto dot = text.rfind('.');
  if (dot == std::string::npos || dot == 0 ||
      !is_file_type(std::string_view(text).substr(dot + 1))) {
    return {};
  }
  auto type = lower(std::string_view(text).substr(dot + 1));
  text.resize(dot);
  return type;
}

void take_path(Page& page) {
  for (const auto piece : split(page.uri.path, '/')) {
    auto text = percent_decode(piece);
    page.file_type = take_file_type(text); // the last part's counts
    if (auto found = tag_words(text); !found.empty()) {
      page.parts.push_back(std::move(found));
    }
  }
}

Page page_of(std::string_view url) {
  Page page;
  page.url = unwrap(trim(url).substr(0, k_longest_url));
  page.uri = parse_uri(page.url);
  page.host = lower(page.uri.host);
  take_path(page);
  page.parameters = query_parameters(page.uri.query);
  for (auto& parameter : query_parameters(page.uri.fragment)) {
    page.parameters.push_back(std::move(parameter));
  }
  for (const auto& [name, value] : page.parameters) {
    if (is_page_parameter(lower(name))) {
      if (auto found = tag_words(value.substr(0, k_longest_text)); !found.empty()) {
        page.named.push_back(std::move(found));
      }
    }
  }
  return page;
}

/// TOFU, MOFU or BOFU as a word of its own: "bofu-prices", "button_BOFU_2".
std::optional<Stage> stage_word(std::string_view text) {
  if (!icontains(text, "ofu")) {
    return std::nullopt;
  }
  for (const auto& word : words(text)) {
    if (const auto stage = parse_stage(word); stage && *stage != Stage::none) {
      return stage;
    }
  }
  return std::nullopt;
}

/// A word that was found, with its weight against others.
struct Found {
  Hit hit;
  explicit operator bool() const { return hit.entry != nullptr; }
  Stage stage() const { return hit.entry->stage; }
  std::string_view phrase() const { return hit.entry->phrase; }
};

/// The longest phrase; of equally long ones the first.
Found longest(const Lexicon& lexicon, const Words& part) {
  Found best;
  for (std::size_t at = 0; at < part.size();) {
    const auto hit = lexicon.at(part, at);
    if (hit.entry != nullptr && hit.entry->stage != Stage::untagged &&
        (!best || hit.entry->letters > best.hit.entry->letters)) {
      best.hit = hit;
    }
    at += std::max<std::size_t>(hit.words,
                                1); // a phrase uses its words up: "in case of", "offre d emploi"
  }
  return best;
}

/// A part of nothing but housekeeping words and fillers: "privacy-en-cookies".
Found all_housekeeping(const Lexicon& lexicon, const Words& part) {
  Found found;
  for (std::size_t at = 0; at < part.size();) {
    const auto hit = lexicon.at(part, at, true);
    if (hit.entry == nullptr && !is_filler(part[at])) {
      return {};
    }
    if (hit.entry != nullptr && !found) {
      found.hit = hit;
    }
    at += std::max<std::size_t>(hit.words, 1);
  }
  return found;
}

/// A word such as "unsubscribe" among others.
Found some_housekeeping(const Lexicon& lexicon, const Words& part, std::size_t most_words) {
  if (part.size() > most_words) {
    return {};
  }
  for (std::size_t at = 0; at < part.size(); ++at) {
    if (const auto hit = lexicon.at(part, at); hit.entry != nullptr && !hit.entry->whole) {
      return {hit};
    }
  }
  return {};
}

/// "nl", "fr-be", "be_fr", "index", "resources": what stands before the section.
bool leads_on(const Words& part) {
  const auto code = [](const std::string& word) { return word.size() == 2 && !is_digit(word[0]); };
  return (part.size() <= 2 && std::all_of(part.begin(), part.end(), code)) ||
         (part.size() == 1 && is_container(part[0]));
}

/// A part that is a section word, with fillers or other sections beside it: "nieuws",
/// "news-and-events".
Found section_of(const Lexicon& lexicon, const Words& part) {
  Found first;
  for (std::size_t at = 0; at < part.size();) {
    const auto hit = lexicon.at(part, at);
    const auto is_section = hit.entry != nullptr && hit.entry->section;
    if (!is_section && !is_filler(part[at]) && part[at].size() != 2) {
      return {};
    }
    if (is_section && !first) {
      first.hit = hit;
    }
    at += std::max<std::size_t>(is_section ? hit.words : 1, 1);
  }
  return first;
}

bool all_in_footer(const LinkInput& link) {
  return !link.placements.empty() && std::all_of(link.placements.begin(), link.placements.end(),
                                                 [](const auto& one) { return one.footer; });
}

Tag in_footer(std::string_view phrase) {
  return {Stage::none, TagSource::housekeeping, "word " + quoted(phrase) + " in the footer"};
}

} // namespace

struct Tagger::State {
  explicit State(TaggingRules given)
      : rules(std::move(given)), stages(rules.builtin ? stage_words() : k_no_words),
        housekeeping(rules.builtin ? housekeeping_words() : k_no_words) {}

  TaggingRules rules;
  std::vector<std::unique_ptr<RE2>> regexes; // one a rule; null where it has none
  Lexicon stages, housekeeping;              // empty where built_in() is not asked

  static constexpr std::span<const VocabularyRow> k_no_words{};

  std::optional<Tag> by_rule(const LinkInput& link, const Page& page) const;
  bool matches(const StageRule& rule, const RE2* regex, const LinkInput& link,
               const Page& page) const;
  std::optional<Tag> by_parameter(const Page& page) const;
  std::optional<Tag> by_housekeeping(const LinkInput& link, const Page& page,
                                     const Found& section) const;
  std::optional<Tag> by_path(const Page& page, bool footer) const;
  std::optional<Tag> by_text(const LinkInput& link) const;
  Found housekeeping_in(const Page& page, bool below_section) const;
  Found section(const Page& page) const;
  Tag built_in(const LinkInput& link, const Page& page) const;
};

// ---------------------------------------------------------------------------- what somebody said

namespace {

/// Where a pattern starts with one slash it is about the path.
bool url_matches(std::string_view pattern, std::string_view raw, const Page& page) {
  if (pattern.starts_with('/') && !pattern.starts_with("//")) {
    const auto start = page.uri.path.empty()
                           ? page.url.size()
                           : static_cast<std::size_t>(page.uri.path.data() - page.url.data());
    return glob_match(pattern, page.uri.path) ||
           glob_match(pattern, std::string_view(page.url).substr(start));
  }
  return glob_match(pattern, raw) || glob_match(pattern, page.url);
}

std::optional<Tag> by_mark(const LinkInput& link) {
  std::optional<Tag> best;
  const auto offer = [&](std::optional<Stage> stage, std::string why) {
    if (stage && (!best || *stage > best->stage)) {
      best = Tag{*stage, TagSource::explicit_mark, std::move(why)};
    }
  };
  for (const auto& placement : link.placements) {
    if (placement.stage && *placement.stage != Stage::untagged) {
      offer(placement.stage, "stage given in the mailing");
    }
    auto alias = stage_word(placement.alias);
    offer(alias ? alias : parse_stage(trim(placement.alias)), "alias " + quoted(placement.alias));
  }
  return best;
}

} // namespace

bool Tagger::State::matches(const StageRule& rule, const RE2* regex, const LinkInput& link,
                            const Page& page) const {
  if (rule.url.empty() && rule.host.empty() && rule.text.empty() && rule.utm_content.empty() &&
      rule.regex.empty() && rule.campaign.empty()) {
    return false;
  }
  const auto any_text = [&] {
    return std::any_of(link.placements.begin(), link.placements.end(),
                       [&](const auto& one) { return glob_match(rule.text, one.text); });
  };
  const auto any_utm = [&] {
    return std::any_of(page.parameters.begin(), page.parameters.end(), [&](const auto& one) {
      return iequals(one.first, "utm_content") && glob_match(rule.utm_content, one.second);
    });
  };
  const auto searched = [&](std::string_view url) {
    return RE2::PartialMatch({url.data(), url.size()}, *regex);
  };
  return (rule.url.empty() || url_matches(rule.url, link.url, page)) &&
         (rule.host.empty() || glob_match(rule.host, page.host)) &&
         (rule.campaign.empty() || glob_match(rule.campaign, link.campaign_id) ||
          glob_match(rule.campaign, link.campaign_name)) &&
         (rule.text.empty() || any_text()) && (rule.utm_content.empty() || any_utm()) &&
         (rule.regex.empty() || (regex != nullptr && (searched(link.url) || searched(page.url))));
}

std::optional<Tag> Tagger::State::by_rule(const LinkInput& link, const Page& page) const {
  for (std::size_t i = 0; i < rules.rules.size(); ++i) {
    const auto& rule = rules.rules[i];
    if (matches(rule, regexes[i].get(), link, page)) {
      return Tag{rule.stage, TagSource::rule, "rule " + name_of(rule)};
    }
  }
  return std::nullopt;
}

std::optional<Tag> Tagger::State::by_parameter(const Page& page) const {
  const auto own = [&](std::string_view name) {
    return std::any_of(rules.parameters.begin(), rules.parameters.end(),
                       [&](const auto& known) { return iequals(known, name); });
  };
  const auto rank = [&](std::string_view name) { // which parameter is believed first
    return iequals(name, "utm_content") ? 0
           : iequals(name, "utm_term")  ? 1
           : istarts_with(name, "utm_") ? 2
           : own(name)                  ? 3
                                        : 4;
  };
  std::optional<Tag> best;
  int best_rank = 4;
  for (const auto& [name, value] : page.parameters) {
    const auto its = rank(name);
    if (its >= best_rank) {
      continue;
    }
    if (const auto stage = stage_word(value)) {
      best = Tag{*stage, TagSource::parameter, printable(name, 40) + " " + quoted(value)};
      best_rank = its;
    }
  }
  return best;
}

// ---------------------------------------------------------------------------------- what words say

Found Tagger::State::housekeeping_in(const Page& page, bool below_section) const {
  for (const auto* parts : {&page.parts, &page.named}) {
    for (const auto& part : *parts) {
      if (auto found = all_housekeeping(housekeeping, part)) {
        return found;
      }
      if (auto found = some_housekeeping(housekeeping, part, below_section ? 0 : k_short_slug)) {
        return found;
      }
    }
  }
  for (const auto& [name, value] : page.parameters) { // ?unsubscribe=1
    if (auto found = some_housekeeping(housekeeping, tag_words(name), 2)) {
      return found;
    }
  }
  return {};
}

namespace {

/// mailto:, tel:, social media, and merge tags of the ESP's own links.
std::optional<Tag> by_address(const LinkInput& link, const Page& page) {
  constexpr std::array k_schemes{"mailto"sv, "tel"sv, "sms"sv, "javascript"sv, "callto"sv};
  for (const auto scheme : k_schemes) {
    if (iequals(page.uri.scheme, scheme)) {
      return Tag{Stage::none, TagSource::housekeeping, std::string(scheme) + " link"};
    }
  }
  if (page.host.empty() && link.url.find_first_of("{[*%<") < 4) {
    for (const auto& word : tag_words(link.url.substr(0, k_longest_text))) {
      if (is_service_tag(word)) {
        return Tag{Stage::none, TagSource::housekeeping, "merge tag " + quoted(link.url)};
      }
    }
  }
  for (const auto& site : known_sites()) {
    if (!page.host.empty() && glob_match(site.host, page.host) &&
        istarts_with(page.uri.path, site.path)) {
      return Tag{site.stage,
                 site.stage == Stage::none ? TagSource::housekeeping : TagSource::section,
                 "site " + quoted(page.host)};
    }
  }
  return std::nullopt;
}

/// "blog" of blog.example.com; the name itself is no evidence but for "werkenbij…".
Words host_labels(std::string_view host) {
  Words out;
  const auto labels = split(host, '.');
  for (std::size_t i = 0; i + 1 < labels.size(); ++i) {
    if ((i == 0 && labels.size() > 2 && labels[0] != "www") ||
        istarts_with(labels[i], "werkenbij")) {
      out.emplace_back(labels[i]);
    }
  }
  return out;
}

} // namespace

std::optional<Tag> Tagger::State::by_housekeeping(const LinkInput& link, const Page& page,
                                                  const Found& section) const {
  const auto tag = [](const Found& found, std::string_view where) {
    return Tag{Stage::none, TagSource::housekeeping,
               "housekeeping word " + quoted(found.phrase()) + std::string(where)};
  };
  if (const auto found = housekeeping_in(page, bool(section))) {
    return tag(found, "");
  }
  for (const auto& label : host_labels(page.host)) {
    if (const auto found = all_housekeeping(housekeeping, tag_words(label))) {
      return tag(found, " in the host");
    }
  }
  for (const auto& placement : link.placements) {
    const auto text = tag_words(placement.text.substr(0, k_longest_text));
    if (const auto found = some_housekeeping(housekeeping, text, k_short_text)) {
      return tag(found, " in the text");
    }
  }
  return std::nullopt;
}

Found Tagger::State::section(const Page& page) const {
  Found by_part;
  for (const auto& part : page.parts) {
    if (const auto found = section_of(stages, part)) {
      by_part = found; // of /kennis/whitepapers/ the latter
    }
    if (!leads_on(part)) {
      break;
    }
  }
  const auto labels = host_labels(page.host);
  const auto by_host = labels.empty() ? Found{} : section_of(stages, tag_words(labels[0]));
  return by_host && (!by_part || by_host.stage() == Stage::tofu) ? by_host : by_part;
}

std::optional<Tag> Tagger::State::by_path(const Page& page, bool footer) const {
  Found best;
  for (const auto* parts : {&page.parts, &page.named}) {
    for (const auto& part : *parts) {
      const auto found = longest(stages, part);
      if (found && (!best || found.hit.entry->letters > best.hit.entry->letters)) {
        best = found;
      }
    }
  }
  if (!best) {
    return std::nullopt;
  }
  if (footer && best.hit.entry->not_in_footer) {
    return in_footer(best.phrase());
  }
  return Tag{best.stage(), TagSource::path_word, "word " + quoted(best.phrase()) + " in the path",
             best.hit.entry->idea};
}

std::optional<Tag> Tagger::State::by_text(const LinkInput& link) const {
  std::optional<Tag> best;
  const auto offer = [&](const Found& found, bool footer) {
    if (!found) {
      return;
    }
    auto tag = footer && found.hit.entry->not_in_footer
                   ? in_footer(found.phrase())
                   : Tag{found.stage(), TagSource::text_word,
                         "word " + quoted(found.phrase()) + " in the text", found.hit.entry->idea};
    if (!best || tag.stage > best->stage) {
      best = std::move(tag);
    }
  };
  for (const auto& placement : link.placements) {
    for (const auto text : {placement.text, placement.alias}) {
      const auto found = tag_words(text.substr(0, k_longest_text));
      if (const auto service = all_housekeeping(housekeeping, found)) {
        offer(service, false);
      } else {
        offer(longest(stages, found), placement.footer);
      }
    }
  }
  return best;
}

namespace {

Tag by_file_type(const Page& page) {
  for (const auto& type : file_types()) {
    if (page.file_type == type.extension) {
      return {type.stage, TagSource::file_type, "file type " + quoted(page.file_type)};
    }
  }
  return {};
}

bool is_home(const Page& page) {
  return !page.host.empty() && std::all_of(page.parts.begin(), page.parts.end(), leads_on);
}

} // namespace

Tag Tagger::State::built_in(const LinkInput& link, const Page& page) const {
  if (auto tag = by_address(link, page)) {
    return *std::move(tag);
  }
  const auto found = section(page);
  if (auto tag = by_housekeeping(link, page, found)) {
    return *std::move(tag);
  }
  const auto footer = all_in_footer(link);
  auto in_path = by_path(page, footer);
  const auto hub_yields =
      found && is_container(found.phrase()) && in_path && in_path->stage == Stage::mofu;
  if (found && !hub_yields) { // "knowledge" may hold white papers
    return {found.stage(), TagSource::section, "section " + quoted(found.phrase()),
            found.hit.entry->idea};
  }
  if (in_path) {
    return *std::move(in_path);
  }
  if (auto tag = by_text(link)) {
    return *std::move(tag);
  }
  auto tag = by_file_type(page);
  if (tag.stage == Stage::untagged && footer && is_home(page)) {
    return {Stage::none, TagSource::housekeeping, "the home page in the footer"};
  }
  return tag;
}

Tagger::Tagger(TaggingRules rules) : m_state(std::make_unique<State>(std::move(rules))) {
  for (const auto& rule : m_state->rules.rules) {
    auto regex = rule.regex.empty() ? nullptr : std::make_unique<RE2>(rule.regex, quiet());
    m_state->regexes.push_back(regex && regex->ok() ? std::move(regex) : nullptr);
  }
}
Tagger::~Tagger() = default;
Tagger::Tagger(Tagger&&) noexcept = default;
Tagger& Tagger::operator=(Tagger&&) noexcept = default;

Tag Tagger::tag(const LinkInput& link) const {
  if (link.by_hand) {
    return {*link.by_hand, TagSource::by_hand, "set by hand"};
  }
  const auto page = page_of(link.url);
  if (auto tag = m_state->by_rule(link, page)) {
    return *std::move(tag);
  }
  if (auto tag = by_mark(link)) {
    return *std::move(tag);
  }
  if (auto tag = m_state->by_parameter(page)) {
    return *std::move(tag);
  }
  return m_state->rules.builtin ? m_state->built_in(link, page) : Tag{};
}

const TaggingRules& Tagger::rules() const {
  return m_state->rules;
}

std::optional<std::string> check_regex(std::string_view regex) {
  const RE2 compiled({regex.data(), regex.size()}, quiet());
  return compiled.ok() ? std::nullopt : std::optional(compiled.error());
}

std::string name_of(const StageRule& rule) {
  if (!rule.name.empty()) {
    return rule.name;
  }
  const std::pair<std::string_view, std::string_view> patterns[] = {
      {"url", rule.url},     {"host", rule.host},
      {"text", rule.text},   {"utm_content", rule.utm_content},
      {"regex", rule.regex}, {"campaign", rule.campaign}};
  std::string out;
  for (const auto& [what, pattern] : patterns) {
    if (!pattern.empty()) {
      out.append(out.empty() ? "" : ", ").append(what).append(" ").append(pattern);
    }
  }
  return out;
}

} // namespace mailfunnel
