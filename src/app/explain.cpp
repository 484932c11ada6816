#include "app/explain.hpp"

#include "funnel/mailing_judge.hpp"

#include "base/text.hpp"
#include "model/recipient.hpp"
#include "store/activity.hpp"
#include "store/catalog.hpp"

#include <algorithm>

namespace mailfunnel {

namespace {

bool in_inbox(Store& store, const std::string& key) {
  const auto events = Activity(store.database()).inbox();
  return std::any_of(events.begin(), events.end(),
                     [&key](const InboxEvent& event) { return event.key == key; });
}

} // namespace

Error nobody(Store& store, const std::string& who) {
  if (const auto found = find_person(store, who); found.erased) {
    return {ErrorCode::not_found, "this person was erased on " + format_date(found.erased->at) +
                                      ": nothing is known any more"};
  }
  return {ErrorCode::not_found,
          "nobody is known as \"" + printable(who, 100) + "\": is it the address in the logs?"};
}

FoundPerson find_person(Store& store, const std::string& who) {
  std::string scratch;
  Recipients recipients(store.database());
  FoundPerson found;
  std::vector<std::string> keys{std::string(normalise_address(who, scratch))};
  if (keys.front().empty()) { // a contact id of some account
    keys.clear();
    for (const auto& account : Catalog(store.database()).accounts()) {
      keys.push_back(contact_key(account.id, who));
    }
  }
  for (const auto& key : keys) {
    found.key = key;
    if ((found.id = recipients.find(key)) || in_inbox(store, key)) {
      found.known = true;
      return found;
    }
  }
  const Erasures erasures(store);
  for (const auto& key : keys) {
    if (const auto* erasure = erasures.find(key)) {
      found.key = key;
      found.erased = *erasure;
      break;
    }
  }
  return found;
}

Result<Person> Person::find(Store& store, const std::string& who) {
  const ReadTransaction moment(store.database()); // who waits in the inbox may be folded meanwhile
  Person person(store, find_person(store, who));
  if (person.m_source.empty()) {
    return nobody(store, who);
  }
  return person;
}

Seconds Person::first_event() const {
  Seconds first = 0;
  for (const auto& [set, rows] : m_source.all()) {
    for (const auto& row : rows) {
      first = first == 0 ? Seconds{row.time} : std::min(first, Seconds{row.time});
    }
  }
  return first;
}

Explanation Person::at(Seconds as_of, const Rules& rules, std::shared_ptr<const World> world) {
  Explanation out;
  out.as_of = as_of;
  out.address = m_source.address(0);
  out.world = std::move(world);
  const Scorer scorer(rules, *out.world, as_of);
  ManualSuppression manual;
  if (m_found.id) {
    if (const auto bits = ManualSuppressions(m_store.database(), as_of).of(*m_found.id);
        bits != 0) {
      manual.emplace(0, bits);
    }
    out.attributes = Recipients(m_store.database()).attributes_of(*m_found.id, as_of);
  }
  ChunkScores scores;
  scorer.score(m_source, &manual, scores, &out.ledger);
  scorer.judge_status(m_source, scores);
  out.score = scores.score[0];
  out.fit = scores.fit[0];
  out.scale = scores.scale[0];
  out.level = scores.level[0];
  out.grade = scores.grade[0];
  out.fit_known = scores.fit_known[0] != 0;
  out.suppressed = scores.suppressed[0];
  out.phase = scores.phase[0];
  out.clicks_tofu = scores.clicks_tofu[0];
  out.clicks_mofu = scores.clicks_mofu[0];
  out.clicks_bofu = scores.clicks_bofu[0];
  out.non_opens = scores.non_opens[0];
  out.received = scores.received[0];
  out.last_open = scores.last_open[0];
  out.last_click = scores.last_click[0];
  out.status = scorer.statuses()[scores.status[0]];
  out.scale_status = scorer.statuses()[scores.scale_status[0]];
  if (const auto rule = scores.override_rule[0]; rule != 0) {
    out.override_rule = rules.status.overrides.at(rule - 1U).name;
  }
  return out;
}

Result<Explanation> explain(Store& store, const Workspace& workspace, const Rules& rules,
                            const std::string& who, Seconds as_of) {
  const ReadTransaction moment(store.database());
  MF_TRY(person, Person::find(store, who));
  return person.at(
      as_of, rules,
      std::make_shared<const World>(build_world(store, workspace, rules, as_of, person.links())));
}

LinksOfMailings Person::links() const {
  LinksOfMailings links;
  for (const auto& [set, rows] : m_source.all()) {
    for (const auto& row : rows) {
      if (row.link != 0) {
        links[set.first].push_back(row.link);
      }
    }
  }
  for (auto& [campaign, numbers] : links) {
    std::sort(numbers.begin(), numbers.end());
  }
  return links;
}

std::vector<PersonEvent> Person::events(const World& world, const RobotRules& rules,
                                        Seconds as_of) {
  std::vector<PersonEvent> events;
  MailingJudge mailing(rules, world, 1, as_of);
  EventColumns columns;
  std::vector<ClickVerdict> verdicts;
  for (const auto& [set, rows] : m_source.all()) {
    m_source.events(set.first, set.second, columns);
    if (const auto* campaign = world.find(set.first)) {
      mailing.begin(*campaign, m_source);
      mailing.rows(set.second, columns, verdicts);
    } else {
      verdicts.assign(rows.size(), {});
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      events.push_back({set.first, set.second, rows[i], verdicts[i]});
    }
  }
  std::stable_sort(events.begin(), events.end(), [](const PersonEvent& a, const PersonEvent& b) {
    return a.row.time < b.row.time;
  });
  return events;
}

Result<PersonActivity> activity_of(Store& store, const Workspace& workspace, const std::string& who,
                                   Seconds as_of) {
  const ReadTransaction moment(store.database());
  MF_TRY(person, Person::find(store, who));
  const auto& rules = workspace.config.rules;
  PersonActivity out{build_world(store, workspace, rules, as_of, person.links()), {}};
  out.events = person.events(out.world, rules.robots, as_of);
  return out;
}

} // namespace mailfunnel
