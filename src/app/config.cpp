#include "app/config.hpp"

#include "app/export_column.hpp"

#include "app/toml_section.hpp"
#include "base/hash.hpp"
#include "base/source.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <set>
#include <sstream>

namespace mailfunnel {

std::string Problem::text() const {
  auto out = file;
  if (line != 0) {
    out += fmt::format(":{}:{}", line, column);
  }
  return fmt::format("{}: {}: {}", out, warning ? "warning" : "error", message);
}

bool LoadedConfig::good() const {
  return std::all_of(problems.begin(), problems.end(), [](const Problem& p) { return p.warning; });
}

std::string_view name_of(SegmentUse use) {
  constexpr std::string_view k_names[] = {"mailing", "sales", "suppression"};
  return k_names[static_cast<int>(use)];
}

std::optional<Locale> find_locale(std::string_view name) {
  struct Known {
    std::string_view language;
    bool continental;
  };
  constexpr std::array k_known{Known{"en", false}, Known{"nl", true}, Known{"fr", true},
                               Known{"de", true}};
  for (const auto& [language, continental] : k_known) {
    if (name == language || (name.starts_with(language) && name.size() == 5 && name[2] == '-')) {
      return Locale{std::string(name), continental ? ';' : ',', continental ? ',' : '.',
                    continental};
    }
  }
  return std::nullopt;
}

const AccountConfig* Config::account(std::string_view name) const {
  const auto place = std::find_if(accounts.begin(), accounts.end(),
                                  [&](const auto& account) { return account.name == name; });
  return place == accounts.end() ? nullptr : &*place;
}

namespace {

ExpressionPtr parse_where(Section& section, std::string_view key, const std::string& text) {
  auto parsed = parse_expression(text);
  if (!parsed.expression) {
    section.error(key, parsed.error.text(text));
  }
  return parsed.expression;
}

/// Does `rule` match every link that `later` does? By equal patterns, and fewer of them.
bool takes_all_of(const StageRule& rule, const StageRule& later) {
  constexpr std::string StageRule::*k_patterns[] = {&StageRule::url,   &StageRule::host,
                                                    &StageRule::text,  &StageRule::utm_content,
                                                    &StageRule::regex, &StageRule::campaign};
  return std::all_of(std::begin(k_patterns), std::end(k_patterns), [&](auto pattern) {
    return (rule.*pattern).empty() || iequals(rule.*pattern, later.*pattern);
  });
}

/// Why a fit rule can never match; "": it can.
std::string why_never(const FitRule& rule, const std::vector<FitRule>& before) {
  if (rule.min && rule.max && *rule.min > *rule.max) {
    return "its `min` is above its `max`";
  }
  for (const auto& other : before) {
    if (rule.group.empty() || other.group != rule.group || other.attribute != rule.attribute) {
      continue;
    }
    const auto holds_all = [](const auto& all, const auto& some) {
      return !some.empty() && std::all_of(some.begin(), some.end(), [&all](const auto& one) {
        return std::find(all.begin(), all.end(), one) != all.end();
      });
    };
    if (other.otherwise) {
      return fmt::format("it stands behind \"{}\", the `else` of its group", other.name);
    }
    if (holds_all(other.words, rule.words) || holds_all(other.contains, rule.contains) ||
        holds_all(other.equals, rule.equals)) {
      return fmt::format("\"{}\" before it in the group has all its words", other.name);
    }
  }
  return "";
}

class Reader {
public:
  Reader(LoadedConfig& out, std::string file)
      : m_out(out), m_config(out.config), m_file(std::move(file)) {}

  void read(const toml::table& root) {
    Section top(root, "the config", m_file, m_out.problems);
    top.allow(
        {"include", "schedule", "notify", "privacy", "serve"}); // read elsewhere, or by later parts
    if (const auto* table = top.inner("store")) {
      store(Section(*table, "[store]", m_file, m_out.problems));
    }
    for (const auto* table : top.tables("account")) {
      account(Section(*table, "[[account]]", m_file, m_out.problems));
    }
    if (const auto* table = top.inner("audience")) {
      Section section(*table, "[audience]", m_file, m_out.problems);
      if (const auto exclude = section.text("exclude")) {
        m_config.exclude = *exclude;
        m_config.exclude_expression = parse_where(section, "exclude", *exclude);
      }
      section.finish();
    }
    if (const auto* table = top.inner("links")) {
      Section section(*table, "[links]", m_file, m_out.problems);
      const auto strip = section.texts("strip");
      m_config.strip.parameters.insert(m_config.strip.parameters.end(), strip.begin(), strip.end());
      section.finish();
    }
    for (const auto* table : top.tables("kind")) {
      kind(Section(*table, "[[kind]]", m_file, m_out.problems));
    }
    for (const auto* table : top.tables("stage")) {
      stage(Section(*table, "[[stage]]", m_file, m_out.problems));
    }
    if (const auto* table = top.inner("tagging")) {
      tagging(Section(*table, "[tagging]", m_file, m_out.problems));
    }
    if (const auto* table = top.inner("scoring")) {
      scoring(Section(*table, "[scoring]", m_file, m_out.problems));
    }
    for (const auto* table : top.tables("fit")) {
      fit(Section(*table, "[[fit]]", m_file, m_out.problems));
    }
    if (const auto* table = top.inner("tracking")) {
      tracking(Section(*table, "[tracking]", m_file, m_out.problems));
    }
    if (const auto* table = top.inner("robots")) {
      robots(Section(*table, "[robots]", m_file, m_out.problems));
    }
    if (const auto* table = top.inner("levels")) {
      levels(Section(*table, "[levels]", m_file, m_out.problems));
    }
    if (const auto* table = top.inner("status")) {
      status(Section(*table, "[status]", m_file, m_out.problems));
    }
    for (const auto* table : top.tables("segment")) {
      segment(Section(*table, "[[segment]]", m_file, m_out.problems));
    }
    for (const auto* table : top.tables("profile")) {
      profile(Section(*table, "[[profile]]", m_file, m_out.problems));
    }
    for (const auto* table : top.tables("web")) {
      web(Section(*table, "[[web]]", m_file, m_out.problems));
    }
    if (const auto* table = top.inner("report")) {
      report(Section(*table, "[report]", m_file, m_out.problems));
    }
    top.finish();
  }

private:
  void store(Section section) {
    m_config.store_path = section.text("path").value_or(m_config.store_path);
    section.finish();
  }

  void account(Section section) {
    AccountConfig account;
    account.name = section.text("name").value_or("");
    account.esp = section.text("esp").value_or("");
    if (account.name.empty() || account.esp.empty()) {
      section.error_here("an [[account]] needs a `name` and an `esp`");
    }
    if (m_config.account(account.name) != nullptr) {
      section.error("name", fmt::format("two accounts are called \"{}\"", account.name));
    }
    read_zone(section, account.zone, account.zone_given);
    account.list = section.text("list").value_or("");
    read_routes(section, account);
    account.archived = section.choice("state", {"active", "archived"}).value_or(0) == 1;
    if (const auto delivered = section.choice("delivered", {"reported", "assumed"})) {
      account.delivery_events = *delivered == 0;
    }
    section.allow(
        {"api_key", "base_url", "webhook_key", "webhook_secret", "history", "quota_share", "dc"});
    section.finish();
    m_config.accounts.push_back(std::move(account));
  }

  void read_routes(Section& section, AccountConfig& account) {
    for (const auto& text : section.texts("sender")) {
      if (auto pattern = SenderPattern::parse(text)) {
        account.senders.push_back(std::move(*pattern));
      } else {
        section.error("sender", fmt::format("\"{}\": {}", text, pattern.error().message));
      }
    }
    account.jobs = section.texts("job");
    account.skip_others = section.choice("others", {"reject", "skip"}).value_or(0) == 1;
    if (account.skip_others && account.senders.empty() && account.jobs.empty()) {
      section.error("others", "it is for accounts that have a `sender` or a `job`");
    }
  }

  void read_zone(Section& section, TimeZone& zone, bool& given) {
    const auto name = section.text("zone");
    if (!name) {
      return;
    }
    if (auto found = find_zone(*name)) {
      zone = *found;
      given = true;
    } else {
      section.error("zone", found.error().message);
    }
  }

  void kind(Section section) {
    KindRule rule;
    const auto name = section.text("kind");
    const auto kind = name ? campaign_kind(*name) : std::nullopt;
    if (!kind) {
      section.error("kind", "`kind` in [[kind]] should be \"campaign\", \"automation\", "
                            "\"transactional\" or \"test\"");
    }
    rule.kind = kind.value_or(CampaignKind::campaign);
    rule.campaign = section.texts("campaign");
    rule.subject = section.texts("subject");
    rule.account = section.texts("account");
    if (rule.campaign.empty() && rule.subject.empty() && rule.account.empty()) {
      section.error_here("a [[kind]] needs at least one of campaign, subject, account");
    }
    section.finish();
    m_config.rules.kinds.push_back(std::move(rule));
  }

  void stage(Section section) {
    StageRule rule;
    const auto name = section.text("stage");
    const auto stage = name ? parse_stage(*name) : std::nullopt;
    if (!stage) {
      section.error("stage",
                    "`stage` in [[stage]] should be \"TOFU\", \"MOFU\", \"BOFU\" or \"NONE\"");
    }
    rule.stage = stage.value_or(Stage::none);
    rule.url = section.text("url").value_or("");
    rule.host = section.text("host").value_or("");
    rule.text = section.text("text").value_or("");
    rule.utm_content = section.text("utm_content").value_or("");
    rule.regex = section.text("regex").value_or("");
    rule.campaign = section.text("campaign").value_or("");
    rule.name = section.text("name").value_or("");
    if (!rule.regex.empty()) {
      if (const auto complaint = check_regex(rule.regex)) {
        section.error("regex", "this regex does not compile: " + *complaint);
        rule.regex.clear();
      }
    } else if (rule.url.empty() && rule.host.empty() && rule.text.empty() &&
               rule.utm_content.empty()) {
      section.error_here("a [[stage]] needs at least one of url, host, text, utm_content, regex");
    }
    section.finish();
    auto& rules = m_config.rules.tagging.rules;
    const auto before = std::find_if(rules.begin(), rules.end(), [&rule](const StageRule& other) {
      return takes_all_of(other, rule);
    });
    if (before != rules.end()) {
      section.warning("stage", fmt::format("this rule can never match: rule \"{}\" before it takes "
                                           "every link that it could",
                                           name_of(*before)));
    }
    rules.push_back(std::move(rule));
  }

  void tagging(Section section) {
    auto& rules = m_config.rules.tagging;
    rules.builtin = section.flag("builtin").value_or(rules.builtin);
    if (const auto untagged = section.choice("untagged", {"TOFU", "none"})) {
      rules.untagged_is_tofu = *untagged == 0;
    }
    rules.parameters = section.texts("parameters");
    section.finish();
  }

  void scoring(Section section) {
    auto& rules = m_config.rules.scoring;
    if (const auto profile = section.text("profile")) {
      if (auto of_profile = profile_rules(*profile)) {
        rules = std::move(*of_profile);
        if (rules.profile == "standard") {
          m_config.rules.levels.engagement = {k_standard_cuts.begin(), k_standard_cuts.end()};
        }
      } else {
        section.error(
            "profile",
            fmt::format("there is no profile \"{}\", but \"standard\" and \"seed\"", *profile));
      }
    }
    if (const auto* table = section.inner("click")) {
      Section click(*table, "`click`", m_file, m_out.problems);
      rules.click_tofu = click.points("TOFU").value_or(rules.click_tofu);
      rules.click_mofu = click.points("MOFU").value_or(rules.click_mofu);
      rules.click_bofu = click.points("BOFU").value_or(rules.click_bofu);
      click.finish();
      if (rules.click_tofu > rules.click_mofu || rules.click_mofu > rules.click_bofu) {
        section.warning(
            "click",
            "a click deeper in the funnel is worth less than one above it: is that meant?");
      }
    }
    const std::pair<std::string_view, Points*> k_points[] = {{"open", &rules.open},
                                                             {"non_open", &rules.non_open},
                                                             {"unsubscribe", &rules.unsubscribe},
                                                             {"complaint", &rules.complaint},
                                                             {"hard_bounce", &rules.hard_bounce},
                                                             {"soft_bounce", &rules.soft_bounce},
                                                             {"page", &rules.page},
                                                             {"download", &rules.download},
                                                             {"webinar", &rules.webinar},
                                                             {"form", &rules.form},
                                                             {"contact_form", &rules.contact_form},
                                                             {"signup", &rules.signup},
                                                             {"conversion", &rules.conversion}};
    for (const auto& [key, into] : k_points) {
      *into = section.points(key).value_or(*into);
    }
    rules.implied_open = section.flag("implied_open").value_or(rules.implied_open);
    rules.non_open_after = section.duration("non_open_after").value_or(rules.non_open_after);
    if (const auto measurable = section.choice("measurable", {"fair", "simple"})) {
      rules.measurable = static_cast<Measurable>(*measurable);
    }
    if (const auto repeat =
            section.choice("repeat", {"once-per-link", "once-per-mailing", "every"})) {
      rules.repeat = static_cast<Repeat>(*repeat);
    }
    if (const auto half_life = section.text("half_life"); half_life && *half_life == "off") {
      rules.half_life = 0;
    } else if (const auto length = section.duration("half_life")) {
      if (*length < k_day || *length % k_day != 0 || *length > 3650 * k_day) {
        section.error("half_life", "a half-life is a number of whole days from 1 to 3650, such as "
                                   "\"90d\", or \"off\"");
      } else {
        rules.half_life = static_cast<std::uint32_t>(*length / k_day);
      }
    }
    if (rules.non_open > 0 || rules.unsubscribe > 0 || rules.complaint > 0) {
      section.warning("non_open", "not opening, or leaving, gives points: is that meant?");
    }
    if (const auto* node = section.table().get("caps"); node != nullptr && node->is_string()) {
      if (section.choice("caps", {"off"})) {
        rules.caps = {};
        rules.non_open_floor.reset();
      }
    } else if (const auto* table = section.inner("caps")) {
      caps(Section(*table, "`caps`", m_file, m_out.problems), rules);
    }
    section.finish();
  }

  void tracking(Section section) {
    auto& rules = m_config.rules.tracking;
    rules.off = section.texts("off");
    rules.consent = section.text("consent").value_or(rules.consent);
    rules.consent_required = section.flag("consent_required").value_or(rules.consent_required);
    if (rules.consent_required && rules.consent.empty()) {
      section.error("consent_required",
                    "`consent` must name the attribute in which people say yes");
    }
    section.finish();
  }

  void robots(Section section) {
    auto& rules = m_config.rules.robots;
    rules.timing = section.flag("timing").value_or(rules.timing);
    rules.honeypot_links = section.texts("honeypot_links");
    networks(section, "filter_networks", m_config.filters.only);
    networks(section, "shared_filter_networks", m_config.filters.shared);
    const auto weight = [](Section& of, std::string_view key, std::uint32_t& into) {
      if (const auto value = of.number(key)) {
        if (*value < 0 || *value > 1000 || *value != std::floor(*value)) {
          of.error(key, "a weight is a whole number from 0 to 1000");
        } else {
          into = static_cast<std::uint32_t>(*value);
        }
      }
    };
    weight(section, "machine_from", rules.machine_from);
    weight(section, "unknown_from", rules.unknown_from);
    if (rules.unknown_from > rules.machine_from) {
      section.error("unknown_from", "`unknown_from` is above `machine_from`");
    }
    if (const auto* table = section.inner("weights")) {
      Section weights(*table, "`weights`", m_file, m_out.problems);
      for (const auto& one : robot_signs()) {
        weight(weights, one.key, rules.*one.weight);
      }
      weights.finish();
    }
    section.finish();
  }

  static void networks(Section& section, std::string_view key, AddressRanges& into) {
    for (const auto& text : section.texts(key)) {
      if (!into.add(text)) {
        section.error(key, fmt::format("\"{}\" is no network: write \"192.0.2.0/24\", "
                                       "\"2001:db8::/32\" or one address",
                                       printable(text, 60)));
      }
    }
  }

  static void caps(Section section, ScoringRules& rules) {
    if (const auto floor = section.points_or_off("non_opens")) {
      rules.non_open_floor = *floor;
      if (*floor && **floor > 0) {
        section.error("non_opens", "the floor of non-opens should be negative, or \"off\"");
      }
    }
    const Points once[] = {rules.click_tofu, rules.click_mofu, rules.click_bofu,
                           rules.open,       rules.page,       rules.download};
    for (std::size_t g = 0; g < k_capped_groups; ++g) {
      const auto name = name_of(static_cast<PointGroup>(g));
      const auto cap = section.points_or_off(name);
      if (!cap) {
        continue;
      }
      rules.caps[g] = *cap;
      if (*cap && **cap < 0) {
        section.error(name, "a cap is 0 or more, or \"off\"");
      } else if (*cap && **cap < once[g]) {
        section.warning(name, fmt::format("this cap is below the {} points of one event: is that "
                                          "meant?",
                                          format_points(once[g])));
      }
    }
    section.finish();
  }

  void fit(Section section) {
    FitRule rule;
    rule.name = section.text("name").value_or("");
    rule.group = section.text("group").value_or("");
    rule.attribute = section.text("attribute").value_or("");
    rule.words = section.texts("words");
    rule.contains = section.texts("contains");
    rule.equals = section.texts("equals");
    rule.min = section.number("min");
    rule.max = section.number("max");
    rule.otherwise = section.flag("else").value_or(false);
    const auto points = section.points("points");
    rule.points = points.value_or(0);
    const int conditions = !rule.words.empty() + !rule.contains.empty() + !rule.equals.empty() +
                           (rule.min || rule.max) + rule.otherwise;
    if (rule.name.empty() || rule.attribute.empty() || !section.has("points")) {
      section.error_here("a [[fit]] needs `name`, `attribute` and `points`");
    } else if (conditions != 1) {
      section.error_here(
          fmt::format("fit rule \"{}\" needs exactly one of words, contains, equals, min/max, else",
                      rule.name));
    } else if (rule.otherwise && rule.group.empty()) {
      section.error_here(fmt::format("fit rule \"{}\": `else` needs a `group`", rule.name));
    }
    if (!rule.name.empty() && !m_fit_names.insert(rule.name).second) {
      section.error("name", fmt::format("two [[fit]] rules are called \"{}\"", rule.name));
    }
    section.finish();
    if (const auto why = why_never(rule, m_config.rules.fit.rules); !why.empty()) {
      section.warning("name", fmt::format("fit rule \"{}\" can never match: {}", rule.name, why));
    }
    m_config.rules.fit.rules.push_back(std::move(rule));
  }

  void cuts(Section& section, std::string_view key, std::vector<Points>& into) {
    const auto* node = section.table().get(key);
    section.allow(key);
    if (node == nullptr) {
      return;
    }
    const auto* list = node->as_array();
    std::vector<Points> values;
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      if (const auto value = list->get(i)->value<double>()) {
        values.push_back(static_cast<Points>(*value * 1000 + (*value < 0 ? -0.5 : 0.5)));
      }
    }
    if (list == nullptr || values.size() != list->size() || values.empty() || values.size() > 20 ||
        !std::is_sorted(values.rbegin(), values.rend())) {
      section.error(
          key,
          fmt::format("`{}` in [levels] should be a list of numbers that fall, such as [80, 20]",
                      key));
      return;
    }
    into = std::move(values);
  }

  void levels(Section section) {
    auto& fit_rules = m_config.rules.fit;
    cuts(section, "engagement", m_config.rules.levels.engagement);
    cuts(section, "fit", m_config.rules.levels.fit);
    fit_rules.cap = section.points("fit_cap").value_or(fit_rules.cap);
    fit_rules.floor = section.points("fit_floor").value_or(fit_rules.floor);
    section.finish();
  }

  StatusRule status_rule(Section section, std::string_view what) {
    StatusRule rule;
    rule.name = section.text("name").value_or("");
    rule.status = section.text("status").value_or("");
    if (const auto when = section.text("when")) {
      rule.when = parse_where(section, "when", *when);
      if (rule.when &&
          any_part(*rule.when, [](const Expression& part) { return part.ago.has_value(); })) {
        section.error("when", "a status can't be judged by what was some time ago");
      }
    } else {
      section.error_here(fmt::format("{} needs `when`; `when = 'true'` is always", what));
    }
    if (rule.status.empty()) {
      section.error_here(fmt::format("{} needs a `status`", what));
    }
    section.finish();
    return rule;
  }

  void status(Section section) {
    auto& rules = m_config.rules.status;
    if (const auto model = section.choice("model", {"matrix", "scale", "rules"})) {
      rules.model = static_cast<StatusModel>(*model);
    }
    if (const auto* table = section.inner("matrix")) {
      rules.matrix.clear();
      for (const auto& [key, node] : *table) {
        const auto cell = std::string(key.str());
        const auto value = node.value<std::string>();
        if (cell.size() != 2 || cell[0] < 'A' || cell[0] > 'Z' || !is_digit(cell[1]) || !value) {
          m_out.problems.push_back(
              {m_file, static_cast<std::uint32_t>(key.source().begin.line),
               static_cast<std::uint32_t>(key.source().begin.column),
               fmt::format("a cell of the matrix looks like A1 = \"SQL\", not `{}`", cell), false});
          continue;
        }
        rules.matrix[cell] = *value;
      }
    }
    for (const auto* table : section.tables("override")) {
      rules.overrides.push_back(status_rule(
          Section(*table, "[[status.override]]", m_file, m_out.problems), "a [[status.override]]"));
    }
    for (const auto* table : section.tables("rule")) {
      rules.rules.push_back(status_rule(Section(*table, "[[status.rule]]", m_file, m_out.problems),
                                        "a [[status.rule]]"));
    }
    section.finish();
  }

  void segment(Section section) {
    SegmentConfig segment;
    segment.name = section.text("name").value_or("");
    segment.where = section.text("where").value_or("");
    segment.use = static_cast<SegmentUse>(
        section.choice("use", {"mailing", "sales", "suppression"}).value_or(0));
    segment.columns = section.texts("columns");
    if (segment.columns.empty()) {
      segment.columns = {"email", "score", "grade", "status", "reasons"};
    }
    if (segment.name.empty() || segment.where.empty()) {
      section.error_here("a [[segment]] needs a `name` and a `where`");
    } else {
      segment.expression = parse_where(section, "where", segment.where);
    }
    const auto same = [&](const SegmentConfig& other) { return other.name == segment.name; };
    if (std::any_of(m_config.segments.begin(), m_config.segments.end(), same)) {
      section.error("name", fmt::format("two segments are called \"{}\"", segment.name));
    }
    section.allow({"push", "language"});
    section.finish();
    m_config.segments.push_back(std::move(segment));
  }

  void profile(Section section) {
    MappingProfile profile;
    profile.name = section.text("name").value_or("");
    if (profile.name.empty()) {
      section.error_here("a [[profile]] needs a `name`");
    }
    texts_of(section, "fields", profile.fields);
    texts_of(section, "constants", profile.constants);
    if (const auto* table = section.inner("values")) {
      for (const auto& [field, node] : *table) {
        if (const auto* words = node.as_table()) {
          for (const auto& [word, ours] : *words) {
            profile.values[std::string(field.str())][std::string(word.str())] =
                ours.value<std::string>().value_or("");
          }
        }
      }
    }
    profile.records = section.choice("records", {"events", "recipients"}).value_or(0) == 0
                          ? "events"
                          : "recipients";
    profile.time_format = section.text("time_format").value_or("iso");
    profile.file = section.text("file").value_or("");
    profile.columns = section.texts("columns");
    if (const auto separator = section.text("separator")) {
      if (separator->size() != 1) {
        section.error("separator",
                      "`separator` in [[profile]] is one character, such as \";\" or \"\\t\"");
      } else {
        profile.separator = (*separator)[0];
      }
    }
    read_zone(section, profile.zone, profile.zone_given);
    check_fields(section, profile);
    section.finish();
    m_config.profiles.push_back(std::move(profile));
  }

  static void texts_of(Section& section, std::string_view key,
                       std::map<std::string, std::string>& into) {
    if (const auto* table = section.inner(key)) {
      for (const auto& [name, node] : *table) {
        into[std::string(name.str())] = node.value<std::string>().value_or("");
      }
    }
  }

  static void check_fields(Section& section, const MappingProfile& profile) {
    static const std::vector<std::string> k_fields{
        "kind",          "time",       "address",    "contact_id",   "new_address", "campaign",
        "campaign_name", "send",       "link",       "link_tag",     "message_id",  "event_id",
        "scope",         "proof",      "user_agent", "ip",           "status",      "reason",
        "bounce_class",  "diagnostic", "list",       "subscription", "changed_at"};
    for (const auto* fields : {&profile.fields, &profile.constants}) {
      for (const auto& [field, column] : *fields) {
        if (std::find(k_fields.begin(), k_fields.end(), field) == k_fields.end()) {
          const auto near = nearest(field, k_fields);
          section.error("fields",
                        fmt::format("profile \"{}\" maps `{}`, which is no field of ours{}",
                                    profile.name, field,
                                    near ? "; did you mean `" + *near + "`?" : ""));
        }
      }
    }
    const auto has = [&](const char* field) {
      return profile.fields.contains(field) || profile.constants.contains(field);
    };
    if (!has("address") && !has("contact_id")) {
      section.error_here(
          fmt::format("profile \"{}\" must map `address` or `contact_id`", profile.name));
    }
    if (profile.records == "events" && (!has("time") || !has("kind"))) {
      section.error_here(fmt::format(
          "profile \"{}\" must map `time` and `kind` (or give `kind` in constants)", profile.name));
    }
    if (const auto kinds = profile.values.find("kind"); kinds != profile.values.end()) {
      for (const auto& [word, ours] : kinds->second) {
        if (!event_kind(ours.substr(0, ours.find(':')))) {
          section.error(
              "values",
              fmt::format("profile \"{}\" turns \"{}\" into \"{}\", which is no kind of event: "
                          "sent, delivered, open, click, bounce:hard, bounce:soft …",
                          profile.name, word, ours));
        }
      }
    }
  }

  void web(Section section) {
    WebTracker tracker;
    tracker.account = section.text("account").value_or("");
    tracker.host = section.text("host").value_or("");
    if (const auto* table = section.inner("fields")) {
      Section fields(*table, "`fields` in [[web]]", m_file, m_out.problems);
      for (std::size_t i = 0; i < k_url_fields; ++i) {
        const auto name = name_of(static_cast<UrlField>(i));
        tracker.parameters[i] = fields.text(name).value_or("");
      }
      fields.finish();
    }
    bool any = false;
    // In the order in which they are tried: pages last, as their pattern may well be "/*".
    for (const auto kind : {EventKind::click, EventKind::open, EventKind::download, EventKind::form,
                            EventKind::signup, EventKind::conversion, EventKind::page}) {
      any = any || section.has(name_of(kind));
      web_rules(section, kind, tracker);
    }
    if (!any) {
      section.error_here("a [[web]] needs at least one of click, open, page, download, form, "
                         "signup, conversion: a pattern over the paths of such requests");
    }
    section.finish();
    m_config.trackers.push_back(std::move(tracker));
  }

  static void web_rules(Section& section, EventKind kind, WebTracker& tracker) {
    const auto tells = [&tracker](UrlField field, const UrlPattern& pattern) {
      return pattern.tells(field) || !tracker.parameters[static_cast<std::size_t>(field)].empty();
    };
    for (const auto& text : section.texts(name_of(kind))) {
      auto pattern = UrlPattern::parse(text);
      if (!pattern) {
        section.error(name_of(kind),
                      fmt::format("\"{}\": {}", printable(text, 80), pattern.error().message));
      } else if (!tells(UrlField::contact_id, *pattern) && !tells(UrlField::address, *pattern)) {
        section.error(
            name_of(kind),
            fmt::format("\"{}\" tells nobody: put {{contact_id}} or {{address}} in it, or "
                        "name its parameter in `fields`",
                        printable(text, 80)));
      } else {
        tracker.rules.push_back({kind, std::move(*pattern)});
      }
    }
  }

  void report(Section section) {
    if (const auto name = section.text("locale")) {
      if (const auto locale = find_locale(*name)) {
        m_config.locale = *locale;
      } else {
        section.error(
            "locale",
            fmt::format("\"{}\" is no locale that is known: en, nl-BE, fr-BE, de-DE and their like",
                        *name));
      }
    }
    bool given = false;
    read_zone(section, m_config.report_zone, given);
    section.finish();
  }

  LoadedConfig& m_out;
  Config& m_config;
  std::string m_file;
  std::set<std::string> m_fit_names;
};

void check_columns(const Config& config, const std::string& file, std::vector<Problem>& problems) {
  // Whatever is no column of ours is an attribute; only what looks like a slip is worth a word.
  for (const auto& segment : config.segments) {
    for (const auto& text : segment.columns) {
      const auto& known = export_columns();
      const auto [field, column, title] = parse_column(text);
      if (field == ExportField::attribute) {
        const auto near = nearest(column, known);
        if (near && column.size() > 3 && column.size() == near->size()) {
          problems.push_back(
              {file, 0, 0,
               fmt::format("segment \"{}\" has a column `{}`: an attribute of that name, or `{}`?",
                           segment.name, column, *near),
               true});
        }
      }
    }
  }
}

/// Better fit or better engagement never lowers a status; fit is never ranked above engagement
/// (docs/scoring.md).
void check_matrix(const Rules& rules, const std::string& file, std::vector<Problem>& problems) {
  if (rules.status.model != StatusModel::matrix) {
    return;
  }
  const auto rank = [](const std::string& status) {
    return status == "SQL" ? 2 : status == "MQL" ? 1 : 0;
  };
  const auto at = [&](std::size_t grade, std::size_t level) {
    const auto cell = rules.status.matrix.find(std::string(1, static_cast<char>('A' + grade)) +
                                               std::to_string(level));
    return cell == rules.status.matrix.end() ? std::string() : cell->second;
  };
  for (std::size_t level = 1; level <= rules.levels.levels(); ++level) {
    for (std::size_t grade = 0; grade < rules.levels.grades(); ++grade) {
      const auto here = at(grade, level);
      const auto name = fmt::format("{}{}", static_cast<char>('A' + grade), level);
      if (here.empty()) {
        problems.push_back({file, 0, 0,
                            fmt::format("[status] matrix has no cell {}: it counts as soft", name),
                            true});
        continue;
      }
      if (level - 1 < rules.levels.grades() && grade < rules.levels.levels() && level - 1 < grade &&
          rank(here) < rank(at(level - 1, grade + 1))) {
        problems.push_back({file, 0, 0,
                            fmt::format("[status] matrix: {} = \"{}\" is below {}{} = \"{}\": fit "
                                        "would rank above engagement",
                                        name, here, static_cast<char>('A' + level - 1), grade + 1,
                                        at(level - 1, grade + 1)),
                            false});
      }
      if ((level > 1 && rank(at(grade, level - 1)) < rank(here)) ||
          (grade > 0 && rank(at(grade - 1, level)) < rank(here))) {
        problems.push_back(
            {file, 0, 0,
             fmt::format(
                 "[status] matrix: {} = \"{}\" is better than a cell with better fit or engagement",
                 name, here),
             false});
      }
    }
  }
}

/// Statuses and grades that an expression names and nobody can have.
void check_names(const Expression& e, const Rules& rules, const std::string& where,
                 const std::string& file, std::vector<Problem>& problems) {
  for (const auto& part : e.parts) {
    check_names(part, rules, where, file, problems);
  }
  if (e.type != Expression::Type::compare ||
      (e.field != Field::status && e.field != Field::grade)) {
    return;
  }
  const World nothing;
  std::vector<std::string> known = Scorer(rules, nothing, 0).statuses();
  if (e.field == Field::grade) {
    known.clear();
    for (std::size_t grade = 0; grade < rules.levels.grades(); ++grade) {
      known.emplace_back(1, static_cast<char>('A' + grade));
    }
  }
  for (const auto& value : e.values) {
    const auto same = [&](const std::string& name) { return iequals(name, value); };
    if (e.op != Compare::contains && e.op != Compare::like &&
        std::none_of(known.begin(), known.end(), same)) {
      problems.push_back({file, 0, 0,
                          fmt::format("{} asks for \"{}\", which nobody can be: there are {}",
                                      where, value, join(known, ", ")),
                          true});
    }
  }
}

void check_trackers(const Config& config, const std::string& file, std::vector<Problem>& problems) {
  for (const auto& tracker : config.trackers) {
    if (!tracker.account.empty() && config.account(tracker.account) == nullptr) {
      problems.push_back({file, 0, 0,
                          fmt::format("a [[web]] is of account \"{}\", which the config has not: "
                                      "add an [[account]]",
                                      tracker.account),
                          false});
    }
  }
}

void check_expressions(const Config& config, const std::string& file,
                       std::vector<Problem>& problems) {
  for (const auto& segment : config.segments) {
    if (segment.expression) {
      check_names(*segment.expression, config.rules, "segment \"" + segment.name + "\"", file,
                  problems);
    }
  }
}

/// What of a file says how people are scored, as TOML.
std::string rules_text_of(const toml::table& root) {
  toml::table rules;
  for (const auto* key : {"kind", "stage", "tagging", "scoring", "fit", "levels", "status",
                          "robots", "tracking", "links"}) {
    if (const auto* node = root.get(key)) {
      rules.insert(key, *node);
    }
  }
  std::ostringstream text;
  text << rules;
  return text.str();
}

/// What a file says itself goes before what it includes: settings overwrite, rules of which the
/// first counts stand in front.
void read_own(LoadedConfig& out, const toml::table& root, const std::string& file) {
  auto& stages = out.config.rules.tagging.rules;
  auto& kinds = out.config.rules.kinds;
  const auto included_stages = static_cast<std::ptrdiff_t>(stages.size());
  const auto included_kinds = static_cast<std::ptrdiff_t>(kinds.size());
  Reader(out, file).read(root);
  std::rotate(stages.begin(), stages.begin() + included_stages, stages.end());
  std::rotate(kinds.begin(), kinds.begin() + included_kinds, kinds.end());
  const auto text = rules_text_of(root);
  out.config.rules.fingerprint += fmt::format("{:016x}", hash64(text));
  out.config.rules.texts.push_back(text);
}

void parse_into(LoadedConfig& out, std::string_view text, const std::string& file, int depth);

void read_includes(LoadedConfig& out, const toml::table& root, const std::string& file, int depth) {
  Section top(root, "the config", file, out.problems);
  for (const auto& include : top.texts("include")) {
    const auto path = (std::filesystem::path(file).parent_path() / include).string();
    if (depth > 8) {
      out.problems.push_back(
          {file, 0, 0, "includes go deeper than 8 files: does one include itself?", false});
      return;
    }
    if (const auto bytes = read_file(path)) {
      parse_into(out, *bytes, path, depth + 1);
    } else {
      out.problems.push_back(
          {file, 0, 0, fmt::format("include \"{}\": {}", include, bytes.error().text()), false});
    }
  }
}

void parse_into(LoadedConfig& out, std::string_view text, const std::string& file, int depth) {
  try {
    const auto root = toml::parse(text, file);
    read_includes(out, root, file, depth);
    read_own(out, root, file);
  } catch (const toml::parse_error& error) {
    const auto where = error.source().begin;
    out.problems.push_back({file, static_cast<std::uint32_t>(where.line),
                            static_cast<std::uint32_t>(where.column),
                            std::string(error.description()), false});
  }
}

} // namespace

LoadedConfig parse_config(std::string_view text, const std::string& file) {
  LoadedConfig out;
  out.config.file = file;
  parse_into(out, text, file, 0);
  if (out.good()) {
    check_matrix(out.config.rules, file, out.problems);
    check_columns(out.config, file, out.problems);
    check_trackers(out.config, file, out.problems);
    check_expressions(out.config, file, out.problems);
  }
  std::stable_sort(out.problems.begin(), out.problems.end(),
                   [](const Problem& a, const Problem& b) {
                     return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
                   });
  return out;
}

Rules parse_rules(const std::vector<std::string>& texts) {
  LoadedConfig out;
  for (const auto& text : texts) {
    try {
      read_own(out, toml::parse(text), "the rules of a run");
    } catch (const toml::parse_error& error) {
      out.problems.push_back({"the rules of a run", 0, 0, std::string(error.description()), false});
    }
  }
  if (!out.good()) {
    throw Failure({ErrorCode::io, "the rules that a run kept can't be read by this version: " +
                                      out.problems.front().message});
  }
  return out.config.rules;
}

LoadedConfig load_config(const std::string& file) {
  const auto bytes = read_file(file, std::size_t{4} << 20);
  if (!bytes) {
    LoadedConfig out;
    out.problems.push_back(
        {file, 0, 0, bytes.error().message + ": `mailfunnel init` writes one", false});
    return out;
  }
  return parse_config(*bytes, file);
}

} // namespace mailfunnel
